import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Histogram, Registry } from 'prom-client';
import { BulkHistogram } from '../../src/telemetry/bulkHistogram.ts';

const BOUNDS_MS = [1, 2.5, 10, 100, 5000];

/** The lines of the metric, with its sum apart: additions in another order end in other last digits. */
async function told(registry: Registry): Promise<{ lines: string[]; sum: number }> {
  const lines = (await registry.metrics()).trim().split('\n');
  const sum = lines.find((line) => line.startsWith('m_sum'))!;
  return { lines: lines.filter((line) => line !== sum), sum: Number(sum.split(' ')[1]) };
}

describe('BulkHistogram', () => {
  test('tells the registry what prom-client’s Histogram tells it', async () => {
    const value = fc.oneof(fc.double({ min: 0, max: 10_000, noNaN: true }), fc.constantFrom(0, ...BOUNDS_MS));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(value)), async (arrays) => {
        const ours = new Registry();
        const theirs = new Registry();
        const bulk = new BulkHistogram(ours, 'm', 'help', BOUNDS_MS);
        const buckets = BOUNDS_MS.map((ms) => ms / 1000);
        const histogram = new Histogram({ name: 'm', help: 'help', buckets, registers: [theirs] });
        for (const values of arrays) {
          bulk.observe(Float64Array.from(values), values.length, Number.POSITIVE_INFINITY);
          for (const ms of values) histogram.observe(ms / 1000);
        }
        const [got, wanted] = [await told(ours), await told(theirs)];
        assert.deepEqual(got.lines, wanted.lines);
        assert.ok(
          Math.abs(got.sum - wanted.sum) <= 1e-9 * Math.max(1, wanted.sum),
          `${got.sum} ${wanted.sum}`,
        );
      }),
    );
  });

  test('counts what is over the limit, and only the first `count` values', () => {
    const histogram = new BulkHistogram(new Registry(), 'm', 'help', BOUNDS_MS);
    assert.equal(histogram.observe(Float64Array.of(9, 10, 10.1, 11, 99), 4, 10), 2);
  });

  test('leaves NaN out and counts a negative latency as zero, so that the sum never falls', async () => {
    const histogram = new BulkHistogram(new Registry(), 'm', 'help', BOUNDS_MS);
    histogram.observe(Float64Array.of(Number.NaN, -5000, 3), 3, 10);
    const { values } = await histogram.get();
    const value = (name: string) => values.find((each) => each.metricName === name)!.value;
    assert.equal(value('m_count'), 2);
    assert.equal(value('m_sum'), 0.003);
    assert.equal(value('m_bucket'), 1, 'the first bucket holds the negative one');
  });
});
