import assert from 'node:assert/strict';
import type { Scene } from '../scene.ts';
import {
  assertInTime,
  assertNothingHot,
  assertNothingStuck,
  assertRuns,
  assertStates,
  assertTroubles,
  consoleVerdict,
  lineOf,
  verdictsOf,
} from '../truths.ts';

const PARTITIONS = 8;
const REPLICAS = 4;
const LEFT = 2;

/** Two of four processes are gone from one moment to the next, without a word to the group. */
export const replicasKilled: Scene = {
  name: 'replicas-killed',
  title: 'Two of four replicas are killed (SIGKILL)',
  setting: { partitions: PARTITIONS, replicas: REPLICAS, rate: 400 },
  async play(world) {
    const before = await world.metrics();
    const generation = Math.max(...before.map(({ samples }) => samples.value('generation') ?? 0));
    const killed = world.replicas.slice(LEFT);
    await world.kill(killed);
    return {
      metrics: (seen) => {
        assert.equal(seen.length, LEFT);
        seen.forEach(assertRuns);
        assertInTime(seen);
        for (const { samples } of seen) {
          assert.equal(samples.value('group_members'), LEFT);
          assert.equal(samples.value('leases'), PARTITIONS / LEFT);
          assert.ok(samples.value('generation')! > generation);
        }
        return `tidemark_group_members ${LEFT}, tidemark_leases ${PARTITIONS / LEFT} each; the killed ones answer no more`;
      },
      scale: (advice) => {
        assertNothingStuck(advice);
        assertNothingHot(advice);
        assert.equal(advice.replicas, LEFT);
        return `replicas ${advice.replicas}, wanted ${advice.wanted}: ${advice.reason}`;
      },
      top: (view) => {
        assertStates(view);
        assert.equal(view.members.length, LEFT);
        assertNothingStuck(view.scale!);
        return `${view.members.length} replicas with ${view.members.map(({ partitions }) => partitions.length).join(' and ')} partitions`;
      },
      doctor: (report) => {
        assertTroubles(report, []);
        const group = verdictsOf(report, 'group');
        assert.match(group, /^2 members of group .* share 8 partitions, at most 4 each/);
        return group;
      },
      consoles: [
        ...world.replicas.map((replica) => ({
          replica,
          says: (page: string) => {
            consoleVerdict(page, /^Keeping up$/);
            return lineOf(page, /^2 members, 8 partitions, stable/);
          },
        })),
        ...killed.map((replica) => ({
          replica,
          says: (page: string) => lineOf(page, /No word from this process since/),
        })),
      ],
    };
  },
};
