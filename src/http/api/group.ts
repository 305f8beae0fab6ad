/** GET /api/group: the whole group by Kafka's own data. Null: not known. */
export interface GroupView {
  readonly group: string;
  readonly topic: string;
  readonly state: 'stable' | 'rebalancing' | 'empty' | 'dead' | 'unknown';
  readonly assignor: string;
  /** When Kafka was last asked. */
  readonly lookedAtMs: number | null;
  /** Why the last look failed; the rest is then as it was last seen. */
  readonly fault: { readonly code: string; readonly message: string } | null;
  readonly members: readonly GroupMemberView[];
  readonly partitions: readonly GroupPartitionView[];
  readonly lag: number;
  readonly arrivalPerSecond: number | null;
  readonly progressPerSecond: number | null;
  /** Until nothing waits if it goes on like this. */
  readonly drainSeconds: number | null;
}

export interface GroupMemberView {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly host: string;
  readonly partitions: readonly number[];
  readonly lag: number;
  readonly arrivalPerSecond: number | null;
  readonly progressPerSecond: number | null;
}

export interface GroupPartitionView {
  readonly partition: number;
  readonly state: 'idle' | 'keeping-up' | 'behind' | 'stuck' | 'no-owner' | 'unknown';
  /** Node id; null while it has none. */
  readonly leader: number | null;
  readonly lag: number | null;
  readonly lagSeconds: number | null;
  /** It has waited for `lagSeconds` at least. */
  readonly lagSecondsIsLeast: boolean;
  readonly arrivalPerSecond: number | null;
  readonly progressPerSecond: number | null;
  readonly stillSeconds: number;
  readonly committed: number | null;
  readonly end: number | null;
  /** What waits belongs to a transaction that is open: nobody reads further until it ends. */
  readonly openTransaction: boolean;
  /** Member id. */
  readonly owner: string | null;
  /** Why the process that was asked reads it no further, where it holds it. */
  readonly stopped: { readonly code: string; readonly message: string } | null;
}

/** GET /scale: how many replicas are needed now, and why. Null: not known. */
export interface ScaleView {
  readonly replicas: number;
  readonly wanted: number;
  /** A sentence or a few. */
  readonly reason: string;
  readonly because: {
    readonly partitions: number;
    /** Events a second that one replica can score. */
    readonly serviceRate: number | null;
    readonly arrivalPerSecond: number;
    readonly lag: number;
    readonly drainInSeconds: number;
    /** To have the lag gone in that time. */
    readonly neededPerSecond: number | null;
  };
  readonly stuck: readonly ScalePartitionView[];
  readonly hot: readonly (ScalePartitionView & {
    readonly arrivalShare: number;
    readonly key?: { readonly key: string; readonly share: number; readonly sampled: number } | null;
  })[];
}

/** A partition that more replicas do not help. */
interface ScalePartitionView {
  readonly partition: number;
  readonly lag: number;
  readonly what: string;
  readonly todo: string;
}
