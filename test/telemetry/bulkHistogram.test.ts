import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Histogram, Registry } from 'prom-client';
import { BulkHistogram, type HistogramOptions } from '../../src/telemetry/bulkHistogram.ts';

const UNEVEN = [1, 2.5, 10, 100, 5000];
const EVEN = Array.from({ length: 21 }, (_, i) => Number((i * 0.05).toPrecision(12)));
const FAR_EVEN = [-3e6, -2e6, -1e6, 0, 1e6];

/** The lines of the metric, with its sum apart: additions in another order end in other last digits. */
async function told(registry: Registry): Promise<{ lines: string[]; sum: number }> {
  const lines = (await registry.metrics()).trim().split('\n');
  const sum = lines.find((line) => line.startsWith('m_sum'))!;
  return { lines: lines.filter((line) => line !== sum), sum: Number(sum.split(' ')[1]) };
}

function assertNear(got: number, wanted: number, scale: number): void {
  assert.ok(Math.abs(got - wanted) <= 1e-9 * Math.max(1, scale), `${got} ${wanted}`);
}

function histogramOf(
  bounds: readonly number[],
  more: Partial<HistogramOptions> = {},
  registry = new Registry(),
) {
  const histogram = new BulkHistogram(registry, { name: 'm', help: 'help', ...more });
  const series = histogram.series(bounds);
  const tell = async () => {
    const { values } = await histogram.get();
    const all = (name: string) => values.filter((each) => each.metricName === name).map(({ value }) => value);
    return { buckets: all('m_bucket'), sum: all('m_sum')[0]!, count: all('m_count')[0]! };
  };
  return { series, tell, registry };
}

/** Numbers about the bounds, on them, next to them and far from them. */
const valueAbout = (bounds: readonly number[]) => {
  const [first, last] = [bounds[0]!, bounds.at(-1)!];
  const beside = bounds.flatMap((bound) => [bound, bound * (1 + 2 ** -52), bound * (1 - 2 ** -52)]);
  return fc.oneof(
    fc.double({ min: first - (last - first), max: last + (last - first), noNaN: true }),
    fc.constantFrom(0, ...beside),
    fc.constantFrom(Number.NaN, Infinity, -Infinity, 1e300, -1e300),
  );
};

describe('BulkHistogram', () => {
  test('tells the registry what prom-client’s Histogram tells it', async () => {
    const value = fc.oneof(fc.double({ min: 0, max: 10_000, noNaN: true }), fc.constantFrom(0, ...UNEVEN));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(value)), async (arrays) => {
        const { series, registry } = histogramOf(UNEVEN, { shownPer: 1000 });
        const theirs = new Registry();
        const buckets = UNEVEN.map((ms) => ms / 1000);
        const histogram = new Histogram({ name: 'm', help: 'help', buckets, registers: [theirs] });
        for (const values of arrays) {
          series.observe(Float64Array.from(values), values.length);
          for (const ms of values) histogram.observe(ms / 1000);
        }
        const [got, wanted] = [await told(registry), await told(theirs)];
        assert.deepEqual(got.lines, wanted.lines);
        assertNear(got.sum, wanted.sum, wanted.sum);
      }),
    );
  });

  for (const [name, bounds] of Object.entries({ UNEVEN, EVEN, FAR_EVEN })) {
    for (const floor of [-Infinity, 0]) {
      test(`counts as one value after the other would be, bounds ${name}, floor ${floor}`, async () => {
        const part = fc.record({
          values: fc.array(valueAbout(bounds), { maxLength: 30 }),
          less: fc.oneof(fc.constant(0), valueAbout(bounds)),
        });
        const same = fc.record({ value: valueAbout(bounds), count: fc.nat(9) });
        await fc.assert(
          fc.asyncProperty(fc.array(part), fc.array(same), async (parts, sames) => {
            const { series, tell } = histogramOf(bounds, { floor });
            const expected: number[] = [];
            for (const { values, less } of parts) {
              const finite = values
                .map((value) => Math.max(value - less, floor))
                .filter((value) => Number.isFinite(value));
              // Not from the first on: what stands before belongs to another segment.
              const array = Float64Array.from([0.5, ...values]);
              assert.equal(series.observeLess(array, 1, array.length, less), finite.length);
              expected.push(...finite);
            }
            for (const { value, count } of sames) {
              series.observeSame(value, count);
              for (let i = 0; i < count; i++)
                if (Number.isFinite(value)) expected.push(Math.max(value, floor));
            }
            const { buckets, sum, count } = await tell();
            const atMost = (bound: number) => expected.filter((value) => value <= bound).length;
            assert.deepEqual(buckets, [...bounds.map(atMost), expected.length]);
            assert.equal(count, expected.length);
            for (const bound of bounds) assert.equal(series.above(bound), expected.length - atMost(bound));
            const scale = expected.reduce((total, value) => total + Math.abs(value), 0);
            assertNear(
              sum,
              expected.reduce((total, value) => total + value, 0),
              scale,
            );
          }),
        );
      });
    }
  }

  test('counts only the first `count` values', async () => {
    const { series, tell } = histogramOf(UNEVEN);
    assert.equal(series.observe(Float64Array.of(9, 10, 10.1, 11, 99), 4), 4);
    assert.equal((await tell()).count, 4);
    assert.equal(series.above(10), 2);
  });

  test('has the default labels of its registry, and its series their own', async () => {
    const registry = new Registry();
    registry.setDefaultLabels({ pipeline: 'orders' });
    const histogram = new BulkHistogram(registry, { name: 'm', help: 'help' });
    histogram.series([1], { part: 'a' }).observeSame(0.5, 2);
    histogram.series([1, 2], { part: 'b' }).observeSame(7, 3);
    const lines = (await registry.metrics()).split('\n');
    assert.deepEqual(
      lines.filter((line) => line.startsWith('m_')),
      [
        'm_bucket{le="1",part="a",pipeline="orders"} 2',
        'm_bucket{le="+Inf",part="a",pipeline="orders"} 2',
        'm_sum{part="a",pipeline="orders"} 1',
        'm_count{part="a",pipeline="orders"} 2',
        'm_bucket{le="1",part="b",pipeline="orders"} 0',
        'm_bucket{le="2",part="b",pipeline="orders"} 0',
        'm_bucket{le="+Inf",part="b",pipeline="orders"} 3',
        'm_sum{part="b",pipeline="orders"} 21',
        'm_count{part="b",pipeline="orders"} 3',
      ],
    );
  });

  test('begins anew after a reset', async () => {
    const { series, tell } = histogramOf(UNEVEN);
    series.observeSame(3, 5);
    series.reset();
    assert.deepEqual(await tell(), { buckets: [0, 0, 0, 0, 0, 0], sum: 0, count: 0 });
  });
});
