/** What is read: leases of partitions, and the records that were fetched under them. */
import type { TraceContext } from '../../telemetry/tracing/eventTracer.ts';

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

/** The key of record `index`, valid as long as the block; undefined where it is null. Makes an object: not for the hot path. */
export function keyView({ bytes, spans }: Block, index: number): Uint8Array | undefined {
  return viewOf(bytes, spans, index * SPAN_STRIDE + KEY_START);
}

/** The value of record `index`, as `keyView` gives the key. */
export function valueView({ bytes, spans }: Block, index: number): Uint8Array | undefined {
  return viewOf(bytes, spans, index * SPAN_STRIDE + VALUE_START);
}

function viewOf(bytes: Uint8Array, spans: Int32Array, at: number): Uint8Array | undefined {
  const start = spans[at]!;
  return start < 0 ? undefined : bytes.subarray(start, spans[at + 1]!);
}

/** Finds the producer's span in the raw headers of a record, `bytes[start, end)`. Neither throws. */
export interface TraceHeaders {
  /** Whether the producer traces this event: a valid `traceparent` with its sampled flag set. Makes no object. */
  isSampled(bytes: Uint8Array, start: number, end: number): boolean;
  /** The producer's span, sampled or not; undefined when there is no valid one. Off the hot path. */
  contextOf(bytes: Uint8Array, start: number, end: number): TraceContext | undefined;
}
