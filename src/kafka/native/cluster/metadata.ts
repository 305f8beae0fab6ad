import { metadataV9, metadataV10, metadataV11, metadataV12 } from '@platformatic/kafka';
import type { BrokerLink } from './brokerLink.ts';
import { errorName, faultOfCode, type KafkaFault } from './fault.ts';
import type { Address } from './opening.ts';
import { NO_TOPIC_ID, type TopicView } from './topicView.ts';
import { wholeAnswer } from './wholeAnswer.ts';

type MetadataResponse = metadataV12.MetadataResponse;

const METADATA = 3;
const TIMEOUT_MS = 10_000;
/** Reading what is not there must not create it, with a partition count nobody chose. */
const ALLOW_CREATION = false;

export type TopicAnswer =
  | { readonly kind: 'view'; readonly view: TopicView }
  | { readonly kind: 'missing' }
  /** Denied, or a name no topic can have: `retriable` false; a topic just being created: true. */
  | { readonly kind: 'fault'; readonly fault: KafkaFault };

export interface ClusterAnswer {
  readonly brokers: ReadonlyMap<number, Address>;
  readonly topics: ReadonlyMap<string, TopicAnswer>;
}

/** What one broker knows of the cluster and of these topics. Throws a KafkaFault when it does not answer. */
export async function askMetadata(link: BrokerLink, topics: readonly string[]): Promise<ClusterAnswer> {
  const response = await requestMetadata(link, topics);
  return {
    brokers: new Map(response.brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }] as const)),
    topics: new Map(response.topics.map((topic) => [topic.name ?? '', topicAnswer(topic)] as const)),
  };
}

/** The answer as it came, errors of topics in it; with `operations` also what the principal may do to each topic (KIP-430). */
export async function requestMetadata(
  link: BrokerLink,
  topics: readonly string[],
  operations = false,
): Promise<MetadataResponse> {
  return wholeAnswer(request(link, [...topics], operations));
}

/** Versions 9 to 12: brokers from 2.4 on. Topic ids come with version 10. */
function request(link: BrokerLink, topics: string[], operations: boolean): Promise<MetadataResponse> {
  const version = link.version(METADATA, 9, 12);
  if (version === 12) return link.api(metadataV12.api, TIMEOUT_MS, topics, ALLOW_CREATION, operations);
  if (version === 11) return link.api(metadataV11.api, TIMEOUT_MS, topics, ALLOW_CREATION, operations);
  const api = version === 10 ? metadataV10.api : metadataV9.api;
  const answer = link.api(api, TIMEOUT_MS, topics, ALLOW_CREATION, operations, operations);
  return answer as Promise<MetadataResponse>;
}

function topicAnswer(topic: MetadataResponse['topics'][number]): TopicAnswer {
  const name = topic.name ?? '';
  switch (errorName(topic.errorCode)) {
    case 'NONE':
      return { kind: 'view', view: viewOf(name, topic) };
    case 'UNKNOWN_TOPIC_OR_PARTITION':
      return { kind: 'missing' };
    default:
      return { kind: 'fault', fault: faultOfCode(topic.errorCode, `the metadata of topic ${name}`) };
  }
}

/** A partition without a leader has an error of its own and nodeId -1; its epoch is told all the same. */
function viewOf(name: string, topic: MetadataResponse['topics'][number]): TopicView {
  const partitions = topic.partitions
    .toSorted((one, other) => one.partitionIndex - other.partitionIndex)
    .map(({ leaderId, leaderEpoch }) => ({ nodeId: leaderId, leaderEpoch }));
  return { name, id: topic.topicId ?? NO_TOPIC_ID, partitions };
}
