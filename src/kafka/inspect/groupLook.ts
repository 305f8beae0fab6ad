/** One look at a consumer group and its topic, in Kafka's own words and nobody else's: the same for any client's members. */

/** Kafka's Stable, PreparingRebalance or CompletingRebalance, Empty (offsets but no members) and Dead (no such group). */
export type GroupState = 'stable' | 'rebalancing' | 'empty' | 'dead';

/** @param told Kafka's own word */
export function groupStateOf(told: string): GroupState {
  switch (told) {
    case 'Stable':
      return 'stable';
    case 'Empty':
      return 'empty';
    case 'Dead':
      return 'dead';
    default:
      return 'rebalancing';
  }
}

export interface MemberLook {
  readonly memberId: string;
  /** Of a static member (KIP-345). */
  readonly instanceId?: string;
  readonly clientId: string;
  /** Where it connects from, as the coordinator sees it. */
  readonly host: string;
  /** Of the topic, ascending. While a rebalance is under way the coordinator knows none. */
  readonly partitions: readonly number[];
}

export interface PartitionLook {
  readonly partition: number;
  /** Node id of the broker that leads it; absent while none does. Offsets are unknown then. */
  readonly leader?: number;
  /** First offset in the log. */
  readonly low?: number;
  /** High watermark. */
  readonly end?: number;
  /** No open transaction has records before it (KIP-98); below `end` while one is open. */
  readonly stable?: number;
  /** Absent when the group has committed none. */
  readonly committed?: number;
}

export interface GroupLook {
  readonly group: string;
  readonly topic: string;
  readonly state: GroupState;
  /** The assignor that the members settled on, such as cooperative-sticky; '' while there is none. */
  readonly assignor: string;
  readonly members: readonly MemberLook[];
  /** By number, every partition that the topic has. */
  readonly partitions: readonly PartitionLook[];
}
