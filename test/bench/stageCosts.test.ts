import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type StageCost, stageReport } from '../../bench/harness/stageCosts.ts';

const costs = (decodeNanos: number): StageCost[] => [
  { name: 'decode', seconds: decodeNanos / 1e9, cpuSeconds: decodeNanos / 1e9 },
  { name: 'produce', seconds: 600e-9, cpuSeconds: 300e-9 },
];

test('the share of the whole is taken of the sum of the stages, round by round', () => {
  const { stages, ofTime, ofCpu } = stageReport([costs(400), costs(1400)], [800_000, 400_000]);
  assert.deepEqual(
    stages.map(({ name, nanos, cpuNanos }) => [name, Math.round(nanos.median), Math.round(cpuNanos.median)]),
    [
      ['decode', 900, 900],
      ['produce', 600, 300],
    ],
  );
  assert.equal(Math.round(ofTime.sumEventsPerSecond.most), 1_000_000);
  assert.equal(Math.round(ofTime.sumEventsPerSecond.least), 500_000);
  assert.equal(ofTime.share.least.toFixed(3), '0.800');
  assert.equal(ofTime.share.most.toFixed(3), '0.800');
  // Waiting does not count here: 800,000/s times 700 ns, and 400,000/s times 1,700 ns.
  assert.equal(ofCpu.share.least.toFixed(3), '0.560');
  assert.equal(ofCpu.share.most.toFixed(3), '0.680');
});
