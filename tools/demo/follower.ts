import { randomUUID } from 'node:crypto';
import { SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import type { Admin, Consumer, Kafka, KafkaMessage } from 'kafkajs';
import { waitFor } from '../stack/wait.ts';

/** Few large fetches: the reader must not take the processor from the pipeline that it watches. */
const FETCH_WAIT_MS = 250;
const FETCH_MIN_BYTES = 256 * 1024;
const FRAME_BYTES = 5;
const JOIN_DEADLINE_MS = 60_000;
const READ_DEADLINE_MS = 120_000;

type Value = Readonly<Record<string, unknown>>;

export interface Following {
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly registryUrl: string;
  /** Hears each record of a topic, decoded by its schema in the registry. */
  readonly on: ReadonlyMap<string, (value: Value, record: FollowedRecord) => void>;
}

export interface FollowedRecord {
  readonly partition: number;
  readonly message: KafkaMessage;
}

/** Reads topics as any other service would: in a group of its own, from their beginning, as records come. */
export class Follower {
  readonly #options: Following;
  readonly #groupId = `tidemark-demo-${randomUUID()}`;
  readonly #consumer: Consumer;
  readonly #registry: SchemaRegistry;
  readonly #types = new Map<number, (body: Buffer) => Value>();
  /** The next offset to read, by topic and partition. */
  readonly #positions = new Map<string, number>();
  #joined = false;
  #failure: { readonly cause: unknown } | undefined;

  constructor(options: Following) {
    this.#options = options;
    this.#consumer = options.kafka.consumer({
      groupId: this.#groupId,
      maxWaitTimeInMs: FETCH_WAIT_MS,
      minBytes: FETCH_MIN_BYTES,
    });
    this.#registry = new SchemaRegistry({ host: options.registryUrl });
  }

  /** Resolves when it has joined its group. */
  async start(signal: AbortSignal): Promise<void> {
    const consumer = this.#consumer;
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      if (!payload.restart) this.#failure = { cause: payload.error };
    });
    consumer.on(consumer.events.GROUP_JOIN, () => {
      this.#joined = true;
    });
    await consumer.connect();
    await consumer.subscribe({ topics: [...this.#options.on.keys()], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch, heartbeat }) => {
        for (const message of batch.messages) await this.#take(batch.topic, batch.partition, message);
        this.#positions.set(`${batch.topic}/${batch.partition}`, Number(batch.lastOffset()) + 1);
        await heartbeat();
      },
    });
    await this.#wait(async () => this.#joined, 'the reader of the scored events', JOIN_DEADLINE_MS, signal);
  }

  /** Resolves when everything is read that the topics hold now. */
  async untilEnd(signal: AbortSignal): Promise<void> {
    for (const topic of this.#options.on.keys()) {
      const ends = await this.#options.admin.fetchTopicOffsets(topic);
      const isRead = ({ partition, high, low }: (typeof ends)[number]) =>
        high === low || (this.#positions.get(`${topic}/${partition}`) ?? 0) >= Number(high);
      await this.#wait(async () => ends.every(isRead), `the end of ${topic}`, READ_DEADLINE_MS, signal);
    }
  }

  async stop(): Promise<void> {
    await this.#consumer.disconnect();
    await this.#options.admin.deleteGroups([this.#groupId]).catch(() => {});
  }

  async #wait(done: () => Promise<boolean>, what: string, deadlineMs: number, signal: AbortSignal) {
    const doneOrFailed = async () => {
      if (this.#failure !== undefined) throw this.#failure.cause;
      return done();
    };
    await waitFor(doneOrFailed, what, deadlineMs, { everyMs: 50, signal });
  }

  async #take(topic: string, partition: number, message: KafkaMessage): Promise<void> {
    const framed = message.value!;
    const schemaId = framed.readInt32BE(1);
    const decode = this.#types.get(schemaId) ?? (await this.#load(schemaId));
    this.#options.on.get(topic)?.(decode(framed.subarray(FRAME_BYTES)), { partition, message });
  }

  /** The registry client decodes too, but asynchronously: several times the work for each of many thousand events a second. */
  async #load(schemaId: number): Promise<(body: Buffer) => Value> {
    const schema = (await this.#registry.getSchema(schemaId)) as { fromBuffer(body: Buffer): Value };
    const decode = (body: Buffer) => schema.fromBuffer(body);
    this.#types.set(schemaId, decode);
    return decode;
  }
}
