import assert from 'node:assert/strict';
import { cardFraud } from '../../demo/worlds/cardFraud.ts';
import type { Scene } from '../scene.ts';
import { assertNothingHot, assertTroubles, consoleVerdict, troubleOf } from '../truths.ts';

const PARTITIONS = 4;
const RATE = 400;

/** The registry is away when producers begin to write with a schema that no replica has read yet. */
export const registryStopped: Scene = {
  name: 'registry-stopped',
  title: 'The schema registry is stopped, and producers go on with a new version of their schema',
  setting: { partitions: PARTITIONS, replicas: 2, rate: RATE },
  async play({ emission, replicas, stage }) {
    const text = withChannel(cardFraud.eventSchema);
    const id = await emission.register(text);
    await stage.stack.stopRegistry();
    await emission.change({ rate: RATE, schema: { text, id } });
    return {
      metrics: (seen) => {
        for (const { replica, samples } of seen) {
          const who = `replica ${replica.number}`;
          assert.deepEqual(samples.values('paused', 'reason'), ['registry'], who);
          assert.deepEqual(samples.values('partition_stopped', 'partition'), [], who);
          assert.ok(samples.sum('partition_lag_records') > RATE, who);
        }
        return 'tidemark_paused{reason="registry"} 1';
      },
      scale: (advice) => {
        assert.match(advice.reason, /Nothing moves in any partition/);
        assertNothingHot(advice);
        assert.equal(advice.wanted, advice.replicas);
        return advice.reason;
      },
      top: (view) => {
        assert.ok(view.partitions.every(({ state }) => state === 'stuck'));
        assert.match(view.scale!.reason, /Nothing moves in any partition/);
        return view.scale!.reason;
      },
      doctor: (report) => {
        assertTroubles(report, ['registry', 'progress']);
        assert.match(troubleOf(report, 'progress'), /^fail: partitions 0, 1, 2, 3 of .* stand still/);
        return troubleOf(report, 'registry');
      },
      consoles: replicas.map((replica) => ({
        replica,
        says: (page: string) => {
          const said = consoleVerdict(page, /^Not ready$/);
          assert.match(said, /registry/);
          return said;
        },
      })),
    };
  },
  async undo({ stage }) {
    await stage.stack.startRegistry();
  },
};

/** A new field that readers of the old schema do without. */
function withChannel(schema: string): string {
  const record = JSON.parse(schema);
  record.fields.push({ name: 'channel', type: ['null', 'string'], default: null });
  return JSON.stringify(record);
}
