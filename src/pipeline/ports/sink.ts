/** Writing what came of the records. */
import type { ErrorCode, TidemarkError } from '../../errors.ts';
import type { Block } from './block.ts';
import type { ByteBuffer } from './row.ts';

/** Headers to put on outgoing records, encoded once by the sink. Opaque to the pipeline. */
export interface HeaderStamp {
  readonly names: readonly string[];
}

/** Records on their way to one partition of one topic, encoded as they are appended. */
export interface RecordBuffer {
  readonly topic: string;
  readonly partition: number;
  readonly count: number;
  readonly byteLength: number;
  /** It holds what goes well into one record batch: the next record had better go to another buffer. */
  readonly isFull: boolean;
  /**
   * Where the value of the next record may be written, from `length` on; `append` with those bytes need not copy them. Valid until
   * the next `append` or `valueRoom`.
   */
  valueRoom(): ByteBuffer;
  /**
   * Appends one record with key and headers of record `index` of `block` and the value `value[start, end)` (copied;
   * start -1 for a null value). Headers of the stamp replace headers of the same name; a stamp made with `source: true` also
   * writes `source: topic/partition@offset`. A negative timestamp is that of the incoming record, whatever it is.
   */
  append(
    block: Block,
    index: number,
    value: Uint8Array,
    start: number,
    end: number,
    timestampMs: number,
    stamp: HeaderStamp,
  ): void;
}

/** One record that the broker will never take. */
export interface Refusal {
  readonly records: RecordBuffer;
  /** Which record of the buffer. */
  readonly index: number;
  readonly code: ErrorCode;
  readonly detail: string;
}

export interface Sink {
  start(): Promise<void>;
  /** Number of partitions of a topic. Waits, telling `paused`, while the topic or the broker is missing. */
  partitionCount(topic: string): Promise<number>;
  newRecords(topic: string, partition: number): RecordBuffer;
  newStamp(
    headers: readonly (readonly [name: string, value: string])[],
    options: { source: boolean },
  ): HeaderStamp;
  /** The partition Java's default partitioner gives a key (murmur2 of the bytes `[start, end)`). */
  partitionOfKey(bytes: Uint8Array, start: number, end: number, partitions: number): number;
  /**
   * Sends; resolves when every record of this call is acknowledged by all in-sync replicas, or refused for good. Calls may
   * overlap and may be answered in any order; within a partition the records are written in the order of calls, of buffers in
   * a call and of records in a buffer. Waits out unreachable brokers (telling `paused` and `resumed`) and throws only a
   * TidemarkError that stops the process.
   */
  send(buffers: readonly RecordBuffer[]): Promise<readonly Refusal[]>;
  /**
   * Nobody looks at these records any more: their bytes may serve the next `newRecords`. Called at most once for a buffer, after
   * the `send` it was part of has resolved.
   */
  release(records: RecordBuffer): void;
  /** Gives up waiting in `send` (which then throws its last cause) and closes. */
  stop(): Promise<void>;
}

/** The part of a Sink that makes records: what is made is not sent by it. */
export type RecordMaker = Pick<Sink, 'newRecords' | 'newStamp' | 'partitionOfKey' | 'release'>;

/** How a Sink tells about its dependency. */
export interface SinkEvents {
  paused(cause: TidemarkError): void;
  resumed(): void;
}
