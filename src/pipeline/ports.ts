/**
 * What the pipeline needs from the world, and nothing of how the world does it. kafka/, avro/ and model/ implement these;
 * pipeline/ imports only this file, telemetry and errors.
 *
 * Offsets are plain numbers: an offset beyond 2^53 is refused where it is decoded (E-KAFKA-OFFSET). Times are milliseconds
 * since the epoch unless the name says otherwise.
 */
import type { ErrorCode, TidemarkError } from '../errors.ts';
import type { TraceContext } from '../telemetry/tracing/eventTracer.ts';

// ---------------------------------------------------------------------------------------------------------- Source

export type LeaseState =
  | { readonly kind: 'held' }
  /** Finish what is in hand, take nothing new. */
  | { readonly kind: 'ending'; readonly deadlineMs: number }
  | { readonly kind: 'gone'; readonly reason: GoneReason };

/** `moved`: a command moved the partition's position; it is granted anew there. */
export type GoneReason = 'revoked' | 'lost' | 'closed' | 'moved';

/** One assignment of one partition in one generation of the group. Compared by identity: a new assignment is a new object. */
export interface Lease {
  readonly topic: string;
  readonly partition: number;
  readonly generation: number;
  /** Only the Source moves it, and only forward. */
  state: LeaseState;
}

/** Int32 slots per record in `Block.spans`. */
export const SPAN_STRIDE = 6;
export const KEY_START = 0;
export const KEY_END = 1;
export const VALUE_START = 2;
export const VALUE_END = 3;
export const HEADERS_START = 4;
export const HEADERS_END = 5;

/**
 * The records of one partition from one fetch, in one byte array, found by spans. A block may be empty: then it only says
 * that the position moved (control records, aborted records, compaction gaps).
 *
 * Blocks of one fetch may share `bytes`, which is then all that the fetch returned.
 */
export interface Block {
  readonly lease: Lease;
  readonly bytes: Uint8Array;
  readonly count: number;
  /**
   * `count * SPAN_STRIDE` positions in `bytes`. A null key or value has start -1 and end -1. The headers span holds Kafka's
   * own record-header encoding (record format v2: a varint count, then varint-length-prefixed names and values).
   */
  readonly spans: Int32Array;
  /** Offset of each record, ascending. */
  readonly offsets: Float64Array;
  /** Timestamp of each record, epoch milliseconds; -1 when the record has none. */
  readonly timestamps: Float64Array;
  /** The offset to read next after this block: beyond its records and whatever gap or marker follows them. */
  readonly nextOffset: number;
  /** The partition's end offset (high watermark) as of the fetch; lag is counted against it. */
  readonly endOffset: number;
}

/** Finds the producer's span in the raw headers of a record, `bytes[start, end)`. Neither throws. */
export interface TraceHeaders {
  /** Whether the producer traces this event: a valid `traceparent` with its sampled flag set. Makes no object. */
  isSampled(bytes: Uint8Array, start: number, end: number): boolean;
  /** The producer's span, sampled or not; undefined when there is no valid one. Off the hot path. */
  contextOf(bytes: Uint8Array, start: number, end: number): TraceContext | undefined;
}

export interface SourceEvents {
  granted(leases: readonly Lease[]): void;
  /** Reading of a lease begins at this offset, or goes on there where what stood before it is no longer in the log. */
  begins(lease: Lease, offset: number): void;
  /** The pipeline finishes what is in hand of these leases and resolves; the source waits for it until `deadlineMs`. */
  ending(leases: readonly Lease[], deadlineMs: number): Promise<void>;
  /** From here on nothing of these leases is committed. */
  gone(leases: readonly Lease[]): void;
  /** A dependency is down; the source goes on by itself and says so with `resumed`. */
  paused(cause: TidemarkError): void;
  resumed(): void;
  /**
   * What comes next in this partition cannot be read. The lease stays held, so that nobody else runs into the same, and what was
   * read before is committed; the other partitions go on.
   */
  stopped(lease: Lease, cause: TidemarkError): void;
  /** The source cannot go on; the process stops with this. */
  failed(cause: TidemarkError): void;
}

export interface Position {
  readonly lease: Lease;
  /** The next offset to read. */
  readonly offset: number;
}

/** What a client can and cannot do; configuration that asks for more is refused at start with E-KAFKA-CAPABILITY. */
export interface ClientCapabilities {
  readonly name: string;
  readonly deliveries: readonly ('at-least-once' | 'exactly-once')[];
  /** `partial`: aborted records may leak when transactions interleave. */
  readonly readCommitted: 'full' | 'partial';
  /** `partial`: a rebalance found out between fetches ends leases at once, so work in hand is read again. */
  readonly drainsBeforeRevoke: 'full' | 'partial';
  /** Whether a member can keep its place in the group over a restart (KIP-345). */
  readonly staticMembership: boolean;
  readonly compression: readonly Compression[];
  /** Whether a held partition can be moved to another position. */
  readonly seek: boolean;
}

export type Compression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

/** Where a command moves a partition. */
export type SeekTarget =
  | 'earliest'
  | 'latest'
  /** `forward`: refused where it would go back. */
  | { readonly offset: number; readonly forward?: true }
  /** The first record that is not older; the end where there is none. */
  | { readonly timestampMs: number }
  /** So many offsets behind the next one to read, and behind the whole batch where that one stopped the partition. */
  | { readonly skip: number };

export type SeekResult =
  /** `from` is undefined where the position before was not known. */
  | { readonly kind: 'moved'; readonly from: number | undefined; readonly to: number }
  /** Nothing has moved. */
  | { readonly kind: 'refused'; readonly why: string };

export interface Source {
  readonly capabilities: ClientCapabilities;
  /** Joins the group in the background: returns when trying has begun. A missing topic or broker is told by `paused`. */
  start(events: SourceEvents): Promise<void>;
  /**
   * The next block of any held lease; asking is the back-pressure. At most one call at a time. Undefined once stopped.
   * Blocks of one lease come in the order of the partition, each beginning where the one before ended. Whether a lease gives
   * its next block before the one before was released is the source's choice.
   */
  next(): Promise<Block | undefined>;
  /**
   * Every record of the block has its outcome (or its lease is gone): its bytes may be reused. Blocks of a lease are released
   * in the order they came.
   */
  release(block: Block): void;
  /**
   * Commits under the generation of each lease. Positions whose lease is gone are dropped silently; a commit the group
   * refuses is `refused` and never sent again under another generation. Throws a `retry` TidemarkError when unreachable.
   */
  commit(positions: readonly Position[]): Promise<'committed' | 'refused'>;
  /**
   * Moves a partition that is held. Its lease ends as in a rebalance: what is in hand is finished and committed. Then the new
   * position is committed under the same membership, and the partition is granted anew, there; where it cannot be moved,
   * where the group left it. Nothing that was read under the old lease is committed afterwards. Never throws.
   */
  seek(lease: Lease, to: SeekTarget): Promise<SeekResult>;
  /** Leaves the group and closes; outstanding `next` resolves undefined. */
  stop(): Promise<void>;
}

/** What of a partition's log can be read: offsets `[low, end)`. */
export interface LogEnds {
  readonly low: number;
  readonly end: number;
}

export interface TopicReaderEvents {
  /** The broker is down; reading goes on by itself and says so with `resumed`. */
  paused(cause: TidemarkError): void;
  resumed(): void;
  /** What comes next in this partition cannot be read; the others go on. */
  stopped(partition: number, cause: TidemarkError): void;
  /** Nothing can be read before a human did something. */
  failed(cause: TidemarkError): void;
}

/** Reads a topic without a group, for tools that look: nothing is assigned and nothing is committed. */
export interface TopicReader {
  /**
   * What every partition holds now; the end is that of committed transactions unless uncommitted records are read.
   * Throws a TidemarkError: E-KAFKA-TOPIC-MISSING, E-KAFKA-UNREACHABLE.
   */
  ends(): Promise<Map<number, LogEnds>>;
  /** Begins to read these partitions at these offsets, once; they take turns after `turnRecords` records. */
  read(from: ReadonlyMap<number, number>, turnRecords: number): void;
  /** As those of a Source. Undefined once stopped. */
  next(): Promise<Block | undefined>;
  release(block: Block): void;
  stop(): Promise<void>;
}

/** Writes records one by one, for what is said now and then. */
export interface TopicWriter {
  /**
   * Resolves when all in-sync replicas have the record, which goes to partition 0. Throws a TidemarkError when that took longer
   * than `withinMs` (then it may have been written or not) or the broker refuses it.
   */
  write(topic: string, key: string, value: string, withinMs: number): Promise<void>;
  stop(): Promise<void>;
}

// ------------------------------------------------------------------------------------------------------------ Sink

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

// ---------------------------------------------------------------------------------------------- Features and fields

/** A place in an event: field names, then for arrays an index and for maps a key. `['terminal', 'risk_30d']`, `['tags', 0]`. */
export type FieldPath = readonly (string | number)[];

export type TensorType = 'float32' | 'float64' | 'int32' | 'int64' | 'bool' | 'string';

/** Where one feature comes from and where it goes; order in the list is the model's order. */
export interface FeaturePlan {
  readonly name: string;
  readonly path: FieldPath;
  /** Which of the model's inputs, and which column of it. */
  readonly input: number;
  readonly column: number;
  readonly type: TensorType;
  /** What null, absent or NaN becomes; `reject` gives E-FEATURE-MISSING. */
  readonly missing: 'reject' | number | string;
  readonly min?: number;
  readonly max?: number;
  /** A string or enum becomes its index here (or passes as text when `type` is string); anything else is `unknown`. */
  readonly categories?: readonly string[];
  readonly unknown: 'reject' | number | string;
}

/** An event field that the output carries; `slot` is its index in `RowTarget.spans`. */
export interface CarriedField {
  readonly path: FieldPath;
  /** Full path in the output record, for messages. */
  readonly target: string;
  /** The Avro schema (JSON) of the output field: the bytes a span points at are encoded to this schema. */
  readonly schema: unknown;
}

/** One model input for a batch: `rows * columns` values, row-major. Exactly one array per type; int64 as low/high words. */
export type InputBuffer =
  | {
      readonly name: string;
      readonly columns: number;
      readonly type: 'float32';
      readonly values: Float32Array;
    }
  | {
      readonly name: string;
      readonly columns: number;
      readonly type: 'float64';
      readonly values: Float64Array;
    }
  | { readonly name: string; readonly columns: number; readonly type: 'int32'; readonly values: Int32Array }
  /** Little-endian words: element i is values[2i] (low, unsigned bits) and values[2i+1] (high). */
  | { readonly name: string; readonly columns: number; readonly type: 'int64'; readonly values: Int32Array }
  | { readonly name: string; readonly columns: number; readonly type: 'bool'; readonly values: Uint8Array }
  | { readonly name: string; readonly columns: number; readonly type: 'string'; readonly values: string[] };

/** Bytes that grow; what is written stays valid until `length` is set back. */
export interface ByteBuffer {
  bytes: Uint8Array;
  length: number;
}

/** What reading a row fills, for a whole batch. */
export interface RowTarget {
  readonly inputs: readonly InputBuffer[];
  /**
   * Two slots per carried field per row: `spans[2 * (row * carried + field)]` is the start, the next one the length. A start
   * of 0 or more is a position in the bytes that were read; a negative start is position `-1 - start` in `side.bytes`, where
   * values go that need another encoding than the event's.
   */
  readonly spans: Int32Array;
  readonly side: ByteBuffer;
  /** Event time of each row, epoch milliseconds; NaN when the event has none. */
  readonly eventTimes: Float64Array;
  /**
   * By feature: events in which it was null, absent or NaN, whether that was filled in or rejected. Counted as they are read: of an
   * event that is rejected, what stands behind the reason is not known.
   */
  readonly missing: Uint32Array;
  /** By feature: events in which it held none of its categories. */
  readonly unknown: Uint32Array;
}

/** The row was filled. */
export const READ_OK = 0;
/** The event's record type does not count for this pipeline: skipped, not scored. */
export const READ_SKIPPED = 1;
// Any other result is a rejection that `explain` turns into a code and words.

export interface Rejection {
  readonly code: ErrorCode;
  readonly detail: string;
}

/** Reads events of one writer schema. */
export interface RowReader {
  readonly schemaId: number;
  /**
   * Reads one framed event `bytes[start, end)` into row `row` of `target`. Never reads past `end`, never throws.
   * @returns READ_OK, READ_SKIPPED, or a rejection to be put to `explain`. A row not filled may be half written.
   */
  read(bytes: Uint8Array, start: number, end: number, row: number, target: RowTarget): number;
  /** What a result of `read` means, in words; off the hot path. */
  explain(result: number): Rejection;
  /** The event's id (`input.id`) for people to read; undefined when it cannot be read. Off the hot path, never throws. */
  idOf(bytes: Uint8Array, start: number, end: number): string | undefined;
}

export interface RowReaders {
  /** The schema id of a framed value, or -1 when the bytes are not framed (E-AVRO-FRAME). */
  schemaIdOf(bytes: Uint8Array, start: number, end: number): number;
  /** The reader for a schema id, if it is at hand. */
  ready(schemaId: number): RowReader | undefined;
  /**
   * Fetches the schema and compiles its reader, retrying while the registry is unreachable; afterwards `ready` has it. An id
   * that the registry does not know or that cannot serve gets a reader that rejects every event. Throws only to stop the process.
   */
  load(schemaId: number): Promise<void>;
}

// ----------------------------------------------------------------------------------------------------------- Model

/** One named output of the model: a column of one of its output tensors. */
export interface ModelOutput {
  readonly name: string;
  readonly type: TensorType;
}

/** The model's outputs for a batch: per output an array indexed by row. Numbers of any tensor type are held as doubles. */
export type OutputValues =
  | { readonly name: string; readonly kind: 'number'; readonly values: Float64Array }
  | { readonly name: string; readonly kind: 'string'; readonly values: string[] };

export interface Scorer {
  readonly name: string;
  readonly version: string;
  /** The first 16 hexadecimal digits of the package's digest. */
  readonly digest: string;
  readonly outputs: readonly ModelOutput[];
  newInputs(maxRows: number): InputBuffer[];
  newOutputs(maxRows: number): OutputValues[];
  /**
   * Scores rows `[0, rows)` in chunks of at most about 50 ms, giving way to timers and sockets between them.
   * Throws E-MODEL-RUN when ONNX Runtime fails.
   */
  run(inputs: readonly InputBuffer[], rows: number, outputs: readonly OutputValues[]): Promise<void>;
  close(): Promise<void>;
}

// ---------------------------------------------------------------------------------------------------- Scored events

/** Where a value of the output record comes from. */
export type FieldSource =
  | { readonly from: 'event'; readonly slot: number }
  | { readonly from: 'model'; readonly output: number }
  | { readonly from: 'model-name' | 'model-version' | 'model-digest' }
  | { readonly from: 'decision' }
  | { readonly from: 'record'; readonly fact: 'topic' | 'partition' | 'offset' | 'timestamp' }
  /** When the batch was scored, epoch milliseconds. */
  | { readonly from: 'scored-at' };

/** Writes the value of one scored event, framed, at `out.length`, growing `out` as needed. */
export interface EventWriter {
  write(
    out: ByteBuffer,
    row: number,
    target: RowTarget,
    outputs: readonly OutputValues[],
    /** Index of the decision rule that held; -1 when the pipeline has no decision. */
    decision: number,
    block: Block,
    index: number,
    scoredAtMs: number,
  ): void;
}

// ----------------------------------------------------------------------------------------------------------- Clock

export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Milliseconds that never run backwards. */
  monotonicMs(): number;
  /** Calls `fire` once after `ms`. */
  timer(ms: number, fire: () => void): Timer;
  /** Resolves after timers and sockets that are ready have had their turn. */
  giveWay(): Promise<void>;
}
