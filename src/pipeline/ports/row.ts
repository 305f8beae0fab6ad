/** Reading an event into a row of a batch: features for the model, and fields that the output carries. */
import type { ErrorCode } from '../../errors.ts';

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
