import type { Metric, Registry } from 'prom-client';

interface Sample {
  readonly metricName: string;
  readonly labels: Record<string, number | string>;
  readonly value: number;
}

export interface HistogramOptions {
  readonly name: string;
  readonly help: string;
  /** What a counted value is divided by where it is shown: 1000 for milliseconds, which Prometheus wants in seconds. Default 1. */
  readonly shownPer?: number;
  /** Smaller values count as this one. */
  readonly floor?: number;
}

/**
 * A Prometheus histogram fed with whole arrays. prom-client's own builds a label key per observation, which at a million
 * events a second is the whole budget; this one counts into typed arrays and answers the registry in the same shape.
 */
export class BulkHistogram {
  readonly name: string;
  readonly help: string;
  readonly type = 'histogram';
  readonly aggregator = 'sum';
  readonly #shownPer: number;
  readonly #floor: number;
  readonly #series: HistogramSeries[] = [];

  constructor(registry: Registry, { name, help, shownPer = 1, floor = -Infinity }: HistogramOptions) {
    this.name = name;
    this.help = help;
    this.#shownPer = shownPer;
    this.#floor = floor;
    // The registry only ever asks a metric for its name and for get(); its type names the classes of the library instead.
    registry.registerMetric(this as unknown as Metric);
  }

  /** @param bounds inclusive upper bounds, ascending, in the unit that is counted */
  series(bounds: readonly number[], labels: Readonly<Record<string, string>> = {}): HistogramSeries {
    const series = new HistogramSeries(labels, bounds, this.#floor);
    this.#series.push(series);
    return series;
  }

  async get() {
    const { name, help, type, aggregator } = this;
    const values = this.#series.flatMap((series) => series.samples(name, this.#shownPer));
    return { name, help, type, values, aggregator };
  }

  reset(): void {
    for (const series of this.#series) series.reset();
  }
}

/** The buckets of one combination of labels. */
export class HistogramSeries {
  readonly #labels: Readonly<Record<string, string>>;
  readonly #bounds: Float64Array;
  readonly #floor: number;
  /** One more than bounds: the last is for what is beyond them all. */
  readonly #counts: Float64Array;
  /** Buckets per unit where bounds are evenly spaced; 0 where they are not. */
  readonly #perUnit: number;
  #sum = 0;

  constructor(labels: Readonly<Record<string, string>>, bounds: readonly number[], floor: number) {
    this.#labels = labels;
    this.#bounds = Float64Array.from(bounds);
    this.#floor = floor;
    this.#counts = new Float64Array(bounds.length + 1);
    this.#perUnit = bucketsPerUnit(bounds);
  }

  /** Counts the first `count` values; what is not finite is left out. @returns how many were counted */
  observe(values: Float64Array, count: number): number {
    return this.observeLess(values, 0, count, 0);
  }

  /** Counts the values `[from, to)`, each less `less`. @returns how many were counted */
  observeLess(values: Float64Array, from: number, to: number, less: number): number {
    const isPlain = this.#perUnit > 0 && less === 0 && this.#floor === -Infinity;
    return isPlain ? this.#countEven(values, from, to) : this.#countNear(values, from, to, less);
  }

  /** Counts one value so many times. */
  observeSame(value: number, count: number): void {
    if (count === 0 || !Number.isFinite(value)) return;
    const counted = Math.max(value, this.#floor);
    this.#sum += counted * count;
    this.#counts[bucketOf(counted, this.#bounds, 0)]! += count;
  }

  /** How many values were greater than `bound`, which has to be one of the bounds. */
  above(bound: number): number {
    let total = 0;
    for (let i = this.#bounds.indexOf(bound) + 1; i < this.#counts.length; i++) total += this.#counts[i]!;
    return total;
  }

  samples(name: string, shownPer: number): Sample[] {
    const values: Sample[] = [];
    let total = 0;
    for (let i = 0; i < this.#counts.length; i++) {
      total += this.#counts[i]!;
      const le = i < this.#bounds.length ? this.#bounds[i]! / shownPer : '+Inf';
      values.push({ metricName: `${name}_bucket`, labels: { le, ...this.#labels }, value: total });
    }
    values.push({ metricName: `${name}_sum`, labels: { ...this.#labels }, value: this.#sum / shownPer });
    values.push({ metricName: `${name}_count`, labels: { ...this.#labels }, value: total });
    return values;
  }

  reset(): void {
    this.#counts.fill(0);
    this.#sum = 0;
  }

  /** Events of one batch are about equally late: as long as they fall into one bucket, they are only compared with its bounds. */
  #countNear(values: Float64Array, from: number, to: number, less: number): number {
    const bounds = this.#bounds;
    const counts = this.#counts;
    const floor = this.#floor;
    let sum = 0;
    let counted = 0;
    let inBucket = 0;
    let bucket = 0;
    let below = Number.NaN;
    let atMost = Number.NaN;
    for (let i = from; i < to; i++) {
      const value = Math.max(values[i]! - less, floor);
      if (!(value > below && value <= atMost)) {
        if (!Number.isFinite(value)) continue;
        counts[bucket]! += inBucket;
        counted += inBucket;
        inBucket = 0;
        bucket = bucketOf(value, bounds, bucket);
        below = bucket === 0 ? -Infinity : bounds[bucket - 1]!;
        atMost = bucket === bounds.length ? Number.MAX_VALUE : bounds[bucket]!;
      }
      inBucket++;
      sum += value;
    }
    counts[bucket]! += inBucket;
    this.#sum += sum;
    return counted + inBucket;
  }

  /** Scores jump about: it is worked out which bound is next to each. */
  #countEven(values: Float64Array, from: number, to: number): number {
    const bounds = this.#bounds;
    const counts = this.#counts;
    const perUnit = this.#perUnit;
    const last = bounds.length - 1;
    // A little more than exact, so that a value at a bound is never taken to the bound before it.
    const first = bounds[0]! - EVEN / perUnit;
    let sum = 0;
    let counted = 0;
    for (let i = from; i < to; i++) {
      const value = values[i]!;
      if (!Number.isFinite(value)) continue;
      sum += value;
      counted++;
      const bound = Math.min(Math.max((value - first) * perUnit, 0), last) | 0;
      counts[value > bounds[bound]! ? bound + 1 : bound]!++;
    }
    this.#sum += sum;
    return counted;
  }
}

/** @param near where to begin to look */
function bucketOf(value: number, bounds: Float64Array, near: number): number {
  let bucket = near;
  while (bucket > 0 && value <= bounds[bucket - 1]!) bucket--;
  while (bucket < bounds.length && value > bounds[bucket]!) bucket++;
  return bucket;
}

/** How far off an even grid bounds may be, as a part of a step: their last digits are rounded. */
const EVEN = 1e-6;

function bucketsPerUnit(bounds: readonly number[]): number {
  if (bounds.length < 3) return 0;
  const [first, last] = [bounds[0]!, bounds.at(-1)!];
  const step = (last - first) / (bounds.length - 1);
  const isEven = bounds.every((bound, i) => Math.abs(bound - (first + i * step)) < (EVEN * step) / 2);
  return isEven ? 1 / step : 0;
}
