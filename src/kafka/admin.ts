import { setTimeout as delay } from 'node:timers/promises';
import kafkajs, { type Admin, type Kafka } from 'kafkajs';
import { giveUpAfter } from '../deadlines/giveUpAfter.ts';
import { TidemarkError } from '../errors.ts';
import type { ClientLog, KafkaConnection } from './connection.ts';
import { kafkaError, protocolError } from './errors.ts';
import { newKafka } from './kafkajs/client.ts';
import { parseOffset } from './offset.ts';

const CLOSE_TIMEOUT_MS = 3_000;

const NEW_TOPIC_LOOKS = 100;
const NEW_TOPIC_LOOK_EVERY_MS = 100;

export interface LogRange {
  /** The first offset in the log. */
  readonly low: number;
  /** The offset after the last record that readers may see (high watermark). */
  readonly end: number;
}

export interface NewTopic {
  readonly name: string;
  readonly partitions: number;
  /** Broker's default when absent. */
  readonly replicationFactor?: number;
  readonly config?: Readonly<Record<string, string>>;
}

/**
 * What is asked of the cluster off the hot path. Every method throws a TidemarkError: E-KAFKA-UNREACHABLE when no broker
 * answers, E-KAFKA-AUTH or E-KAFKA-ACL when it refuses, E-KAFKA-TOPIC-MISSING where a topic has to exist.
 */
export class KafkaAdmin {
  readonly #kafka: Kafka;
  #admin: Admin;
  #connected: Promise<void> | undefined;
  #closed = false;
  /** What is under way with the admin of now. */
  #calls = new Set<Promise<unknown>>();

  constructor(kafka: Kafka) {
    this.#kafka = kafka;
    this.#admin = kafka.admin();
  }

  static connect(connection: KafkaConnection, log?: ClientLog): KafkaAdmin {
    return new KafkaAdmin(newKafka(connection, log));
  }

  /** @returns undefined when there is no such topic. */
  async describeTopic(name: string): Promise<{ readonly partitions: number } | undefined> {
    try {
      const { topics } = await this.#call(`describing topic ${name}`, (admin) =>
        admin.fetchTopicMetadata({ topics: [name] }),
      );
      const topic = topics.find((candidate) => candidate.name === name);
      return topic === undefined ? undefined : { partitions: topic.partitions.length };
    } catch (error) {
      if ((error as TidemarkError).code === 'E-KAFKA-TOPIC-MISSING') return undefined;
      throw error;
    }
  }

  async createTopic(topic: NewTopic): Promise<'created' | 'exists'> {
    const created = await this.#call(`creating topic ${topic.name}`, (admin) =>
      admin.createTopics({
        waitForLeaders: false,
        topics: [
          {
            topic: topic.name,
            numPartitions: topic.partitions,
            replicationFactor: topic.replicationFactor ?? -1,
            configEntries: Object.entries(topic.config ?? {}).map(([name, value]) => ({ name, value })),
          },
        ],
      }),
    );
    await this.#call(`waiting for topic ${topic.name}`, (admin) => untilServed(topic.name, admin));
    return created ? 'created' : 'exists';
  }

  /** The range of every partition's log. */
  async endOffsets(topic: string): Promise<Map<number, LogRange>> {
    const partitions = await this.#call(`reading the offsets of ${topic}`, (admin) =>
      admin.fetchTopicOffsets(topic),
    );
    return new Map(
      partitions.map(({ partition, low, high }) => [
        partition,
        { low: parseOffset(low), end: parseOffset(high) },
      ]),
    );
  }

  /** The first offset of each partition whose record is not older than `timestampMs`; the end where none is. */
  async offsetsAtTime(topic: string, timestampMs: number): Promise<Map<number, number>> {
    const partitions = await this.#call(`reading the offsets of ${topic} at a time`, (admin) =>
      admin.fetchTopicOffsetsByTimestamp(topic, timestampMs),
    );
    return new Map(partitions.map(({ partition, offset }) => [partition, parseOffset(offset)]));
  }

  /** What a group has committed; partitions without a committed offset are absent. */
  async committedOffsets(group: string, topic: string): Promise<Map<number, number>> {
    const topics = await this.#call(`reading the committed offsets of ${group}`, (admin) =>
      admin.fetchOffsets({ groupId: group, topics: [topic] }),
    );
    const committed = new Map<number, number>();
    for (const { partition, offset } of topics.find((entry) => entry.topic === topic)?.partitions ?? []) {
      if (parseOffset(offset) !== -1) committed.set(partition, parseOffset(offset));
    }
    return committed;
  }

  /** How many members a group has now; 0 where there is no such group. */
  async memberCount(group: string): Promise<number> {
    const { groups } = await this.#call(`describing group ${group}`, (admin) =>
      admin.describeGroups([group]),
    );
    return groups.find(({ groupId }) => groupId === group)?.members.length ?? 0;
  }

  /** Configuration values of a topic; keys it does not have are absent. Needs DescribeConfigs. */
  async topicConfig(name: string, keys: readonly string[]): Promise<Map<string, string>> {
    const { resources } = await this.#call(`reading the configuration of ${name}`, (admin) =>
      admin.describeConfigs({
        includeSynonyms: false,
        resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name, configNames: [...keys] }],
      }),
    );
    return new Map(resources[0]?.configEntries.map((entry) => [entry.configName, entry.configValue]) ?? []);
  }

  /** What is under way then fails. */
  async close(): Promise<void> {
    this.#closed = true;
    await giveUpAfter(CLOSE_TIMEOUT_MS, retire(this.#admin, this.#calls));
  }

  async #call<T>(doing: string, ask: (admin: Admin) => Promise<T>): Promise<T> {
    if (this.#closed) throw new TidemarkError('E-KAFKA-UNREACHABLE', `${doing}: the connection was closed`);
    const admin = this.#admin;
    this.#connected ??= admin.connect();
    const answer = this.#connected.then(() => ask(admin));
    const calls = this.#calls;
    calls.add(answer);
    try {
      return await answer;
    } catch (thrown) {
      const error = kafkaError(thrown, doing);
      if (error.code === 'E-KAFKA-UNREACHABLE' && admin === this.#admin) this.#renew();
      throw error;
    } finally {
      calls.delete(answer);
    }
  }

  /** kafkajs does not always find back from losing every broker it knew. */
  #renew(): void {
    void retire(this.#admin, this.#calls);
    this.#admin = this.#kafka.admin();
    this.#calls = new Set();
    this.#connected = undefined;
  }
}

/**
 * Disconnects an admin for good. A call under way makes kafkajs connect again behind a disconnect, and nobody would ever close
 * that connection: so once more, when nothing is under way.
 */
async function retire(admin: Admin, calls: ReadonlySet<Promise<unknown>>): Promise<void> {
  await admin.disconnect().catch(() => {});
  if (calls.size === 0) return;
  await Promise.allSettled(calls);
  await admin.disconnect().catch(() => {});
}

/** What a broker says while a new topic has not reached it: kafkajs gives up on each of them. */
const NOT_YET_SERVED = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_FOR_PARTITION',
]);

/**
 * Waits until the leaders of a new topic serve it. The metadata name a leader before that broker has taken the partition up, so
 * only an answer about its log tells. (kafkajs can wait while it creates the topic, but gives up when the broker it asks has
 * not heard of the topic yet, as happens on a cluster that has just started.)
 */
async function untilServed(topic: string, admin: Admin): Promise<void> {
  for (let look = 1; ; look++) {
    try {
      await admin.fetchTopicOffsets(topic);
      return;
    } catch (error) {
      if (look === NEW_TOPIC_LOOKS || !NOT_YET_SERVED.has(protocolError(error) ?? '')) throw error;
      await delay(NEW_TOPIC_LOOK_EVERY_MS);
    }
  }
}
