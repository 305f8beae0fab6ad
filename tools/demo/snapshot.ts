/** What is seen of the demo at one moment, wherever and however it is shown. */
export interface Snapshot {
  readonly pipeline: string;
  /** Name and version. */
  readonly model: string;
  /** Since the first event. */
  readonly elapsedMs: number;
  readonly simulatedMs: number;
  /** How much is emitted of all that will be, 0 to 1; undefined when it goes on until it is stopped. */
  readonly share: number | undefined;
  readonly emitted: { readonly events: number; readonly perSecond: number };
  /** Acknowledged, as the replicas' metrics say. */
  readonly scored: { readonly events: number; readonly perSecond: number };
  /** From event to acknowledged score in the last seconds, ms. */
  readonly latency: Latency | undefined;
  /** Records between the committed offset and the end, by partition. */
  readonly lag: readonly number[];
  /** Those of the last seconds. */
  readonly batches: {
    /** On the mean. */
    readonly rows: number;
    /** 0 to 1, by why they closed. */
    readonly closed: ReadonlyMap<string, number>;
  };
  readonly decisions: readonly { readonly name: string; readonly tone: Tone; readonly events: number }[];
  readonly replicas: readonly ShownReplica[];
  /** The latest first. */
  readonly flagged: readonly Flagged[];
  /** A point a second, the oldest first. */
  readonly past: readonly { readonly perSecond: number; readonly p99Ms: number }[];
}

export interface Latency {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface ShownReplica {
  /** From 1 on. */
  readonly number: number;
  readonly pid: number | undefined;
  /** Its console. */
  readonly url: string | undefined;
  readonly state: 'starting' | 'running' | 'ended';
  /** Partitions held. */
  readonly leases: number;
  readonly perSecond: number;
  /** What is down and waited for: source, sink, registry. */
  readonly pausedBy: readonly string[];
}

export interface Flagged {
  /** When it was read, epoch milliseconds. */
  readonly atMs: number;
  readonly decision: string;
  readonly score: number;
  readonly line: string;
}

export type Tone = 'alarm' | 'notice' | 'calm' | 'heading' | 'faint' | 'plot';
