import { createTopicsV5, createTopicsV6, createTopicsV7 } from '@platformatic/kafka';
import { TidemarkError } from '../../errors.ts';
import type { KafkaConnection } from '../connection.ts';
import { kafkaError } from '../errors.ts';
import type { BrokerLink } from './cluster/brokerLink.ts';
import { Cluster } from './cluster/cluster.ts';
import { KafkaFault } from './cluster/fault.ts';
import { requestMetadata } from './cluster/metadata.ts';
import { pause } from './cluster/pause.ts';
import { LogOffsets } from './fetch/logOffsets.ts';

const CREATE_TOPICS = 19;
/** From the version on in which brokers have defaults (KIP-464) and headers tags. */
const APIS = [createTopicsV5.api, createTopicsV6.api, createTopicsV7.api];
const TIMEOUT_MS = 30_000;
/** What the broker may take of it. */
const BROKER_TIMEOUT_MS = 25_000;
const DEFAULT_REPLICATION = -1;

const TRIES = 25;
const AGAIN_MS = 200;
/** What passes within moments: the controller is another one now, or is being elected. */
const PASSING = new Set(['NOT_CONTROLLER', 'BROKER_NOT_AVAILABLE']);

const LOOKS = 100;
const LOOK_EVERY_MS = 100;

export interface NewTopic {
  readonly name: string;
  readonly partitions: number;
  /** Broker's default when absent. */
  readonly replicationFactor?: number;
  readonly config?: Readonly<Record<string, string>>;
}

/**
 * Resolves when the topic is there and its leaders serve it, whoever made it. Throws a TidemarkError: E-KAFKA-ACL,
 * E-KAFKA-REFUSED for what the cluster cannot do or does not want, E-KAFKA-UNREACHABLE when no broker answers.
 */
export async function createTopic(
  connection: KafkaConnection,
  topic: NewTopic,
): Promise<'created' | 'exists'> {
  const cluster = new Cluster(connection);
  try {
    const outcome = await create(cluster, topic);
    await untilServed(cluster, topic.name);
    return outcome;
  } finally {
    await cluster.close();
  }
}

async function create(cluster: Cluster, topic: NewTopic): Promise<'created' | 'exists'> {
  const doing = `creating topic ${topic.name}`;
  for (let tries = 1; ; tries++) {
    try {
      await ask(await controllerOf(cluster), topic);
      return 'created';
    } catch (thrown) {
      const type = thrown instanceof KafkaFault ? thrown.type : '';
      if (type === 'TOPIC_ALREADY_EXISTS') return 'exists';
      if (tries === TRIES || !PASSING.has(type)) throw kafkaError(thrown, doing);
    }
    await pause(AGAIN_MS);
  }
}

/** Where brokers do not pass such requests on, only the controller serves them; where they do, any broker is named. */
async function controllerOf(cluster: Cluster): Promise<BrokerLink> {
  const { controllerId } = await requestMetadata(await cluster.anyLink('metadata'), []);
  return cluster.link(controllerId, 'metadata');
}

async function ask(
  link: BrokerLink,
  { name, partitions, replicationFactor = DEFAULT_REPLICATION, config = {} }: NewTopic,
): Promise<void> {
  const configs = Object.entries(config).map(([key, value]) => ({ name: key, value }));
  const api = APIS[link.version(CREATE_TOPICS, 5, 7) - 5]!;
  const asked = { name, numPartitions: partitions, replicationFactor, assignments: [], configs };
  await link.api(api, TIMEOUT_MS, [asked], BROKER_TIMEOUT_MS, false);
}

/**
 * Waits until the leaders of a new topic serve it. The metadata name a leader before that broker has taken the partition up, so
 * only an answer about its log tells.
 */
async function untilServed(cluster: Cluster, topic: string): Promise<void> {
  for (let look = 1; ; look++) {
    const error = await unserved(cluster, topic);
    if (error === undefined) return;
    if (look === LOOKS || error.disposition !== 'retry') throw error;
    await pause(LOOK_EVERY_MS);
  }
}

/** Why one of its partitions is not served. */
async function unserved(cluster: Cluster, topic: string): Promise<TidemarkError | undefined> {
  try {
    await cluster.refresh([topic]);
    const partitions = [...(cluster.topic(topic)?.partitions.keys() ?? [])];
    const ends = await new LogOffsets(cluster, topic).latest(partitions);
    return ends.values().find((end) => end instanceof TidemarkError);
  } catch (thrown) {
    return kafkaError(thrown, `waiting for topic ${topic}`);
  }
}
