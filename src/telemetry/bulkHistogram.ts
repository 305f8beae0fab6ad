import type { Metric, Registry } from 'prom-client';

/**
 * A Prometheus histogram fed with whole arrays. prom-client's own builds a label key per observation, which at a million
 * events a second is the whole budget; this one counts into a typed array and answers the registry in the same shape.
 */
export class BulkHistogram {
  readonly name: string;
  readonly help: string;
  readonly type = 'histogram';
  readonly aggregator = 'sum';
  readonly #boundsMs: Float64Array;
  /** One more than bounds: the last is for what is beyond them all. */
  readonly #counts: Float64Array;
  #sumMs = 0;

  /** @param boundsMs inclusive upper bounds in milliseconds, ascending; shown in seconds, as Prometheus wants them */
  constructor(registry: Registry, name: string, help: string, boundsMs: readonly number[]) {
    this.name = name;
    this.help = help;
    this.#boundsMs = Float64Array.from(boundsMs);
    this.#counts = new Float64Array(boundsMs.length + 1);
    // The registry only ever asks a metric for its name and for get(); its type names the classes of the library instead.
    registry.registerMetric(this as unknown as Metric);
  }

  /**
   * Counts the first `count` values, milliseconds. A negative one (the producer's clock is ahead of ours) counts as zero, so
   * that the sum never falls; NaN is left out.
   * @returns how many are greater than `limitMs`
   */
  observe(valuesMs: Float64Array, count: number, limitMs: number): number {
    const bounds = this.#boundsMs;
    const counts = this.#counts;
    let sumMs = 0;
    let over = 0;
    let bucket = 0;
    for (let i = 0; i < count; i++) {
      const value = Math.max(valuesMs[i]!, 0);
      if (Number.isNaN(value)) continue;
      sumMs += value;
      if (value > limitMs) over++;
      bucket = bucketOf(value, bounds, bucket);
      counts[bucket]!++;
    }
    this.#sumMs += sumMs;
    return over;
  }

  async get() {
    const values: { metricName: string; labels: Record<string, number | string>; value: number }[] = [];
    const bucket = `${this.name}_bucket`;
    let total = 0;
    for (let i = 0; i < this.#counts.length; i++) {
      total += this.#counts[i]!;
      const le = i < this.#boundsMs.length ? this.#boundsMs[i]! / 1000 : '+Inf';
      values.push({ metricName: bucket, labels: { le }, value: total });
    }
    values.push({ metricName: `${this.name}_sum`, labels: {}, value: this.#sumMs / 1000 });
    values.push({ metricName: `${this.name}_count`, labels: {}, value: total });
    return { name: this.name, help: this.help, type: this.type, values, aggregator: this.aggregator };
  }

  reset(): void {
    this.#counts.fill(0);
    this.#sumMs = 0;
  }
}

/** @param near where to begin: events of one batch are about equally late, and the bucket of the one before is next to it if not it. */
function bucketOf(value: number, bounds: Float64Array, near: number): number {
  let bucket = near;
  while (bucket > 0 && value <= bounds[bucket - 1]!) bucket--;
  while (bucket < bounds.length && value > bounds[bucket]!) bucket++;
  return bucket;
}
