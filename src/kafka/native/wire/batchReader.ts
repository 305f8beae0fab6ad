/**
 * Record batches of one partition of a Fetch response, pulled as blocks: one array of bytes, and spans into it.
 *
 * What a broker sends and Java's consumer knows to expect (KIP-74, KIP-98):
 * - It cuts at a number of bytes, not at a batch: the last batch may be partial, and is fetched again. Only the first one is
 *   always whole, however large, or nobody could get past it.
 * - It sends whole batches, so that the first may begin before the offset asked for.
 * - Batches that compaction has emptied, and markers that end transactions, have offsets but no events: they move the position.
 *
 * Uncompressed records stay where they are, and the batches of a response share one block. A compressed batch has bytes of its
 * own; small ones, as a producer without linger makes them, are gathered, because a block costs more than their records.
 */
import { KEY_END, KEY_START } from '../../../pipeline/ports.ts';
import { type BatchFault, BatchHeader, corrupt } from './batchHeader.ts';
import { decompress } from './compression.ts';
import { readInt64 } from './int64.ts';
import { BASE_OFFSET, BATCH_HEADER_BYTES, LAST_OFFSET_DELTA } from './recordBatch.ts';
import { type ReadLimits, RecordReader } from './recordReader.ts';
import { RecordSpans } from './recordSpans.ts';

export interface BatchLimits {
  /** The largest batch that is read, header included, as it comes. */
  readonly maxBatchBytes: number;
  /** The largest that its records may become. */
  readonly maxUncompressedBytes: number;
}

/** How large a block becomes; a record that is larger makes a block of its own. */
export type BlockLimits = ReadLimits;

/** What hides records of transactions (KIP-98, read_committed). Asked once for each whole batch, in the order of the log. */
export interface TransactionFilter {
  /** Whether records of this transactional batch belong to an aborted transaction. */
  isAborted(producerId: number, baseOffset: number, lastOffset: number): boolean;
  /** The open transaction of the producer ends here. */
  ended(producerId: number, type: 'commit' | 'abort', offset: number): void;
}

/** Decompressed batches are gathered into one block up to here; beyond, copying costs more than a block. */
const GATHER_BYTES = 64 * 1024;
const NO_BYTES = Buffer.alloc(0);

/** Types of a control record. */
const ABORT_MARKER = 0;
const COMMIT_MARKER = 1;
const ONE_RECORD: BlockLimits = { maxRecords: 1, maxBytes: Number.MAX_SAFE_INTEGER };

type Stage =
  /** The next batch's header is still to be read. */
  | 'between'
  /** `batch` only moves the position. */
  | 'hidden'
  /** `batch` has records to give; a compressed one is still to be decompressed. */
  | 'closed'
  /** Records of `batch` are being read. */
  | 'open'
  /** At the end, at a partial batch, or at `fault`. */
  | 'done';

export class BatchReader {
  /** The bytes that the spans of the last block point into: the response, or bytes of the block's own. */
  bytes: Buffer = NO_BYTES;
  /** The offset to read next: beyond everything that blocks were given of, and what was passed over. */
  nextOffset = 0;
  /** Of the batches of the last block, which all have the same; -1 before. */
  leaderEpoch = -1;
  /** Why reading ended at `nextOffset`, if it did not end well. */
  fault: BatchFault | undefined;
  readonly batch = new BatchHeader();
  readonly #limits: BatchLimits;
  readonly #records = new RecordReader();
  #response: Buffer = NO_BYTES;
  #at = 0;
  #start = 0;
  #end = 0;
  #stage: Stage = 'done';
  /** Of the last batch that was met, -1 before. */
  #lastOffset = -1;
  /** What the records of the open batch lie in. */
  #opened: Buffer = NO_BYTES;
  readonly #marker = new RecordSpans(1);
  /** Decompressed batches of the block being made. */
  #parts: Buffer[] = [];
  #partBytes = 0;

  constructor(limits: BatchLimits) {
    this.#limits = limits;
  }

  /**
   * The offset behind the batch that `fault` is about, by the word of its header, which may be what is wrong. Undefined when
   * not even that is there.
   */
  get faultyEnd(): number | undefined {
    const at = this.#at;
    if (this.fault === undefined || this.#end - at < LAST_OFFSET_DELTA + 4) return undefined;
    return (
      readInt64(this.#response, at + BASE_OFFSET) + this.#response.readInt32BE(at + LAST_OFFSET_DELTA) + 1
    );
  }

  /** Begins at the batches in `bytes[start, end)`, fetched from `fetchOffset`. */
  begin(bytes: Buffer, start: number, end: number, fetchOffset: number): void {
    this.#response = bytes;
    this.bytes = bytes;
    this.#start = start;
    this.#at = start;
    this.#end = end;
    this.nextOffset = fetchOffset;
    this.leaderEpoch = -1;
    this.fault = undefined;
    this.#stage = 'between';
    this.#opened = NO_BYTES;
    this.#lastOffset = -1;
  }

  /**
   * Reads the next block into `into`, replacing what is there. The block may be empty: then it only says that the position moved.
   * @returns false when there is no further block: look at `fault`. What is behind `nextOffset` has to be fetched (again).
   */
  readBlock(into: RecordSpans, limits: BlockLimits, transactions?: TransactionFilter): boolean {
    const from = this.nextOffset;
    into.count = 0;
    this.#parts = [];
    this.#partBytes = 0;
    let spare = limits.maxBytes;
    while (into.count < limits.maxRecords && spare > 0) {
      if (this.#stage === 'between') this.#nextBatch(transactions);
      if (this.#stage === 'done' || !this.#fits(into.count, this.nextOffset > from)) break;
      this.leaderEpoch = this.batch.leaderEpoch;
      if (this.#stage === 'hidden') {
        this.#passOver();
        continue;
      }
      if (this.#stage === 'closed' && !this.#open()) break;
      spare -= this.#readRecords(into, { maxRecords: limits.maxRecords, maxBytes: spare });
      if (this.#stage === 'open') break;
    }
    this.bytes = this.#gathered();
    return this.nextOffset > from;
  }

  /** Reads the header of the next batch and decides whether its records are shown. */
  #nextBatch(transactions: TransactionFilter | undefined): void {
    const batch = this.batch;
    const state = batch.read(this.#response, this.#at, this.#end, this.#limits.maxBatchBytes);
    if (state === 'partial') {
      if (this.#at === this.#start && this.#at < this.#end)
        this.#stop(corrupt('the first batch is cut short'));
      this.#stage = 'done';
    } else if (state !== 'whole') {
      this.#stop(state);
    } else if (batch.baseOffset <= this.#lastOffset) {
      this.#stop(corrupt(`a batch at offset ${batch.baseOffset} behind offset ${this.#lastOffset}`));
    } else {
      this.#lastOffset = batch.lastOffset;
      const shown = batch.count > 0 && batch.lastOffset >= this.nextOffset && !batch.isControl;
      this.#stage = shown ? 'closed' : 'hidden';
      if (batch.isTransactional && transactions !== undefined) this.#ask(transactions);
    }
  }

  #ask(transactions: TransactionFilter): void {
    const { producerId, baseOffset, lastOffset, isControl } = this.batch;
    if (!isControl) {
      if (transactions.isAborted(producerId, baseOffset, lastOffset)) this.#stage = 'hidden';
    } else if (this.batch.count > 0 && this.#open()) {
      // Compaction may have removed the marker itself: then nothing of its transaction is left to hide.
      const marker = this.#markerType();
      if (this.fault === undefined) this.#stage = 'hidden';
      if (marker !== undefined) transactions.ended(producerId, marker, baseOffset);
    }
  }

  /** The key of a control record is its version and its type, both int16 (KIP-98). Types unknown to us end nothing. */
  #markerType(): 'commit' | 'abort' | undefined {
    const marker = this.#marker;
    marker.count = 0;
    const wrong = this.#records.read(this.batch, marker, 0, ONE_RECORD, 0);
    const start = marker.spans[KEY_START]!;
    if (wrong !== undefined || start < 0 || marker.spans[KEY_END]! - start < 4) {
      this.#stop(corrupt(wrong ?? 'a control record without a type'));
      return undefined;
    }
    const type = this.#opened.readInt16BE(start + 2);
    return type === ABORT_MARKER ? 'abort' : type === COMMIT_MARKER ? 'commit' : undefined;
  }

  /** Whether `batch` can be part of the block that is being made, which has `count` records. */
  #fits(count: number, moved: boolean): boolean {
    const { leaderEpoch, compression } = this.batch;
    // A commit names the epoch of the last record it covers (KIP-320), and a block can be committed at any of its records.
    if (moved && leaderEpoch !== this.leaderEpoch) return false;
    if (this.#stage === 'hidden') return true;
    if (count === 0) {
      this.#parts = [];
      this.#partBytes = 0;
      return true;
    }
    if (compression === 'none') return this.#parts.length === 0;
    return this.#parts.length > 0 && this.#partBytes < GATHER_BYTES;
  }

  #passOver(): void {
    this.nextOffset = Math.max(this.nextOffset, this.batch.lastOffset + 1);
    this.#at = this.batch.end;
    this.#stage = 'between';
    this.#opened = NO_BYTES;
  }

  /** Makes the records of `batch` readable. */
  #open(): boolean {
    const { batch } = this;
    let bytes = this.#response;
    let start = batch.start + BATCH_HEADER_BYTES;
    let end = batch.end;
    if (batch.compression !== 'none') {
      const records = bytes.subarray(start, end);
      const body = decompress(batch.compression, records, this.#limits.maxUncompressedBytes);
      if (!(body instanceof Uint8Array)) return this.#stop(body);
      bytes = body;
      start = 0;
      end = body.length;
    }
    this.#opened = bytes;
    const wrong = this.#records.begin(batch.count, bytes, start, end);
    if (wrong !== undefined) return this.#stop(corrupt(wrong));
    this.#stage = 'open';
    return true;
  }

  /** @returns the bytes of the records that were read. */
  #readRecords(into: RecordSpans, limits: BlockLimits): number {
    const { batch } = this;
    const records = this.#records;
    const shift = this.#partBytes;
    if (batch.compression !== 'none') {
      this.#parts.push(this.#opened);
      this.#partBytes += this.#opened.length;
    }
    const wrong = records.read(batch, into, this.nextOffset, limits, shift);
    this.nextOffset = Math.max(this.nextOffset, records.lastOffset + 1);
    if (wrong !== undefined) this.#stop(corrupt(wrong));
    else if (records.left === 0) this.#passOver();
    return records.bytesTaken;
  }

  #gathered(): Buffer {
    if (this.#parts.length === 0) return this.#response;
    const bytes = this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts, this.#partBytes);
    this.#parts = [];
    return bytes;
  }

  #stop(fault: BatchFault): false {
    this.fault = fault;
    this.#stage = 'done';
    this.#opened = NO_BYTES;
    return false;
  }
}
