import { samplesOf } from './exposition.ts';

/** What the demo shows of a replica's /metrics; docs/metrics.md explains them. Counters count from its start. */
export interface ReplicaMetrics {
  readonly scored: number;
  readonly deadLettered: number;
  readonly skipped: number;
  readonly batches: number;
  readonly batchRows: number;
  /** Batches by why they closed. */
  readonly closed: ReadonlyMap<string, number>;
  readonly latency: Buckets;
  /** Partitions held. */
  readonly leases: number;
  /** What is down and waited for: source, sink, registry. */
  readonly pausedBy: readonly string[];
}

/** A Prometheus histogram: how many values were at most each bound. */
export interface Buckets {
  /** Seconds, ascending, the last one Infinity. */
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
}

export const noMetrics: ReplicaMetrics = {
  scored: 0,
  deadLettered: 0,
  skipped: 0,
  batches: 0,
  batchRows: 0,
  closed: new Map(),
  latency: { bounds: [], counts: [] },
  leases: 0,
  pausedBy: [],
};

/** Reads the text that /metrics answers. What is missing in it counts as 0. */
export function readMetrics(text: string): ReplicaMetrics {
  const samples = samplesOf(text);
  const all = (name: string) => samples.filter((sample) => sample.name === `tidemark_${name}`);
  const one = (name: string) => all(name)[0]?.value ?? 0;
  const by = (name: string, label: string) =>
    new Map(all(name).map(({ labels, value }) => [labels.get(label) ?? '', value]));
  const outcomes = by('events_total', 'outcome');
  const latency = by('event_latency_seconds_bucket', 'le');
  return {
    scored: outcomes.get('scored') ?? 0,
    deadLettered: outcomes.get('dead_lettered') ?? 0,
    skipped: outcomes.get('skipped') ?? 0,
    batches: one('batch_rows_count'),
    batchRows: one('batch_rows_sum'),
    closed: by('batches_total', 'closed'),
    latency: {
      bounds: [...latency.keys()].map((bound) =>
        bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound),
      ),
      counts: [...latency.values()],
    },
    leases: one('leases'),
    pausedBy: [...by('paused', 'reason')].filter(([, value]) => value === 1).map(([name]) => name),
  };
}
