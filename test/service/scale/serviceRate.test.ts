import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { GroupHistory } from '../../../src/service/group/history.ts';
import { ServiceRates } from '../../../src/service/scale/serviceRate.ts';
import { lookAt, type PartitionSays } from '../group/looks.ts';

const HELD = new Set([0, 1]);

/** Looks 10 s apart at two partitions of one member, and what this process had done by then. */
function measured(
  turns: readonly {
    readonly partitions: readonly PartitionSays[];
    readonly events?: number;
    readonly busySeconds?: number;
  }[],
  own = true,
) {
  const history = new GroupHistory({
    group: 'scorers',
    topic: 'payments',
    windowMs: 30_000,
    stuckAfterMs: 30_000,
    most: 30,
  });
  const rates = new ServiceRates();
  let nowMs = 0;
  turns.forEach(({ partitions, events = 0, busySeconds = 0 }, at) => {
    nowMs = at * 10_000;
    history.add(lookAt(partitions), nowMs, nowMs);
    const report = history.report(nowMs, undefined, new Map());
    rates.measure(report, history, nowMs, own ? { held: HELD, effort: { events, busySeconds } } : undefined);
  });
  const { members } = history.report(nowMs, undefined, new Map());
  return rates.rate(members, nowMs);
}

/** A partition of which 1,000 events a second are scored while a million wait. */
const draining = (at: number): PartitionSays => ({ end: 1_000_000, committed: at * 10_000, owner: 0 });
const atRest: PartitionSays = { end: 0, committed: 0, owner: 0 };

describe('what one replica can score', () => {
  test('is what this process scores while events wait', () => {
    const rate = measured(
      [0, 1, 2].map((at) => ({
        partitions: [draining(at), atRest],
        events: at * 10_000,
        busySeconds: at * 9,
      })),
    );
    assert.deepEqual(rate, { perSecond: 1_000, from: 'backlog' });
  });

  test('is what a member commits while events wait, where nothing is scored here', () => {
    const rate = measured(
      [0, 1, 2].map((at) => ({ partitions: [draining(at), atRest] })),
      false,
    );
    assert.deepEqual(rate, { perSecond: 1_000, from: 'members' });
  });

  test('is what its busy time would give while it keeps up', () => {
    const rate = measured(
      [0, 1, 2].map((at) => ({
        partitions: [{ end: at * 1_000, committed: at * 1_000, owner: 0 }, atRest],
        events: at * 1_000,
        busySeconds: at * 2,
      })),
    );
    assert.deepEqual(rate, { perSecond: 500, from: 'busy-time' });
  });

  test('is not taken from a partition that does not move: an idle replica is not a slow one', () => {
    const rate = measured(
      [0, 1, 2, 3].map((at) => ({
        partitions: [
          { end: 5_000_000, committed: 0, owner: 0 },
          { end: at * 100, committed: at * 100, owner: 0 },
        ],
        events: at * 100,
        busySeconds: at * 1,
      })),
    );
    assert.deepEqual(rate, { perSecond: 100, from: 'busy-time' });
  });

  test('is not known of a group that does nothing, nor from a process that is hardly busy', () => {
    const idle = [0, 1, 2].map(() => ({ partitions: [atRest, atRest] }));
    assert.deepEqual(measured(idle), { perSecond: null, from: 'none' });
    const hardly = [0, 1, 2].map((at) => ({
      partitions: [{ end: at * 10, committed: at * 10, owner: 0 }, atRest],
      events: at * 10,
      busySeconds: at * 0.1,
    }));
    assert.deepEqual(measured(hardly), { perSecond: null, from: 'none' });
  });

  test('commits that come a second late are no backlog', () => {
    const rate = measured(
      [0, 1, 2].map((at) => ({
        partitions: [{ end: 1_000 + at * 10_000, committed: at * 10_000, owner: 0 }, atRest],
      })),
      false,
    );
    assert.equal(rate.from, 'none');
  });

  test('is the best of the last two minutes, and the last one known when nothing waited since', () => {
    const turns = [0, 1, 2, 3].map((at) => ({
      partitions: [draining(at), atRest],
      events: at === 3 ? 21_000 : at * 10_000,
    }));
    assert.equal(measured(turns).perSecond, 1_000);
  });
});
