import { randomUUID } from 'node:crypto';
import { type Admin, Kafka, logLevel, type Message, type Producer } from 'kafkajs';
import type { TidemarkError } from '../../src/errors.ts';
import { decodeHeaders } from '../../src/kafka/headers.ts';
import {
  type Block,
  HEADERS_END,
  HEADERS_START,
  KEY_END,
  KEY_START,
  type Lease,
  type Source,
  type SourceEvents,
  SPAN_STRIDE,
  VALUE_END,
  VALUE_START,
} from '../../src/pipeline/ports.ts';
import { untilServed } from '../../tools/stack/served.ts';
import { waitFor } from '../../tools/stack/wait.ts';

export interface ReadRecord {
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: readonly (readonly [string, string | null])[];
}

/** A kafkajs client of the tests' own, to write and to look with. */
export class Bench {
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly producer: Producer;
  readonly #onClose: (() => Promise<unknown>)[] = [];

  constructor(brokers: readonly string[]) {
    this.kafka = new Kafka({ brokers: [...brokers], clientId: 'conformance', logLevel: logLevel.NOTHING });
    this.admin = this.kafka.admin();
    this.producer = this.kafka.producer({ allowAutoTopicCreation: false });
  }

  static async open(brokers: readonly string[]): Promise<Bench> {
    const bench = new Bench(brokers);
    await Promise.all([bench.admin.connect(), bench.producer.connect()]);
    return bench;
  }

  async topic(
    partitions: number,
    config: Record<string, string> = {},
    name = unique('topic'),
  ): Promise<string> {
    await this.admin.createTopics({
      waitForLeaders: false,
      topics: [
        {
          topic: name,
          numPartitions: partitions,
          configEntries: Object.entries(config).map(([key, value]) => ({ name: key, value })),
        },
      ],
    });
    await untilServed(this.admin, name, partitions);
    this.later(() => this.admin.deleteTopics({ topics: [name] }));
    return name;
  }

  async write(topic: string, messages: Message[]): Promise<void> {
    await this.producer.send({ topic, messages, acks: -1 });
  }

  /** Writes `count` records to a partition, whose values are `prefix0`, `prefix1`, ... */
  async fill(topic: string, partition: number, count: number, prefix = 'v'): Promise<void> {
    const messages = Array.from({ length: count }, (_, i) => ({ partition, value: `${prefix}${i}` }));
    for (let at = 0; at < count; at += 1000) await this.write(topic, messages.slice(at, at + 1000));
  }

  /** Writes records to partition 0 in a transaction, and aborts it: the records and one marker. */
  async abort(topic: string, count: number): Promise<void> {
    const transaction = await (await this.transactional()).transaction();
    const messages = Array.from({ length: count }, (_, i) => ({ partition: 0, value: `aborted${i}` }));
    await transaction.send({ topic, messages });
    await transaction.abort();
  }

  /** A producer of transactions, one at a time. */
  async transactional(): Promise<Producer> {
    const producer = this.kafka.producer({
      transactionalId: unique('transactions'),
      idempotent: true,
      maxInFlightRequests: 1,
    });
    await producer.connect();
    this.later(() => producer.disconnect());
    return producer;
  }

  /** Deletes the records of partition 0 below `offset`. */
  async truncate(topic: string, offset: number): Promise<void> {
    // kafkajs deletes only from topics whose metadata it happens to have.
    await this.admin.fetchTopicOffsets(topic);
    await this.admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: String(offset) }] });
  }

  async committed(group: string, topic: string, partition = 0): Promise<number> {
    const [entry] = await this.admin.fetchOffsets({ groupId: group, topics: [topic] });
    return Number(entry?.partitions.find((candidate) => candidate.partition === partition)?.offset);
  }

  /** Something to undo when the test ends, the last first. */
  later(undo: () => Promise<unknown>): void {
    this.#onClose.push(undo);
  }

  async close(): Promise<void> {
    for (const undo of this.#onClose.reverse()) await undo().catch(() => {});
    await this.producer.disconnect();
    await this.admin.disconnect();
  }
}

export function unique(what: string): string {
  return `conformance-${what}-${randomUUID().slice(0, 8)}`;
}

/** Waits for a condition; fails with what it waited for. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  deadlineMs = 30_000,
): Promise<void> {
  await waitFor(condition, what, deadlineMs, { everyMs: 20 });
}

/** Whether `promise` is still pending after everything that was on its way had time to arrive. */
export async function staysPending(promise: Promise<unknown>, ms = 600): Promise<boolean> {
  const pending = Symbol('pending');
  const timeout = new Promise((resolve) => setTimeout(resolve, ms, pending));
  return (await Promise.race([promise, timeout])) === pending;
}

/** Whether `condition` is still false after everything that was on its way had time to arrive. */
export async function staysFalse(condition: () => boolean, ms = 600): Promise<boolean> {
  const endMs = performance.now() + ms;
  await until('time to pass', () => condition() || performance.now() > endMs);
  return !condition();
}

/** Tries until it succeeds: leaders are still on the move, and other clients give up over that. */
export async function untilSucceeds<T>(
  what: string,
  attempt: () => Promise<T>,
  deadlineMs = 30_000,
): Promise<T> {
  const tried = () =>
    attempt().then(
      (result) => ({ result }),
      () => undefined,
    );
  const { result } = await waitFor(tried, what, deadlineMs, { everyMs: 20 });
  return result;
}

export function recordsOf(block: Block): ReadRecord[] {
  const text = Buffer.from(block.bytes.buffer, block.bytes.byteOffset, block.bytes.byteLength);
  const part = (start: number, end: number) => (start < 0 ? null : text.toString('latin1', start, end));
  return Array.from({ length: block.count }, (_, i) => {
    const span = i * SPAN_STRIDE;
    const headers = decodeHeaders(
      block.bytes,
      block.spans[span + HEADERS_START]!,
      block.spans[span + HEADERS_END]!,
    );
    return {
      partition: block.lease.partition,
      offset: block.offsets[i]!,
      timestamp: block.timestamps[i]!,
      key: part(block.spans[span + KEY_START]!, block.spans[span + KEY_END]!),
      value: part(block.spans[span + VALUE_START]!, block.spans[span + VALUE_END]!),
      headers: headers.map(
        ({ name, value }) => [name, value === null ? null : Buffer.from(value).toString('latin1')] as const,
      ),
    };
  });
}

/** Writes down everything a source tells. */
export class SourceLog implements SourceEvents {
  readonly held = new Set<Lease>();
  readonly grants: Lease[][] = [];
  readonly endings: { leases: readonly Lease[]; withinMs: number }[] = [];
  readonly gones: Lease[] = [];
  readonly pauses: TidemarkError[] = [];
  readonly failures: TidemarkError[] = [];
  readonly begun: { lease: Lease; offset: number }[] = [];
  readonly stops: { lease: Lease; cause: TidemarkError }[] = [];
  resumes = 0;
  /** What the test does when leases end. */
  onEnding: (leases: readonly Lease[]) => Promise<void> = async () => {};

  granted(leases: readonly Lease[]): void {
    this.grants.push([...leases]);
    for (const lease of leases) this.held.add(lease);
  }
  begins(lease: Lease, offset: number): void {
    this.begun.push({ lease, offset });
  }
  async ending(leases: readonly Lease[], deadlineMs: number): Promise<void> {
    this.endings.push({ leases, withinMs: deadlineMs - Date.now() });
    await this.onEnding(leases);
  }
  gone(leases: readonly Lease[]): void {
    for (const lease of leases) {
      this.held.delete(lease);
      this.gones.push(lease);
    }
  }
  paused(cause: TidemarkError): void {
    this.pauses.push(cause);
  }
  resumed(): void {
    this.resumes++;
  }
  stopped(lease: Lease, cause: TidemarkError): void {
    this.stops.push({ lease, cause });
  }
  failed(cause: TidemarkError): void {
    this.failures.push(cause);
  }
}

/** Reads and releases blocks as they come, until the source stops. */
export class Drinker {
  readonly records: ReadRecord[] = [];
  readonly blocks: { lease: Lease; count: number; nextOffset: number; endOffset: number }[] = [];
  /** Next offset by partition. */
  readonly positions = new Map<number, number>();
  readonly done: Promise<void>;
  #out: Lease | undefined;
  readonly #source: Source;

  constructor(source: Source, onBlock: (block: Block) => Promise<void> | void = () => {}) {
    this.#source = source;
    this.done = this.#drink(onBlock);
  }

  async #drink(onBlock: (block: Block) => Promise<void> | void): Promise<void> {
    for (let block = await this.#source.next(); block !== undefined; block = await this.#source.next()) {
      this.records.push(...recordsOf(block));
      const { lease, count, nextOffset, endOffset } = block;
      this.blocks.push({ lease, count, nextOffset, endOffset });
      this.positions.set(lease.partition, nextOffset);
      this.#out = lease;
      await onBlock(block);
      this.#source.release(block);
      this.#out = undefined;
    }
  }

  /** Resolves when no block of these leases is out. */
  idle(leases: readonly Lease[]): Promise<void> {
    return until('the block that is out', () => this.#out === undefined || !leases.includes(this.#out));
  }

  values(partition?: number): (string | null)[] {
    return this.records
      .filter((record) => partition === undefined || record.partition === partition)
      .map((record) => record.value);
  }
}

/** Starts a source and stops it when the test ends. */
export async function started(bench: Bench, source: Source): Promise<SourceLog> {
  const log = new SourceLog();
  bench.later(() => source.stop());
  await source.start(log);
  return log;
}
