import assert from 'node:assert/strict';
import { test } from 'node:test';
import { showGroup } from '../../src/telemetry/groupFacts.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';

function newMetrics() {
  const metrics = createMetrics({ pipeline: 'orders', version: '1', processMetrics: false });
  const samples = async () =>
    (await metrics.registry.metrics())
      .split('\n')
      .filter((line) => /^tidemark_(group|replica)/.test(line))
      .map((line) => line.replace('{pipeline="orders"}', ''));
  return { metrics, samples };
}

test('of a group nothing is claimed before it was seen, and nothing that is not known', async () => {
  const { metrics, samples } = newMetrics();
  assert.deepEqual(await samples(), []);
  showGroup(metrics, { members: 0, lagRecords: 12 });
  assert.deepEqual(await samples(), ['tidemark_group_members 0', 'tidemark_group_lag_records 12']);
  showGroup(metrics, {
    members: 2,
    lagRecords: 0,
    arrivalPerSecond: 5.5,
    replicasWanted: 3,
    serviceRate: 1000,
  });
  assert.deepEqual(await samples(), [
    'tidemark_group_members 2',
    'tidemark_group_lag_records 0',
    'tidemark_group_arrival_rate 5.5',
    'tidemark_replicas_wanted 3',
    'tidemark_replica_service_rate 1000',
  ]);
  showGroup(metrics, undefined);
  assert.deepEqual(await samples(), []);
});
