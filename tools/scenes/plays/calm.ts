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
  verdictsOf,
} from '../truths.ts';

const REPLICAS = 2;
const PARTITIONS = 4;

/** Without this one, a view that always accused somebody would pass the others. */
export const calm: Scene = {
  name: 'calm',
  title: 'Nothing is done',
  setting: { partitions: PARTITIONS, replicas: REPLICAS, rate: 400 },
  async play({ replicas }) {
    return {
      metrics: (seen) => {
        seen.forEach(assertRuns);
        assertInTime(seen);
        for (const { samples } of seen) {
          assert.equal(samples.value('group_members'), REPLICAS);
          assert.equal(samples.value('leases'), PARTITIONS / REPLICAS);
        }
        return `state running, ${REPLICAS} group members, ${PARTITIONS / REPLICAS} leases each`;
      },
      scale: (advice) => {
        assertNothingStuck(advice);
        assertNothingHot(advice);
        assert.equal(advice.replicas, REPLICAS);
        assert.ok(advice.wanted <= REPLICAS);
        return advice.reason;
      },
      top: (view) => {
        assertStates(view);
        assert.equal(view.members.length, REPLICAS);
        assertNothingStuck(view.scale!);
        assertNothingHot(view.scale!);
        return `${view.members.length} replicas, every partition ${view.partitions[0]!.state}`;
      },
      doctor: (report) => {
        assertTroubles(report, []);
        return verdictsOf(report, 'progress');
      },
      consoles: [{ replica: replicas[0]!, says: (page) => consoleVerdict(page, /^Keeping up$/) }],
    };
  },
};
