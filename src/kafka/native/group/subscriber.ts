/** What the leader knows of the members when it shares out the partitions, and what comes of it. */

/** What a member told when it joined. */
export interface Subscriber {
  readonly memberId: string;
  readonly topics: readonly string[];
  readonly owned: readonly TopicPartitions[];
  /** As of which generation it owns that; -1 when it does not say. */
  readonly generation: number;
}

export interface TopicPartitions {
  readonly topic: string;
  readonly partitions: readonly number[];
}

/** Partitions by topic, by member. Every member is in it. */
export type Distribution = ReadonlyMap<string, ReadonlyMap<string, number[]>>;
