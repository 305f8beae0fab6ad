import { type Buckets, noMetrics, type ReplicaMetrics } from './replicaMetrics.ts';

/** What all replicas have done together since their start. */
export type Totals = Omit<ReplicaMetrics, 'leases' | 'pausedBy'>;

/** Adds up replicas. One that has ended still counts with what it said last. */
export function totalsOf(replicas: Iterable<ReplicaMetrics | undefined>): Totals {
  let sum: Totals = noMetrics;
  for (const metrics of replicas) {
    if (metrics !== undefined) sum = combine(sum, metrics, 1);
  }
  return sum;
}

/** What was done between two moments. */
export function between(earlier: Totals, later: Totals): Totals {
  return combine(later, earlier, -1);
}

function combine(a: Totals, b: Totals, sign: 1 | -1): Totals {
  const reasons = new Set([...a.closed.keys(), ...b.closed.keys()]);
  return {
    scored: a.scored + sign * b.scored,
    deadLettered: a.deadLettered + sign * b.deadLettered,
    skipped: a.skipped + sign * b.skipped,
    batches: a.batches + sign * b.batches,
    batchRows: a.batchRows + sign * b.batchRows,
    closed: new Map(
      [...reasons].map((reason) => [
        reason,
        (a.closed.get(reason) ?? 0) + sign * (b.closed.get(reason) ?? 0),
      ]),
    ),
    latency: combineBuckets(a.latency, b.latency, sign),
  };
}

/** Replicas of one pipeline have the same bounds; one that has not said anything yet has none. */
function combineBuckets(a: Buckets, b: Buckets, sign: 1 | -1): Buckets {
  const { bounds } = a.bounds.length > 0 ? a : b;
  return { bounds, counts: bounds.map((_, i) => (a.counts[i] ?? 0) + sign * (b.counts[i] ?? 0)) };
}

/**
 * The value that `share` of the observations do not exceed, taken as evenly spread within their bucket, as Prometheus'
 * histogram_quantile does. @returns seconds; the last finite bound for what is beyond it; undefined without observations
 */
export function quantile({ bounds, counts }: Buckets, share: number): number | undefined {
  const total = counts.at(-1) ?? 0;
  if (total <= 0) return undefined;
  const rank = share * total;
  const bucket = counts.findIndex((count) => count >= rank);
  const below = bucket === 0 ? 0 : bounds[bucket - 1]!;
  const countBelow = bucket === 0 ? 0 : counts[bucket - 1]!;
  const bound = bounds[bucket]!;
  if (bound === Number.POSITIVE_INFINITY) return below;
  return below + ((bound - below) * (rank - countBelow)) / (counts[bucket]! - countBelow);
}

/** Totals of the last seconds, to tell how fast it goes now. */
export class Recent {
  readonly #keptMs: number;
  #kept: { readonly atMs: number; readonly totals: Totals }[] = [];

  constructor(keptMs: number) {
    this.#keptMs = keptMs;
  }

  add(atMs: number, totals: Totals): void {
    this.#kept = this.#kept.filter((kept) => kept.atMs >= atMs - this.#keptMs);
    this.#kept.push({ atMs, totals });
  }

  /** What was done in about the last `ms`, and in how many milliseconds exactly; undefined before two moments are known. */
  last(ms: number): { readonly ms: number; readonly done: Totals } | undefined {
    const now = this.#kept.at(-1);
    const from = this.#kept.find(({ atMs }) => atMs >= now!.atMs - ms);
    if (now === undefined || from === undefined || from === now) return undefined;
    return { ms: now.atMs - from.atMs, done: between(from.totals, now.totals) };
  }
}
