import assert from 'node:assert/strict';
import type { Samples } from '../samples.ts';
import type { Scene } from '../scene.ts';
import { SLOW_VERSION } from '../slowModel.ts';
import {
  assertNothingHot,
  assertNothingStuck,
  assertTroubles,
  consoleVerdict,
  lineOf,
  stateOf,
  troubleOf,
} from '../truths.ts';

const PARTITIONS = 4;
const REPLICAS = 2;
/** More than twice what two replicas score with the slow model, and a tenth of what one scores with the usual one. */
const RATE = 3_000;
/** Of scoring, on the mean of all events. */
const LEAST_SECONDS = 0.001;

/** Replicas are restarted with a model that takes milliseconds for an event. */
export const slowModel: Scene = {
  name: 'slow-model',
  title: 'The replicas are restarted with a model that takes milliseconds for each event',
  setting: { partitions: PARTITIONS, replicas: REPLICAS, rate: RATE },
  async play(world) {
    await world.loadSlowModel();
    return {
      metrics: (seen) => {
        for (const { replica, samples } of seen) {
          const who = `replica ${replica.number}`;
          assert.equal(stateOf(samples), 'running', who);
          assert.deepEqual(samples.values('partition_stopped', 'partition'), [], who);
          assert.deepEqual(samples.values('model_info', 'version'), [SLOW_VERSION], who);
          const score = meanOf(samples, 'score');
          assert.ok(score > LEAST_SECONDS && score > meanOf(samples, 'produce'), `${who}: ${score} s`);
          assert.ok(samples.sum('slo_breaches_total') > 0, who);
          for (const { value } of samples.all('partition_lag_seconds')) assert.ok(value > 10, who);
        }
        const { samples } = seen[0]!;
        const late = Math.max(...samples.all('partition_lag_seconds').map(({ value }) => value));
        const milliseconds = Math.round(1_000 * meanOf(samples, 'score'));
        return `tidemark_model_info{version="${SLOW_VERSION}"} 1, part score ${milliseconds} ms on the mean, lag ${Math.round(late)} s`;
      },
      scale: (advice) => {
        assertNothingStuck(advice);
        assertNothingHot(advice);
        assert.equal(advice.wanted, PARTITIONS);
        assert.match(advice.reason, /a faster model help/);
        return advice.reason;
      },
      top: (view) => {
        for (const { partition, state } of view.partitions)
          assert.equal(state, 'behind', `partition ${partition}`);
        assertNothingHot(view.scale!);
        assertNothingStuck(view.scale!);
        assert.equal(view.drainSeconds, null);
        return `every partition behind; ${view.scale!.reason}`;
      },
      doctor: (report) => {
        assertTroubles(report, ['progress']);
        assert.match(troubleOf(report, 'progress'), /^warn: .*: it falls behind$/);
        return troubleOf(report, 'progress');
      },
      consoles: world.replicas.map((replica) => ({
        replica,
        says: (page) => {
          lineOf(page, new RegExp(SLOW_VERSION));
          return consoleVerdict(page, /^Behind$/);
        },
      })),
    };
  },
};

/** Seconds that a part of the latency takes of an event. */
function meanOf(samples: Samples, part: string): number {
  const total = (of: 'sum' | 'count') => samples.sum(`latency_part_seconds_${of}`, { part });
  return total('sum') / total('count');
}
