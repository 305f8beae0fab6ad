/** Which leader to believe when brokers disagree: all of KIP-320's rules for metadata, in one place and without I/O. */

export interface PartitionLeader {
  /** -1 while there is none. */
  readonly nodeId: number;
  /** -1 where the broker does not say. */
  readonly leaderEpoch: number;
}

export interface TopicView {
  readonly name: string;
  /** Another one after the topic was deleted and created again (KIP-516); NO_TOPIC_ID from brokers before 2.8. */
  readonly id: string;
  readonly partitions: readonly PartitionLeader[];
}

export const NO_TOPIC_ID = '00000000-0000-0000-0000-000000000000';

/**
 * What is known after a broker said `told`. Each broker tells what it has heard so far, and one that lags behind must not
 * take a client back to a leader of the past: of the same topic a lower epoch is not believed. @returns `known` itself
 * when nothing changed.
 */
export function mergeView(known: TopicView | undefined, told: TopicView): TopicView {
  if (known === undefined || known.id !== told.id) return told;
  // The number of partitions only grows; a broker that tells of fewer lags behind.
  const count = Math.max(known.partitions.length, told.partitions.length);
  const partitions = Array.from({ length: count }, (_, partition) =>
    newerLeader(known.partitions[partition], told.partitions[partition]),
  );
  const same =
    count === known.partitions.length &&
    partitions.every((leader, partition) => isSame(leader, known.partitions[partition]!));
  return same ? known : { ...told, partitions };
}

/** What is known after a Fetch or Produce response named a new leader (KIP-951): only a newer epoch wins. */
export function withLeader(known: TopicView, partition: number, leader: PartitionLeader): TopicView {
  const current = known.partitions[partition];
  if (current === undefined || leader.leaderEpoch <= current.leaderEpoch) return known;
  return { ...known, partitions: known.partitions.with(partition, leader) };
}

function newerLeader(known: PartitionLeader | undefined, told: PartitionLeader | undefined): PartitionLeader {
  if (told === undefined) return known!;
  if (known === undefined) return told;
  // Without an epoch nothing can be compared; the latest word is all there is.
  return told.leaderEpoch !== -1 && told.leaderEpoch < known.leaderEpoch ? known : told;
}

function isSame(one: PartitionLeader, other: PartitionLeader): boolean {
  return one.nodeId === other.nodeId && one.leaderEpoch === other.leaderEpoch;
}
