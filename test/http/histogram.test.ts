import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { between, type Histogram, quantile, shareWithin } from '../../src/http/histogram.ts';

const BOUNDS = [0.01, 0.1, 1, 10];

/** The slow way: from the values themselves. */
function histogramOf(values: readonly number[], bounds = BOUNDS): Histogram {
  const counts = new Array<number>(bounds.length + 1).fill(0);
  for (const value of values) {
    const bucket = bounds.findIndex((bound) => value <= bound);
    counts[bucket < 0 ? bounds.length : bucket]!++;
  }
  return { bounds, counts, sum: values.reduce((sum, value) => sum + value, 0), count: values.length };
}

const values = fc.array(fc.double({ min: 0, max: 20, noNaN: true }), { minLength: 1, maxLength: 60 });
const share = fc.double({ min: 0.001, max: 0.999, noNaN: true });

describe('a histogram that was read', () => {
  it('has a quantile in the bucket in which that value lies', () => {
    fc.assert(
      fc.property(values, share, (drawn, q) => {
        const value = quantile(histogramOf(drawn), q)!;
        const exact = [...drawn].sort((a, b) => a - b)[Math.ceil(q * drawn.length) - 1]!;
        const bucket = BOUNDS.findIndex((bound) => exact <= bound);
        const [low, high] = bucket < 0 ? [10, 10] : [BOUNDS[bucket - 1] ?? 0, BOUNDS[bucket]!];
        assert.ok(value >= low && value <= high, `${value} is not from ${low} to ${high}, where ${exact} is`);
      }),
    );
  });

  it('has no quantile and no share of nothing', () => {
    assert.equal(quantile(histogramOf([]), 0.5), undefined);
    assert.equal(shareWithin(histogramOf([]), 1), undefined);
  });

  it('interpolates as Prometheus does', () => {
    // histogram_quantile(0.5, ...) of 10 values in (0.1, 1]: 0.1 + 0.9 * 5/10.
    assert.ok(Math.abs(quantile(histogramOf(new Array(10).fill(0.5)), 0.5)! - 0.55) < 1e-12);
    assert.equal(quantile(histogramOf([50]), 0.5), 10, 'beyond all bounds: the last of them');
    assert.ok(quantile(histogramOf([-0.4], [-0.5, 0, 0.5]), 0.5)! <= 0, 'values below zero');
  });

  it('says exactly which share is within a bound, and nothing of what is none', () => {
    assert.equal(shareWithin(histogramOf([0.05, 0.1, 0.2, 30]), 0.1), 0.5);
    assert.equal(shareWithin(histogramOf([0.05]), 0.2), undefined);
  });

  it('counts what came between two readings', () => {
    fc.assert(
      fc.property(values, values, (before, after) => {
        const { counts, count } = between(histogramOf(before), histogramOf([...before, ...after]));
        assert.deepEqual(counts, histogramOf(after).counts);
        assert.equal(count, after.length);
      }),
    );
  });

  it('begins anew when the buckets are others', () => {
    const later = histogramOf([1], [1, 2]);
    assert.equal(between(histogramOf([1]), later), later);
    assert.equal(between(undefined, later), later);
  });
});
