import type { TidemarkError } from '../../errors.ts';
import { kafkaError } from '../errors.ts';
import { errorName, faultOfCode } from '../native/cluster/fault.ts';
import { requestMetadata } from '../native/cluster/metadata.ts';
import type { AnyBroker } from './inspector.ts';
import { type Operation, operationsOf } from './operations.ts';

type Metadata = Awaited<ReturnType<typeof requestMetadata>>;

export interface PartitionFacts {
  readonly partition: number;
  /** Undefined while there is none. */
  readonly leader: number | undefined;
  readonly replicas: readonly number[];
  readonly inSync: readonly number[];
}

export type TopicFacts =
  | {
      readonly kind: 'there';
      readonly name: string;
      readonly partitions: readonly PartitionFacts[];
      /** What the principal may do; undefined when the broker did not say. */
      readonly operations: ReadonlySet<Operation> | undefined;
    }
  | { readonly kind: 'missing'; readonly name: string }
  /** Brokers do not tell whether a topic exists to those who may not describe it. */
  | { readonly kind: 'denied'; readonly name: string; readonly error: TidemarkError };

export type ThereTopic = Extract<TopicFacts, { kind: 'there' }>;

/** By name. Throws a TidemarkError when no broker answers. */
export async function describeTopics(
  cluster: AnyBroker,
  names: readonly string[],
): Promise<ReadonlyMap<string, TopicFacts>> {
  const doing = `describing ${names.join(', ')}`;
  const { topics } = await cluster.any(doing, (link) => requestMetadata(link, names, true));
  return new Map(topics.map((topic) => [topic.name ?? '', factsOf(topic)]));
}

/** Undefined when there is no such topic. Throws a TidemarkError: E-KAFKA-ACL where it may not be described, or when no broker answers. */
export async function partitionCount(cluster: AnyBroker, name: string): Promise<number | undefined> {
  const facts = (await describeTopics(cluster, [name])).get(name);
  if (facts?.kind === 'denied') throw facts.error;
  return facts?.kind === 'there' ? facts.partitions.length : undefined;
}

function factsOf(topic: Metadata['topics'][number]): TopicFacts {
  const name = topic.name ?? '';
  switch (errorName(topic.errorCode)) {
    case 'NONE':
      break;
    case 'UNKNOWN_TOPIC_OR_PARTITION':
      return { kind: 'missing', name };
    default: {
      const fault = faultOfCode(topic.errorCode, `the metadata of topic ${name}`);
      return { kind: 'denied', name, error: kafkaError(fault, `describing topic ${name}`) };
    }
  }
  const partitions = topic.partitions
    .toSorted((one, other) => one.partitionIndex - other.partitionIndex)
    .map(({ partitionIndex, leaderId, replicaNodes, isrNodes }) => ({
      partition: partitionIndex,
      leader: leaderId < 0 ? undefined : leaderId,
      replicas: replicaNodes,
      inSync: isrNodes,
    }));
  return { kind: 'there', name, partitions, operations: operationsOf(topic.topicAuthorizedOperations) };
}
