import { metadataV9, metadataV10, metadataV11, metadataV12 } from '@platformatic/kafka';
import type { BrokerLink } from '../native/cluster/brokerLink.ts';
import { whole } from './whole.ts';

const METADATA = 3;
const TIMEOUT_MS = 10_000;
/** Looking for a topic must not create it. */
const ALLOW_CREATION = false;

export interface BrokerAddress {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
}

/** As far as versions 9 to 12 (brokers from 2.4 on) have it in common. */
export interface Metadata {
  readonly brokers: readonly BrokerAddress[];
  readonly topics: readonly {
    readonly errorCode: number;
    readonly name?: string | null | undefined;
    readonly topicAuthorizedOperations: number;
    readonly partitions: readonly {
      readonly errorCode: number;
      readonly partitionIndex: number;
      readonly leaderId: number;
      readonly replicaNodes: readonly number[];
      readonly isrNodes: readonly number[];
    }[];
  }[];
}

/** Throws a KafkaFault. */
export async function askBrokers(link: BrokerLink): Promise<readonly BrokerAddress[]> {
  return (await askMetadata(link, [])).brokers;
}

/** What one broker knows of these topics, with what the principal may do to each. Throws a KafkaFault. */
export async function askMetadata(link: BrokerLink, topics: readonly string[]): Promise<Metadata> {
  const names = [...topics];
  const version = link.version(METADATA, 9, 12);
  if (version === 12) return whole(link.api(metadataV12.api, TIMEOUT_MS, names, ALLOW_CREATION, true));
  if (version === 11) return whole(link.api(metadataV11.api, TIMEOUT_MS, names, ALLOW_CREATION, true));
  const api = version === 10 ? metadataV10.api : metadataV9.api;
  return whole(link.api(api, TIMEOUT_MS, names, ALLOW_CREATION, true, true) as Promise<Metadata>);
}
