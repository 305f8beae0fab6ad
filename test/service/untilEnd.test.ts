import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TidemarkError } from '../../src/errors.ts';
import type { LogEnds } from '../../src/pipeline/ports.ts';
import { endsNow, whenEndReached } from '../../src/service/untilEnd.ts';
import { SimulatedClock } from '../support/simulationClock.ts';

const unreachable = new TidemarkError('E-KAFKA-UNREACHABLE', 'no broker answers');

class Cluster {
  ranges = new Map<number, LogEnds>();
  committed = new Map<number, number>();
  fault: TidemarkError | undefined;

  async ends(): Promise<Map<number, LogEnds>> {
    if (this.fault !== undefined) throw this.fault;
    return new Map(this.ranges);
  }

  async offsetsOf(): Promise<Map<number, number>> {
    if (this.fault !== undefined) throw this.fault;
    return new Map(this.committed);
  }
}

function newWatch() {
  const clock = new SimulatedClock();
  const cluster = new Cluster();
  const stopping = new AbortController();
  const stoppedPartitions = new Set<number>();
  const watch = {
    ends: () => cluster.ends(),
    committed: () => cluster.offsetsOf(),
    clock,
    signal: stopping.signal,
    stoppedPartitions,
  };
  return { clock, cluster, stopping, stoppedPartitions, watch };
}

/** Follows a promise without waiting for it. */
function followed(promise: Promise<void>): { ended: boolean; failed: unknown } {
  const state = { ended: false, failed: undefined as unknown };
  promise.then(
    () => {
      state.ended = true;
    },
    (cause) => {
      state.failed = cause;
    },
  );
  return state;
}

describe('until the end', () => {
  test('the end is reached when the group has committed up to it in every partition that holds anything', async () => {
    const { clock, cluster, watch } = newWatch();
    cluster.ranges = new Map([
      [0, { low: 0, end: 10 }],
      [1, { low: 7, end: 7 }],
      [2, { low: 5, end: 8 }],
    ]);
    const ends = (await endsNow(watch))!;
    const state = followed(whenEndReached(ends, watch));
    // Another member may be ahead; what came after the start is not waited for.
    cluster.ranges.set(0, { low: 0, end: 100 });
    cluster.committed = new Map([
      [0, 12],
      [2, 7],
    ]);
    await clock.advance(5_000);
    assert.equal(state.ended, false, 'partition 2 is not at its end');
    cluster.committed.set(2, 8);
    await clock.advance(1_000);
    assert.equal(state.ended, true);
  });

  test('a partition of which the group has committed nothing is not at its end', async () => {
    const { clock, cluster, watch } = newWatch();
    const state = followed(whenEndReached(new Map([[0, { low: 0, end: 1 }]]), watch));
    await clock.advance(5_000);
    assert.equal(state.ended, false);
    cluster.committed.set(0, 1);
    await clock.advance(1_000);
    assert.equal(state.ended, true);
  });

  test('a partition that is stopped is not waited for', async () => {
    const { clock, stoppedPartitions, watch } = newWatch();
    const state = followed(whenEndReached(new Map([[0, { low: 0, end: 1 }]]), watch));
    await clock.advance(1_000);
    assert.equal(state.ended, false);
    stoppedPartitions.add(0);
    await clock.advance(1_000);
    assert.equal(state.ended, true);
  });

  test('an empty topic is at its end at once', async () => {
    const { clock, watch } = newWatch();
    const state = followed(whenEndReached(new Map([[0, { low: 0, end: 0 }]]), watch));
    await clock.advance(0);
    assert.equal(state.ended, true);
  });

  test('an outage is waited out', async () => {
    const { clock, cluster, watch } = newWatch();
    cluster.fault = unreachable;
    const ends = endsNow(watch);
    await clock.advance(10_000);
    cluster.fault = undefined;
    cluster.ranges.set(0, { low: 0, end: 3 });
    await clock.advance(1_000);
    assert.deepEqual(await ends, new Map([[0, { low: 0, end: 3 }]]));

    cluster.committed.set(0, 3);
    cluster.fault = unreachable;
    const state = followed(whenEndReached((await ends)!, watch));
    await clock.advance(10_000);
    assert.equal(state.ended, false);
    cluster.fault = undefined;
    await clock.advance(1_000);
    assert.equal(state.ended, true);
  });

  test('what waiting does not cure ends the wait', async () => {
    const { cluster, watch } = newWatch();
    cluster.fault = new TidemarkError('E-KAFKA-ACL', 'not yours to read');
    await assert.rejects(endsNow(watch), { code: 'E-KAFKA-ACL' });
    await assert.rejects(whenEndReached(new Map(), watch), { code: 'E-KAFKA-ACL' });
  });

  test('a stop ends both waits, though the end was not reached', async () => {
    const { clock, cluster, stopping, watch } = newWatch();
    const state = followed(whenEndReached(new Map([[0, { low: 0, end: 1 }]]), watch));
    cluster.fault = unreachable;
    const ends = endsNow(watch);
    await clock.advance(1_000);
    stopping.abort();
    assert.equal(await ends, undefined);
    await clock.advance(0);
    assert.equal(state.ended, true);
  });
});
