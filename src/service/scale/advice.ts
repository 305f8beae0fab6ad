/** What `GET /scale` answers. */

/** A partition that is left out of the number: more replicas do not move it. */
export interface StuckPartition {
  readonly partition: number;
  readonly lag: number;
  readonly stillSeconds: number;
  /** Member id, client id and host of its owner, for people. */
  readonly owner: string;
  readonly what: string;
  readonly todo: string;
}

/** A partition that has more than one replica can score, or nearly all that waits: only one replica can read it. */
export interface HotPartition {
  readonly partition: number;
  readonly lag: number;
  readonly arrivalPerSecond: number;
  /** Of all that arrives, 0 to 1. */
  readonly arrivalShare: number;
  /** The commonest record key among its latest records; absent until they have been read, null when no key is common. */
  readonly key?: HotKey | null;
  readonly what: string;
  readonly todo: string;
}

export interface HotKey {
  /** As text where it is text, else in hexadecimal digits; shortened. */
  readonly key: string;
  /** Of the sampled records of the partition, 0 to 1. */
  readonly share: number;
  readonly sampled: number;
}

export interface ScaleBecause {
  readonly partitions: number;
  /** Events a second that one replica can score; null when it was not measured yet. */
  readonly serviceRate: number | null;
  /**
   * `backlog`: what this process scored a second while events waited; `busy-time`: what it scored a second of being busy;
   * `members`: what members committed a second while events waited, on the mean, by Kafka's data; `none`: not known yet.
   */
  readonly serviceRateFrom: 'backlog' | 'busy-time' | 'members' | 'none';
  readonly arrivalPerSecond: number;
  readonly lag: number;
  /** The time to drain that lag in: `scaling.drain_in`. */
  readonly drainInSeconds: number;
  /**
   * Events a second to score so that the lag is gone in that time; without stuck partitions. Null while it is not worked out:
   * without a service rate, and when nothing moves anywhere.
   */
  readonly neededPerSecond: number | null;
  /** The share of the service rate that is planned with. */
  readonly utilisation: number;
  /** What the latest look alone would ask for; `wanted` follows it slowly, so that it does not flap. */
  readonly wantedNow: number;
  /** `scaling.max_replicas`; null without one. */
  readonly maxReplicas: number | null;
}

export interface ScaleAdvice {
  /** Members of the group now. */
  readonly replicas: number;
  /** Replicas needed: at least 1, at most as many as the topic has partitions. */
  readonly wanted: number;
  /** A sentence or a few: why. */
  readonly reason: string;
  readonly because: ScaleBecause;
  readonly stuck: readonly StuckPartition[];
  readonly hot: readonly HotPartition[];
}
