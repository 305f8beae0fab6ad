import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { GroupReport } from '../../../src/service/group/report.ts';
import type { HotKey, ScaleAdvice } from '../../../src/service/scale/advice.ts';
import { ScaleAdviser, type ScaleOptions } from '../../../src/service/scale/adviser.ts';
import type { ServiceRate } from '../../../src/service/scale/serviceRate.ts';
import { type PartitionSays, reportOf } from './reports.ts';

const MEASURED: ServiceRate = { perSecond: 1_000, from: 'backlog' };
const NO_KEYS: ReadonlyMap<number, HotKey | null> = new Map();
const FIVE_MINUTES = { drainInMs: 300_000 };

/** What the first look alone advises. */
function advise(
  report: GroupReport,
  { rate = MEASURED, options = FIVE_MINUTES as ScaleOptions, keys = NO_KEYS } = {},
): ScaleAdvice {
  return new ScaleAdviser(options).advise(report, rate, keys, 0);
}

const busy = (arrivalPerSecond: number, more: PartitionSays = {}): PartitionSays => ({
  arrivalPerSecond,
  progressPerSecond: arrivalPerSecond,
  ...more,
});
const STUCK: PartitionSays = { state: 'stuck', lag: 500_000, arrivalPerSecond: 400, stillSeconds: 60 };

describe('the advice on replicas', () => {
  test('says how many, why, and from which figures', () => {
    const advice = advise(reportOf([busy(400), busy(400), busy(400), busy(400)], 1));
    assert.deepEqual([advice.replicas, advice.wanted], [1, 2]);
    assert.equal(
      advice.reason,
      '2 replicas: 1,600 events/s arrive, 0 waiting; to have it scored in 5 min takes 1,600/s, and one replica scores 1,000/s, planned at 80%.',
    );
    assert.deepEqual(advice.because, {
      partitions: 4,
      serviceRate: 1000,
      serviceRateFrom: 'backlog',
      arrivalPerSecond: 1600,
      lag: 0,
      drainInSeconds: 300,
      neededPerSecond: 1600,
      utilisation: 0.8,
      wantedNow: 2,
      maxReplicas: null,
    });
    assert.deepEqual([advice.stuck, advice.hot], [[], []]);
  });

  test('a stuck partition changes nothing, whatever waits in it, and is named with what to do', () => {
    const others = [busy(500), busy(500), busy(500)];
    const without = advise(reportOf([busy(0), ...others], 2));
    for (const lag of [1, 1_000_000, 1_000_000_000]) {
      const advice = advise(reportOf([{ ...STUCK, lag, owner: 0 }, ...others], 2));
      assert.equal(advice.wanted, without.wanted);
      assert.deepEqual(
        advice.stuck.map(({ partition, lag: waiting }) => [partition, waiting]),
        [[0, lag]],
      );
      assert.match(advice.reason, /Left out: partition 0 has not moved for 60 s with .* waiting/);
      assert.match(advice.stuck[0]!.what, /though others are moved on by scorer on 10\.0\.0\.0/);
      assert.match(advice.stuck[0]!.todo, /readyz/);
    }
  });

  test('a stuck partition changes nothing in any load', () => {
    const load = fc.record({
      arrival: fc.integer({ min: 0, max: 3_000 }),
      lag: fc.integer({ min: 0, max: 900_000 }),
    });
    fc.assert(
      fc.property(
        fc.array(load, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 1e9 }),
        (loads, lag) => {
          const others = loads.map(({ arrival, lag: waiting }) => busy(arrival + 1, { lag: waiting }));
          const idle = advise(reportOf([...others, {}], 2));
          const stuck = advise(reportOf([...others, { ...STUCK, lag }], 2));
          assert.equal(stuck.wanted, idle.wanted);
        },
      ),
    );
  });

  test('tells a stopped partition by its code, and an open transaction', () => {
    const stopped = { code: 'E-KAFKA-CORRUPT', message: 'its bytes are damaged' } as const;
    const advice = advise(
      reportOf([busy(100), { lag: 10, stopped }, { ...STUCK, openTransaction: true }], 2),
    );
    assert.match(advice.stuck[0]!.what, /stopped \(E-KAFKA-CORRUPT\): its bytes are damaged/);
    assert.ok(advice.stuck[0]!.todo.length > 20);
    assert.match(advice.stuck[1]!.what, /a transaction that is still open/);
    assert.match(advice.stuck[1]!.todo, /find-hanging/);
  });

  test('when nothing moves anywhere, it is not the partitions, and the number stays', () => {
    const advice = advise(reportOf([STUCK, STUCK, STUCK, STUCK], 3));
    assert.equal(advice.wanted, 3);
    assert.equal(advice.because.neededPerSecond, null, 'nothing is needed that is known, which is not none');
    assert.match(advice.reason, /Stay at 3 replicas.*Nothing moves in any partition.*readyz/);
  });

  test('when everything comes to a halt the number is at once the one there is, whatever was wanted before', () => {
    const adviser = new ScaleAdviser(FIVE_MINUTES);
    const loaded = reportOf([busy(800), busy(800), busy(800), busy(800)], 2);
    for (const atMs of [0, 10_000, 20_000, 30_000]) adviser.advise(loaded, MEASURED, NO_KEYS, atMs);
    assert.equal(adviser.advise(loaded, MEASURED, NO_KEYS, 40_000).wanted, 4);
    const halted = adviser.advise(reportOf([STUCK, STUCK, STUCK, STUCK], 2), MEASURED, NO_KEYS, 50_000);
    assert.equal(halted.wanted, 2);
    assert.match(halted.reason, /^Stay at 2 replicas/);
    // Nothing was learnt from the halt: the load is as it was.
    assert.equal(adviser.advise(loaded, MEASURED, NO_KEYS, 60_000).wanted, 4);
  });

  test('a hot key asks for one replica, and is named with its share and what to do', () => {
    const quiet = [busy(50), busy(50), busy(50)];
    const base = advise(reportOf([busy(800), ...quiet], 2)).wanted;
    for (const arrivalPerSecond of [1_500, 40_000]) {
      const hot: PartitionSays = { state: 'behind', arrivalPerSecond, progressPerSecond: 1_000, lag: 90_000 };
      const keys = new Map([[0, { key: 'customer-7', share: 0.93, sampled: 1000 }]]);
      const advice = advise(reportOf([hot, ...quiet], 2), { keys });
      assert.equal(advice.wanted, base);
      assert.equal(advice.hot.length, 1);
      assert.match(
        advice.reason,
        /Partition 0 is hot: it gets .* events\/s, \d+% of all that arrive, and the one replica/,
      );
      assert.match(advice.reason, /93% of its latest records have the key "customer-7"/);
      assert.match(advice.hot[0]!.todo, /spread this key/);
    }
  });

  test('a partition with nearly all that waits is hot though its arrivals have ended', () => {
    const report = reportOf(
      [{ state: 'behind', lag: 400_000, progressPerSecond: 900 }, busy(10), busy(10)],
      2,
    );
    const [hot] = advise(report).hot;
    assert.match(hot!.what, /has 100% of all that waits, while the others keep up/);
    assert.match(hot!.todo, /Look whether most of its records have one key/, 'nobody has read them');
    assert.equal(hot!.key, undefined);
    const [spread] = advise(report, { keys: new Map([[0, null]]) }).hot;
    assert.match(spread!.todo, /More partitions spread its keys/);
  });

  test('a partition that gets most of what arrives is named before it falls behind', () => {
    const [hot, ...more] = advise(reportOf([busy(700), busy(20), busy(30), busy(10)], 2)).hot;
    assert.match(hot!.what, /gets 700 events\/s, 92% of all that arrive; it is scored in time still/);
    assert.deepEqual(more, []);
    for (const says of [[busy(40), busy(1)], [busy(300), busy(280)], [busy(300)]])
      assert.deepEqual(
        advise(reportOf(says, 1)).hot,
        [],
        'hardly any load, an even one, or a single partition',
      );
  });

  test('when all are behind none is hot', () => {
    const behind: PartitionSays = {
      state: 'behind',
      lag: 100_000,
      arrivalPerSecond: 300,
      progressPerSecond: 200,
    };
    assert.deepEqual(advise(reportOf([{ ...behind, lag: 900_000 }, behind, behind], 3)).hot, []);
    const tooMuch = (arrivalPerSecond: number): PartitionSays => ({ ...behind, arrivalPerSecond });
    const slow = advise(reportOf([2_100, 1_900, 2_000, 2_000].map(tooMuch), 2));
    assert.deepEqual(slow.hot, [], 'each gets more than one replica scores: the model is slow');
    assert.match(slow.reason, /only more partitions or a faster model help/);
  });

  test('a load that fits the partitions with less room than is planned for is told with what helps', () => {
    const reasonAt = (arrivalPerSecond: number) =>
      advise(reportOf([busy(arrivalPerSecond), busy(arrivalPerSecond)], 2)).reason;
    const rate = advise(reportOf([busy(10), busy(10)], 2)).because.serviceRate!;
    assert.match(reasonAt(rate * 0.9), /less room than planned: more partitions or a faster model help/);
    assert.match(reasonAt(rate * 1.1), /only more partitions or a faster model help/);
    assert.doesNotMatch(reasonAt(rate * 0.7), /faster model/);
  });

  test('never asks for more than partitions, or than the file allows, and says so', () => {
    const heavy = reportOf(
      Array.from({ length: 4 }, () => busy(5_000)),
      4,
    );
    const all = advise(heavy);
    assert.equal(all.wanted, 4);
    assert.match(all.reason, /more than 4 partitions can share/);
    const some = advise(heavy, { options: { ...FIVE_MINUTES, maxReplicas: 3 } });
    assert.equal(some.wanted, 3);
    assert.match(some.reason, /asks for 4; scaling\.max_replicas is 3/);
  });

  test('without a measured rate it stays where it is, within bounds', () => {
    const unknown: ServiceRate = { perSecond: null, from: 'none' };
    const stay = advise(reportOf([busy(10), busy(10)], 5), { rate: unknown });
    assert.equal(stay.wanted, 2);
    assert.match(stay.reason, /not known before events wait/);
    const none = advise(reportOf([busy(10), busy(10)], 0), { rate: unknown });
    assert.equal(none.wanted, 1);
    assert.match(none.reason, /^No replica is running\./);
  });

  test('what arrives while no replica runs is asked for all the same', () => {
    const orphans = reportOf(
      Array.from({ length: 8 }, () => ({ state: 'no-owner' as const, lag: 150_000, arrivalPerSecond: 100 })),
      0,
    );
    const advice = advise(orphans);
    assert.deepEqual([advice.replicas, advice.wanted], [0, 8]);
    assert.match(advice.reason, /^No replica is running\. 8 replicas:/);
  });

  test('says what the latest look asks for while the number still stands', () => {
    const adviser = new ScaleAdviser(FIVE_MINUTES);
    const light = reportOf(
      Array.from({ length: 8 }, () => busy(50)),
      1,
    );
    const heavy = reportOf(
      Array.from({ length: 8 }, () => busy(500)),
      1,
    );
    adviser.advise(light, MEASURED, NO_KEYS, 0);
    const burst = adviser.advise(heavy, MEASURED, NO_KEYS, 10_000);
    assert.deepEqual([burst.wanted, burst.because.wantedNow], [1, 5]);
    assert.match(burst.reason, /latest look asks for 5, which has to last 20 s/);
    assert.equal(adviser.advise(heavy, MEASURED, NO_KEYS, 30_000).wanted, 5);
    const over = adviser.advise(light, MEASURED, NO_KEYS, 40_000);
    assert.deepEqual([over.wanted, over.because.wantedNow], [5, 1]);
    assert.match(over.reason, /fewer are advised once that has lasted 5 min/);
  });
});
