/** A histogram as it was read: what has been counted so far. */
export interface Histogram {
  /** Inclusive upper bounds, ascending. */
  readonly bounds: readonly number[];
  /** Of each bucket, not cumulative; one more than bounds, for what is beyond them all. */
  readonly counts: readonly number[];
  readonly sum: number;
  readonly count: number;
}

/** What was counted between two readings of one histogram. */
export function between(earlier: Histogram | undefined, later: Histogram): Histogram {
  if (earlier === undefined || earlier.bounds.length !== later.bounds.length) return later;
  return {
    bounds: later.bounds,
    counts: later.counts.map((count, bucket) => count - earlier.counts[bucket]!),
    sum: later.sum - earlier.sum,
    count: later.count - earlier.count,
  };
}

/**
 * The value below which share `q` of what was counted lies, interpolated within its bucket as Prometheus' histogram_quantile
 * does: the first bucket begins at zero, and what is beyond all bounds is at least the last of them. Undefined of nothing.
 */
export function quantile({ bounds, counts, count }: Histogram, q: number): number | undefined {
  if (count <= 0) return undefined;
  const rank = q * count;
  let below = 0;
  for (const [bucket, upper] of bounds.entries()) {
    const inside = counts[bucket]!;
    if (below + inside >= rank && inside > 0) {
      const lower = bucket === 0 ? Math.min(0, upper) : bounds[bucket - 1]!;
      return lower + (upper - lower) * ((rank - below) / inside);
    }
    below += inside;
  }
  return bounds.at(-1);
}

/** The share of what was counted that is at most `limit`; exact when `limit` is a bound, undefined otherwise and of nothing. */
export function shareWithin({ bounds, counts, count }: Histogram, limit: number): number | undefined {
  const bucket = bounds.findIndex((bound) => Math.abs(bound - limit) < 1e-9);
  if (bucket < 0 || count <= 0) return undefined;
  let within = 0;
  for (let i = 0; i <= bucket; i++) within += counts[i]!;
  return within / count;
}
