import type { Block, Lease } from '../../../pipeline/ports.ts';
import { RecordSpans } from '../wire/recordSpans.ts';
import type { Slice } from './slice.ts';

/** Where a block goes back to. */
interface BlockHome {
  release(block: FetchedBlock): void;
}

/** A block that is out, and what it has to give back. */
export class FetchedBlock implements Block {
  readonly lease: Lease;
  readonly bytes: Uint8Array;
  readonly count: number;
  readonly spans: Int32Array;
  readonly offsets: Float64Array;
  readonly timestamps: Float64Array;
  readonly nextOffset: number;
  readonly endOffset: number;
  readonly home: BlockHome;
  readonly records: RecordSpans;
  /** Where its bytes lie; undefined when it has none. */
  readonly slice: Slice | undefined;
  /** Bytes that are its own, because its batches came compressed. */
  readonly unpackedBytes: number;
  released = false;

  constructor(
    lease: Lease,
    home: BlockHome,
    bytes: Uint8Array,
    records: RecordSpans,
    slice: Slice | undefined,
    unpackedBytes: number,
    nextOffset: number,
    endOffset: number,
  ) {
    this.lease = lease;
    this.home = home;
    this.bytes = bytes;
    this.records = records;
    this.count = records.count;
    this.spans = records.spans;
    this.offsets = records.offsets;
    this.timestamps = records.timestamps;
    this.slice = slice;
    this.unpackedBytes = unpackedBytes;
    this.nextOffset = nextOffset;
    this.endOffset = endOffset;
  }
}

/** The spans of every block without records. */
export const NO_RECORDS = new RecordSpans(0);

/** Kept arrays of each size; beyond, they are left to the garbage collector. */
const KEPT = 32;
/** Arrays for this many records and no more are kept apart, or small blocks would sit in large arrays. */
const SMALL_RECORDS = 512;
/** Below this a stretch of a response is taken to hold few records. */
const SMALL_BYTES = 32 * 1024;

/** Arrays for records, used again and again: at full speed they would be a third of all that is allocated. */
export class SpansPool {
  readonly #small: RecordSpans[] = [];
  readonly #large: RecordSpans[] = [];

  /** For the records of so many bytes. */
  take(bytes: number): RecordSpans {
    const small = bytes < SMALL_BYTES;
    return (
      (small ? this.#small : this.#large).pop() ??
      new RecordSpans(small ? SMALL_RECORDS / 4 : SMALL_RECORDS * 2)
    );
  }

  giveBack(records: RecordSpans): void {
    const kept = records.offsets.length <= SMALL_RECORDS ? this.#small : this.#large;
    if (records !== NO_RECORDS && kept.length < KEPT) kept.push(records);
  }
}
