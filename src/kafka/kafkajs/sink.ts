import type { Kafka, Producer } from 'kafkajs';
import { giveUpAfter } from '../../deadlines/giveUpAfter.ts';
import { TidemarkError } from '../../errors.ts';
import type { RecordBuffer, Refusal, Sink, SinkEvents } from '../../pipeline/ports.ts';
import type { ClientLog, KafkaConnection } from '../connection.ts';
import { isRecordRefused, isTooLarge, kafkaError } from '../errors.ts';
import { partitionOfKey } from '../murmur2.ts';
import { Outage } from '../outage.ts';
import { EncodedRecords } from '../records.ts';
import { newStamp } from '../stamp.ts';
import { KafkaAdmin } from './admin.ts';
import { DEFAULT_MAX_RECORD_BYTES } from './capabilities.ts';
import { newKafka } from './client.ts';
import { encodedMessages } from './encodedMessages.ts';
import { type Compression, produceOnce } from './produce.ts';

export interface SinkOptions {
  /** Default none. */
  readonly compression?: Compression;
  /** Most bytes of one partition in one request; below the broker's default of 1 MiB, whose excess is found out by refusal. */
  readonly maxBatchBytes?: number;
  /** A record above this is refused without asking a broker, which would close the connection. Default 32 MiB. */
  readonly maxRecordBytes?: number;
}

const DEFAULT_MAX_BATCH_BYTES = 950_000;
/** A producer that has not succeeded for so long is replaced. */
const RENEW_MS = 5_000;
const CLOSE_TIMEOUT_MS = 3_000;

/**
 * The Sink port over a kafkajs producer. One request in flight per partition, whose calls take turns, and no idempotence:
 * kafkajs reuses sequence numbers after a failure, which loses records silently. A resend after a lost answer may write records
 * twice, in order.
 */
export class KafkajsSink implements Sink {
  readonly newStamp = newStamp;
  readonly partitionOfKey = partitionOfKey;
  readonly #kafka: Kafka;
  #producer: Producer;
  readonly #admin: KafkaAdmin;
  readonly #compression: Compression;
  readonly #maxBatchBytes: number;
  readonly #maxRecordBytes: number;
  readonly #outage: Outage;
  /** Topics whose own limit was met: batches as large as the largest that passed. At most one entry a topic. */
  readonly #learnedBatchBytes = new Map<string, number>();
  #connected: Promise<void> | undefined;
  /** By topic and partition: when what was sent there last is answered. Only of those that wait for an answer. */
  readonly #turns = new Map<string, Promise<void>>();
  #failingSinceMs = Number.POSITIVE_INFINITY;

  constructor(connection: KafkaConnection, options: SinkOptions, events: SinkEvents, log?: ClientLog) {
    this.#kafka = newKafka(connection, log);
    this.#producer = newProducer(this.#kafka);
    this.#admin = new KafkaAdmin(this.#kafka);
    this.#compression = options.compression ?? 'none';
    this.#maxBatchBytes = options.maxBatchBytes ?? DEFAULT_MAX_BATCH_BYTES;
    this.#maxRecordBytes = options.maxRecordBytes ?? DEFAULT_MAX_RECORD_BYTES;
    this.#outage = new Outage(events);
  }

  async start(): Promise<void> {
    await this.#outage.insist('connecting', async () => {
      await this.#connect();
    });
  }

  partitionCount(topic: string): Promise<number> {
    return this.#outage.insist(`looking for topic ${topic}`, async () => {
      const description = await this.#admin.describeTopic(topic);
      if (description === undefined) {
        throw new TidemarkError('E-KAFKA-TOPIC-MISSING', `topic ${topic} does not exist`);
      }
      return description.partitions;
    });
  }

  newRecords(topic: string, partition: number): EncodedRecords {
    return new EncodedRecords(topic, partition);
  }

  async send(buffers: readonly RecordBuffer[]): Promise<readonly Refusal[]> {
    const refusals: Refusal[] = [];
    const sends = buffers.map((buffer) => {
      if (!(buffer instanceof EncodedRecords)) throw foreignBuffer();
      return this.#inTurn(`${buffer.topic}/${buffer.partition}`, () => this.#sendRecords(buffer, refusals));
    });
    // All settle before the first failure is thrown: nothing of this call is in flight once it returns.
    for (const result of await Promise.allSettled(sends)) {
      if (result.status === 'rejected') throw result.reason;
    }
    return refusals;
  }

  /** Nothing to do: buffers are left to the collector. */
  release(): void {}

  async stop(): Promise<void> {
    this.#outage.stop();
    await Promise.all([giveUpAfter(CLOSE_TIMEOUT_MS, this.#producer.disconnect()), this.#admin.close()]);
  }

  async #connect(): Promise<Producer> {
    if (Date.now() - this.#failingSinceMs > RENEW_MS) this.#renew();
    const producer = this.#producer;
    this.#connected ??= producer.connect();
    try {
      await this.#connected;
    } catch (error) {
      if (producer === this.#producer) this.#connected = undefined;
      throw error;
    }
    return producer;
  }

  /** kafkajs does not always find back from losing every broker it knew. */
  #renew(): void {
    this.#producer.disconnect().catch(() => {});
    this.#producer = newProducer(this.#kafka);
    this.#connected = undefined;
    this.#failingSinceMs = Number.POSITIVE_INFINITY;
  }

  /** After a failure nothing overtakes what failed: whatever is behind it fails with its cause, which stops the process. */
  #inTurn(place: string, send: () => Promise<void>): Promise<void> {
    const before = this.#turns.get(place);
    const sent = before === undefined ? send() : before.then(send);
    this.#turns.set(place, sent);
    const over = () => {
      if (this.#turns.get(place) === sent) this.#turns.delete(place);
    };
    // Only what has succeeded makes way: see above.
    sent.then(over, () => {});
    return sent;
  }

  async #sendRecords(records: EncodedRecords, refusals: Refusal[]): Promise<void> {
    let from = 0;
    while (from < records.count) {
      const to = this.#chunkEnd(records, from);
      await this.#sendRange(records, from, to, refusals);
      from = to;
    }
  }

  #chunkEnd(records: EncodedRecords, from: number): number {
    const limit = this.#learnedBatchBytes.get(records.topic) ?? this.#maxBatchBytes;
    const start = records.starts[from]!;
    let to = from + 1;
    while (to < records.count && records.starts[to + 1]! - start <= limit) {
      to++;
    }
    return to;
  }

  /** Sends `[from, to)`, halving what the broker refuses until the refused records stand alone. */
  async #sendRange(records: EncodedRecords, from: number, to: number, refusals: Refusal[]): Promise<void> {
    const bytes = records.starts[to]! - records.starts[from]!;
    const tooLarge = to - from === 1 && bytes > this.#maxRecordBytes;
    const refused = tooLarge ? `it has ${bytes} bytes` : await this.#insistOn(records, from, to);
    if (refused === undefined) return;
    if (to - from === 1) {
      refusals.push(refusalOf(records, from, refused));
      return;
    }
    const middle = (from + to) >>> 1;
    const before = refusals.length;
    await this.#sendRange(records, from, middle, refusals);
    await this.#sendRange(records, middle, to, refusals);
    // No record was too large by itself: the topic's limit is below ours.
    if (refusals.length === before) this.#learnedBatchBytes.set(records.topic, Math.ceil(bytes / 2));
  }

  /** @returns why the broker refuses these records, or undefined when it has them. */
  #insistOn(records: EncodedRecords, from: number, to: number): Promise<unknown> {
    const { topic, partition } = records;
    const messages = encodedMessages(records, from, to);
    return this.#outage.insist(`writing to ${topic}/${partition}`, async () => {
      try {
        const producer = await this.#connect();
        await produceOnce(producer, topic, partition, messages, this.#compression);
        this.#failingSinceMs = Number.POSITIVE_INFINITY;
        return undefined;
      } catch (error) {
        if (isRecordRefused(error)) return error;
        this.#failingSinceMs = Math.min(this.#failingSinceMs, Date.now());
        throw error;
      }
    });
  }
}

function newProducer(kafka: Kafka): Producer {
  return kafka.producer({
    allowAutoTopicCreation: false,
    idempotent: false,
    // Waiting and trying again is done here, where it can be told and stopped.
    retry: { retries: 0 },
  });
}

function refusalOf(records: EncodedRecords, index: number, refused: unknown): Refusal {
  const { topic, partition } = records;
  const detail =
    typeof refused === 'string' ? refused : kafkaError(refused, `writing to ${topic}/${partition}`).message;
  const code = typeof refused === 'string' || isTooLarge(refused) ? 'E-RECORD-TOO-LARGE' : 'E-RECORD-REFUSED';
  return { records, index, code, detail };
}

function foreignBuffer(): TidemarkError {
  return new TidemarkError('E-INTERNAL', 'a record buffer was not made by this sink');
}
