import { TidemarkError } from '../../errors.ts';
import type { Compression, RecordBuffer, Refusal, Sink, SinkEvents } from '../../pipeline/ports.ts';
import type { ClientLog, KafkaConnection } from '../connection.ts';
import { partitionOfKey } from '../murmur2.ts';
import { Outage } from '../outage.ts';
import { EncodedRecords } from '../records.ts';
import { newStamp } from '../stamp.ts';
import { DEFAULT_MAX_RECORD_BYTES, MAX_REQUEST_BYTES } from './capabilities.ts';
import { Cluster } from './cluster/cluster.ts';
import { freshView } from './produce/leaders.ts';
import { Producer } from './produce/producer.ts';
import { BATCH_HEADER_BYTES } from './wire/recordBatch.ts';

export interface NativeSinkOptions {
  /** Default none. */
  readonly compression?: Compression;
  /** Most bytes of one record batch before compression. Default 1,000,000: brokers take 1 MiB by default. */
  readonly maxBatchBytes?: number;
  /** A record above this is refused without asking a broker, which would close the connection. Default 32 MiB. */
  readonly maxRecordBytes?: number;
}

const DEFAULT_MAX_BATCH_BYTES = 1_000_000;
const REQUEST_TIMEOUT_MS = 30_000;
const ACK_TIMEOUT_MS = 25_000;
/** Of a record batch at its largest, as much as a buffer takes: one more record of the usual size still goes in. */
const FULL_SHARE = 0.95;
/**
 * Of empty buffers, as memory that is kept: a little more than the batches that go round can use, so that at full speed none is
 * made anew. Memory that comes and goes in many sizes leaves holes, and a process of many hours grows by them.
 */
const MAX_POOLED_BYTES = 16 * 1024 * 1024;

/** The Sink port over our own producer: each record once and in order within its partition, whatever happens meanwhile. */
export class NativeSink implements Sink {
  readonly newStamp = newStamp;
  readonly partitionOfKey = partitionOfKey;
  readonly #cluster: Cluster;
  readonly #outage: Outage;
  readonly #producer: Producer;
  readonly #fullBytes: number;
  readonly #pool: EncodedRecords[] = [];
  #pooledBytes = 0;

  constructor(
    connection: KafkaConnection,
    options: NativeSinkOptions,
    events: SinkEvents,
    log: ClientLog = () => {},
  ) {
    this.#cluster = new Cluster(connection, { log });
    this.#outage = new Outage(events);
    const settings = {
      compression: options.compression ?? 'none',
      maxBatchBytes: options.maxBatchBytes ?? DEFAULT_MAX_BATCH_BYTES,
      maxRecordBytes: options.maxRecordBytes ?? DEFAULT_MAX_RECORD_BYTES,
      maxRequestBytes: MAX_REQUEST_BYTES,
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
      ackTimeoutMs: ACK_TIMEOUT_MS,
    };
    this.#fullBytes = settings.maxBatchBytes * FULL_SHARE;
    this.#producer = new Producer(this.#cluster, settings, this.#outage);
  }

  async start(): Promise<void> {
    await this.#producer.start();
  }

  partitionCount(topic: string): Promise<number> {
    return this.#outage.insist(`looking for topic ${topic}`, async () => {
      const { partitions } = await freshView(this.#cluster, topic);
      return partitions.length;
    });
  }

  newRecords(topic: string, partition: number): EncodedRecords {
    const records = this.#pool.pop();
    if (records === undefined)
      return new EncodedRecords(topic, partition, BATCH_HEADER_BYTES, this.#fullBytes);
    this.#pooledBytes -= records.bytes.length;
    records.reset(topic, partition);
    return records;
  }

  send(buffers: readonly RecordBuffer[]): Promise<readonly Refusal[]> {
    for (const buffer of buffers) if (!(buffer instanceof EncodedRecords)) return Promise.reject(foreign());
    return this.#producer.send(buffers as readonly EncodedRecords[]);
  }

  release(records: RecordBuffer): void {
    if (!(records instanceof EncodedRecords)) throw foreign();
    if (this.#pooledBytes + records.bytes.length > MAX_POOLED_BYTES) {
      records.free();
      return;
    }
    this.#pooledBytes += records.bytes.length;
    this.#pool.push(records);
  }

  async stop(): Promise<void> {
    this.#outage.stop();
    this.#producer.close();
    await this.#cluster.close();
  }
}

function foreign(): TidemarkError {
  return new TidemarkError('E-INTERNAL', 'a record buffer was not made by this sink');
}
