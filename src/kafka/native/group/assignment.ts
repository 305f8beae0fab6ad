/** What members tell each other through the coordinator, which passes it on unread: subscriptions and assignments. */
import {
  decodeConsumerProtocolAssignment,
  decodeConsumerProtocolSubscription,
  encodeConsumerProtocolAssignment,
  encodeConsumerProtocolSubscription,
} from '@platformatic/kafka';
import { TidemarkError } from '../../../errors.ts';
import { distribute } from './assignors.ts';
import type { JoinedMember, MemberAssignment } from './machineTypes.ts';
import type { Assignor } from './membership.ts';
import type { Distribution, Subscriber } from './subscriber.ts';

/**
 * From version 2 on a subscription says as of which generation its partitions are owned. In an older one Java's
 * cooperative-sticky assignor looks for that in the user data, and finding none there it heeds no claim (KIP-792).
 */
const SUBSCRIPTION_VERSION = 2;
/** kafkajs reads no other. */
const ASSIGNMENT_VERSION = 0;

export interface Protocol {
  readonly name: string;
  readonly metadata: Buffer;
}

/** What a member offers: the same subscription for each assignor it knows, in order of preference. */
export function encodeProtocols(
  assignors: readonly Assignor[],
  topic: string,
  owned: readonly number[],
  generation: number,
): Protocol[] {
  const metadata = encodeConsumerProtocolSubscription({
    version: SUBSCRIPTION_VERSION,
    topics: [topic],
    ownedPartitions: owned.length === 0 ? [] : [{ topic, partitions: [...owned] }],
    generationId: generation,
  });
  return assignors.map((name) => ({ name, metadata }));
}

export function decodeSubscriber({ memberId, metadata }: JoinedMember): Subscriber {
  try {
    const { topics, ownedPartitions, generationId } = decodeConsumerProtocolSubscription(metadata);
    return { memberId, topics, owned: ownedPartitions, generation: generationId };
  } catch (cause) {
    const message = `the subscription of group member ${memberId} cannot be read`;
    throw new TidemarkError('E-KAFKA-GROUP', message, { cause });
  }
}

/** The partitions of `topic` in an assignment. Without bytes a member has none. */
export function decodeAssignment(bytes: Buffer, topic: string): number[] {
  try {
    const { assignedPartitions } = decodeConsumerProtocolAssignment(bytes);
    const mine = new Set(
      assignedPartitions.filter((share) => share.topic === topic).flatMap((share) => share.partitions),
    );
    return [...mine].sort((a, b) => a - b);
  } catch (cause) {
    throw new TidemarkError('E-KAFKA-GROUP', 'the assignment by the leader of the group cannot be read', {
      cause,
    });
  }
}

/** Every topic that some member subscribes to. */
export function topicsOf(subscribers: readonly Subscriber[]): string[] {
  return [...new Set(subscribers.flatMap(({ topics }) => topics))].sort();
}

export interface Shared {
  readonly assignments: readonly MemberAssignment[];
  /** Partitions that nobody gets, because a member has to give them up first. */
  readonly withheld: number;
}

export function share(
  assignor: Assignor,
  subscribers: readonly Subscriber[],
  partitionCounts: ReadonlyMap<string, number>,
): Shared {
  const distribution = distribute(assignor, subscribers, partitionCounts);
  const assignments = [...distribution].map(([memberId, topics]) => ({
    memberId,
    assignment: encodeConsumerProtocolAssignment({
      version: ASSIGNMENT_VERSION,
      assignedPartitions: [...topics].map(([topic, partitions]) => ({ topic, partitions })),
    }),
  }));
  const all = [...partitionCounts.values()].reduce((sum, count) => sum + count, 0);
  return { assignments, withheld: all - given(distribution) };
}

function given(distribution: Distribution): number {
  let count = 0;
  for (const topics of distribution.values())
    for (const partitions of topics.values()) count += partitions.length;
  return count;
}
