import type { Admin, Kafka } from 'kafkajs';
import { giveUpAfter } from '../../deadlines/giveUpAfter.ts';
import { TidemarkError } from '../../errors.ts';
import type { LogEnds } from '../../pipeline/ports.ts';
import { kafkaError } from '../errors.ts';
import { parseOffset } from '../offset.ts';

const CLOSE_TIMEOUT_MS = 3_000;

/**
 * What source and sink ask of the cluster off the hot path. Every method throws a TidemarkError: E-KAFKA-UNREACHABLE when no broker
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

  /** The range of every partition's log. */
  async endOffsets(topic: string): Promise<Map<number, LogEnds>> {
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
