import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type Demand, type Load, replicasNeeded, UTILISATION } from '../../../src/service/scale/need.ts';

const demand = fc.record({
  arrivalPerSecond: fc.double({ min: 0, max: 50_000, noNaN: true }),
  lag: fc.integer({ min: 0, max: 50_000_000 }),
});

/** Loads of all sizes: most partitions ask for little, some for more than a replica has. */
const loads: fc.Arbitrary<Load> = fc
  .record({
    asked: fc.array(demand, { maxLength: 24 }),
    stuck: fc.integer({ min: 0, max: 4 }),
    serviceRate: fc.double({ min: 1, max: 200_000, noNaN: true }),
    drainInSeconds: fc.integer({ min: 1, max: 3_600 }),
  })
  .map(({ asked, stuck, serviceRate, drainInSeconds }) => ({
    demands: asked,
    partitions: asked.length + stuck,
    serviceRate,
    drainInSeconds,
  }));

function with_(load: Load, at: number, change: (demand: Demand) => Demand): Load {
  return { ...load, demands: load.demands.map((one, index) => (index === at ? change(one) : one)) };
}

describe('the replicas that a load needs', () => {
  test('are at least one and never more than there are partitions', () => {
    fc.assert(
      fc.property(loads, (load) => {
        const { replicas } = replicasNeeded(load);
        assert.ok(replicas >= 1 && replicas <= Math.max(1, load.partitions));
      }),
    );
  });

  test('never get fewer when more waits or arrives, in any partition', () => {
    fc.assert(
      fc.property(loads, fc.nat(23), fc.integer({ min: 0, max: 10_000_000 }), (load, at, more) => {
        const { replicas } = replicasNeeded(load);
        const lag = with_(load, at, (one) => ({ ...one, lag: one.lag + more }));
        const arrival = with_(load, at, (one) => ({
          ...one,
          arrivalPerSecond: one.arrivalPerSecond + more / 100,
        }));
        assert.ok(replicasNeeded(lag).replicas >= replicas);
        assert.ok(replicasNeeded(arrival).replicas >= replicas);
      }),
      { numRuns: 2_000 },
    );
  });

  test('never get more with a faster model or more time', () => {
    fc.assert(
      fc.property(loads, fc.double({ min: 1, max: 20, noNaN: true }), (load, times) => {
        const { replicas } = replicasNeeded(load);
        const faster = { ...load, serviceRate: load.serviceRate * times };
        const later = { ...load, drainInSeconds: load.drainInSeconds * times };
        assert.ok(replicasNeeded(faster).replicas <= replicas);
        assert.ok(replicasNeeded(later).replicas <= replicas);
      }),
      { numRuns: 2_000 },
    );
  });

  test('serve the load: so many replicas at the planned share score what a replica can of each partition', () => {
    fc.assert(
      fc.property(loads, (load) => {
        const { replicas } = replicasNeeded(load);
        const planned = load.serviceRate * UTILISATION;
        const served = load.demands
          .map(({ arrivalPerSecond, lag }) => Math.min(planned, arrivalPerSecond + lag / load.drainInSeconds))
          .reduce((sum, rate) => sum + rate, 0);
        assert.ok(replicas * planned >= served * (1 - 1e-6) || replicas === load.partitions);
      }),
    );
  });

  test('a hot partition asks for one replica however much arrives in it', () => {
    fc.assert(
      fc.property(loads, fc.integer({ min: 1, max: 1_000_000 }), (load, times) => {
        const hot = { lag: 0, arrivalPerSecond: load.serviceRate };
        const one = { ...load, partitions: load.partitions + 1, demands: [...load.demands, hot] };
        const far = { ...hot, arrivalPerSecond: hot.arrivalPerSecond * times };
        const hotter = { ...one, demands: [...load.demands, far] };
        assert.equal(replicasNeeded(hotter).replicas, replicasNeeded(one).replicas);
      }),
    );
  });

  test('follow from the arithmetic in plain cases', () => {
    const even = (partitions: number, arrivalPerSecond: number, lag = 0): Load => ({
      demands: Array.from({ length: partitions }, (_, partition) => ({ partition, arrivalPerSecond, lag })),
      partitions,
      serviceRate: 1000,
      drainInSeconds: 300,
    });
    assert.equal(replicasNeeded(even(8, 0)).replicas, 1);
    assert.equal(replicasNeeded(even(8, 100)).replicas, 1);
    assert.equal(replicasNeeded(even(8, 200)).replicas, 2);
    // 2,300/s are three replicas' at 80 %; but of four partitions one of three replicas has two, 1,150/s.
    assert.equal(replicasNeeded(even(4, 575)).replicas, 4);
    assert.equal(replicasNeeded(even(8, 100, 300_000)).replicas, 8);
    assert.equal(replicasNeeded({ ...even(0, 0), partitions: 0 }).replicas, 1);
  });
});
