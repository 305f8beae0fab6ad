/**
 * The broker and the registry that integration tests share: those of TIDEMARK_BROKERS and TIDEMARK_REGISTRY_URL (the test
 * runner sets them), else the stack that `npm run stack -- up` left running. Tests share it, so each makes topics, groups
 * and subjects of its own with `uniqueName`.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type Admin, Kafka, logLevel, type Message } from 'kafkajs';
import { givenBy } from '../../tools/stack/environment.ts';
import { untilServed } from '../../tools/stack/served.ts';
import { statusOf } from '../../tools/stack/stack.ts';
import { waitFor } from '../../tools/stack/wait.ts';

export { waitFor };

export interface SharedStack {
  readonly brokers: readonly string[];
  /** Base URL of the Confluent-compatible API. */
  readonly registryUrl: string;
}

let shared: Promise<SharedStack> | undefined;

async function findStack(): Promise<SharedStack> {
  const given = givenBy(process.env);
  if (given.brokers && given.registryUrl) return { brokers: given.brokers, registryUrl: given.registryUrl };
  const status = await statusOf(join(import.meta.dirname, '..', '..', '.stack'));
  if (status.state !== 'up' || status.registryUrl === undefined) {
    throw new Error('This test needs Kafka and a registry: run `npm test`, or `npm run stack -- up` first.');
  }
  return {
    brokers: given.brokers ?? status.brokers,
    registryUrl: given.registryUrl ?? status.registryUrl,
  };
}

export function sharedStack(): Promise<SharedStack> {
  shared ??= findStack();
  return shared;
}

/** A name that no other test and no earlier run has used. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${randomBytes(6).toString('hex')}`;
}

/** A kafkajs client for the test's own side of things, quiet. */
export async function kafkaClient(brokers?: readonly string[]): Promise<Kafka> {
  return new Kafka({
    brokers: [...(brokers ?? (await sharedStack()).brokers)],
    clientId: 'tidemark-test',
    logLevel: logLevel.NOTHING,
  });
}

/** Runs `use` with a connected admin. */
export async function withAdmin<T>(
  use: (admin: Admin) => Promise<T>,
  brokers?: readonly string[],
): Promise<T> {
  const admin = (await kafkaClient(brokers)).admin();
  await admin.connect();
  try {
    return await use(admin);
  } finally {
    await admin.disconnect();
  }
}

/** Makes a topic and returns its name once every partition is served. */
export async function createTopic(
  name: string,
  partitions: number,
  options: { replication?: number; config?: Record<string, string>; brokers?: readonly string[] } = {},
): Promise<string> {
  const configEntries = Object.entries(options.config ?? {}).map(([key, value]) => ({ name: key, value }));
  const replicationFactor = options.replication ?? 1;
  await withAdmin(async (admin) => {
    await admin.createTopics({
      topics: [{ topic: name, numPartitions: partitions, replicationFactor, configEntries }],
      waitForLeaders: false,
    });
    await untilServed(admin, name, partitions);
  }, options.brokers);
  return name;
}

/** Appends messages in order and waits for all replicas. */
export async function produce(
  topic: string,
  messages: readonly Message[],
  options: { brokers?: readonly string[] } = {},
): Promise<void> {
  const producer = (await kafkaClient(options.brokers)).producer({ allowAutoTopicCreation: false });
  await producer.connect();
  try {
    const chunk = 10_000;
    for (let at = 0; at < messages.length; at += chunk) {
      await producer.send({ topic, messages: messages.slice(at, at + chunk), acks: -1 });
    }
  } finally {
    await producer.disconnect();
  }
}

export interface ReadRecord {
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** Header values as text; of repeated names the last. */
  readonly headers: Readonly<Record<string, string>>;
}

function headerText(value: Buffer | string | (Buffer | string)[] | undefined): string {
  const last = Array.isArray(value) ? value.at(-1) : value;
  return last === undefined ? '' : last.toString();
}

/** Waits no longer than this at the end of a partition: a fetch that brings nothing says that the end is reached. */
const END_WAIT_MS = 200;

/**
 * Every record of a topic up to the ends seen at the call, by partition and then offset.
 * With `read_committed` kafkajs may leak aborted records when transactions interleave.
 */
export async function readAll(
  topic: string,
  options: { isolation?: 'read_committed' | 'read_uncommitted'; brokers?: readonly string[] } = {},
): Promise<ReadRecord[]> {
  const kafka = await kafkaClient(options.brokers);
  const ends = await withAdmin((admin) => admin.fetchTopicOffsets(topic), options.brokers);
  const missing = new Map<number, number>();
  for (const end of ends) {
    if (Number(end.high) > Number(end.low)) missing.set(end.partition, Number(end.high));
  }
  const records: ReadRecord[] = [];
  if (missing.size === 0) return records;

  const { promise: done, resolve, reject } = Promise.withResolvers<void>();
  const consumer = kafka.consumer({
    groupId: uniqueName('read-all'),
    readUncommitted: options.isolation === 'read_uncommitted',
    maxWaitTimeInMs: END_WAIT_MS,
  });
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    // What passes (a coordinator that is loading) is told here too, before kafkajs tries again.
    if (!payload.restart) reject(payload.error);
  });
  // Markers and aborted records at the end are never handed out: only fetches that bring nothing tell that they passed.
  let emptyFetches = 0;
  consumer.on(consumer.events.FETCH, ({ payload }) => {
    emptyFetches = payload.numberOfBatches === 0 ? emptyFetches + 1 : 0;
    if (emptyFetches >= 2 * ends.length) resolve();
  });
  await consumer.connect();
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        for (const message of batch.messages) {
          records.push({
            partition: batch.partition,
            offset: Number(message.offset),
            timestamp: Number(message.timestamp),
            key: message.key,
            value: message.value,
            headers: Object.fromEntries(
              Object.entries(message.headers ?? {}).map(([name, value]) => [name, headerText(value)]),
            ),
          });
        }
        if (Number(batch.lastOffset()) + 1 >= (missing.get(batch.partition) ?? 0))
          missing.delete(batch.partition);
        if (missing.size === 0) resolve();
      },
    });
    await done;
  } finally {
    await consumer.disconnect();
  }
  return records.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
}

/** Offsets that a group committed on a topic, by partition; -1 where it committed none. */
export async function committedOffsets(
  group: string,
  topic: string,
  brokers?: readonly string[],
): Promise<Map<number, number>> {
  const [offsets] = await withAdmin(
    (admin) => admin.fetchOffsets({ groupId: group, topics: [topic] }),
    brokers,
  );
  return new Map(offsets!.partitions.map(({ partition, offset }) => [partition, Number(offset)]));
}

export interface SchemaReference {
  readonly name: string;
  readonly subject: string;
  readonly version: number;
}

/** Registers an Avro schema and returns its id. */
export async function registerSchema(
  subject: string,
  schema: unknown,
  options: { references?: readonly SchemaReference[]; registryUrl?: string } = {},
): Promise<number> {
  const url = options.registryUrl ?? (await sharedStack()).registryUrl;
  const response = await fetch(`${url}/subjects/${encodeURIComponent(subject)}/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({
      schema: typeof schema === 'string' ? schema : JSON.stringify(schema),
      references: options.references ?? [],
    }),
  });
  const body = await response.text();
  if (!response.ok) throw new Error(`The registry refused ${subject}: ${response.status} ${body}`);
  return JSON.parse(body).id;
}

/** The value of a Confluent-framed record: a zero byte, the schema id, the Avro body. */
export function framed(schemaId: number, body: Uint8Array): Buffer {
  const frame = Buffer.alloc(5 + body.length);
  frame.writeInt32BE(schemaId, 1);
  frame.set(body, 5);
  return frame;
}
