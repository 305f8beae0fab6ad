import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { between, quantile, Recent, totalsOf } from '../../../tools/demo/figures.ts';
import { noMetrics, readMetrics } from '../../../tools/demo/replicaMetrics.ts';

async function scraped() {
  const metrics = createMetrics({
    pipeline: 'orders',
    version: '0.0.0',
    sloP99Ms: 100,
    processMetrics: false,
  });
  metrics.events.inc({ outcome: 'scored' }, 40);
  metrics.events.inc({ outcome: 'dead_lettered' }, 2);
  metrics.batches.inc({ closed: 'due' }, 3);
  metrics.batches.inc({ closed: 'full' }, 1);
  for (const rows of [10, 10, 10, 12]) metrics.batchRows.observeSame(rows, 1);
  metrics.leases.set(4);
  metrics.paused.set({ reason: 'sink' }, 0);
  metrics.paused.set({ reason: 'source' }, 1);
  metrics.eventLatency.observe(Float64Array.from([1, 2, 2, 400_000_000]), 4);
  return readMetrics(await metrics.registry.metrics());
}

test('what the product tells is what is read of it', async () => {
  const metrics = await scraped();
  assert.equal(metrics.scored, 40);
  assert.equal(metrics.deadLettered, 2);
  assert.equal(metrics.skipped, 0);
  assert.equal(metrics.batches, 4);
  assert.equal(metrics.batchRows, 42);
  assert.equal(metrics.leases, 4);
  assert.deepEqual(metrics.pausedBy, ['source']);
  assert.deepEqual(Object.fromEntries(metrics.closed), { full: 1, due: 3, drained: 0, ending: 0 });
  assert.equal(metrics.latency.bounds.at(-1), Number.POSITIVE_INFINITY);
  assert.equal(metrics.latency.counts.at(-1), 4);
  assert.ok(quantile(metrics.latency, 0.25)! < 0.002);
});

test('replicas add up, one that has not said anything yet counts as nothing', async () => {
  const one = await scraped();
  const both = totalsOf([one, undefined, one]);
  assert.equal(both.scored, 80);
  assert.equal(both.closed.get('due'), 6);
  assert.equal(both.latency.counts.at(-1), 8);
  assert.deepEqual(
    between(both, both).latency.counts,
    one.latency.counts.map(() => 0),
  );
});

test('a quantile lies in its bucket in proportion, as Prometheus has it', () => {
  const buckets = { bounds: [0.01, 0.02, 0.04, Number.POSITIVE_INFINITY], counts: [10, 30, 40, 50] };
  assert.equal(quantile(buckets, 0.1), 0.005);
  assert.equal(quantile(buckets, 0.4), 0.015);
  assert.equal(quantile(buckets, 0.7), 0.03);
  assert.equal(quantile(buckets, 0.99), 0.04, 'beyond the last bound nobody knows how far');
  assert.equal(quantile(noMetrics.latency, 0.5), undefined);
});

test('the last seconds are those since the oldest moment within them', () => {
  const recent = new Recent(10_000);
  const scored = (count: number) => ({ ...noMetrics, scored: count });
  recent.add(0, scored(0));
  assert.equal(recent.last(2_000), undefined);
  recent.add(1_000, scored(100));
  recent.add(2_000, scored(300));
  recent.add(3_000, scored(600));
  const { ms, done } = recent.last(2_000)!;
  assert.equal(ms, 2_000);
  assert.equal(done.scored, 500);
});
