import { TidemarkError } from '../errors.ts';
import {
  type Block,
  HEADERS_END,
  HEADERS_START,
  type HeaderStamp,
  KEY_END,
  KEY_START,
  type RecordBuffer,
  SPAN_STRIDE,
} from '../pipeline/ports.ts';
import { HeaderCursor } from './headers.ts';
import { EncodedStamp, SourceHeader } from './stamp.ts';
import { sizeOfVarint, writeVarint } from './varint.ts';

const FIRST_BYTES = 16 * 1024;
const FIRST_RECORDS = 128;
/** Spans are 32-bit; the pipeline's budget ends far below this. */
const MAX_BYTES = 2 ** 30;
/** Below this a loop beats making a view for `set`. */
const SHORT_COPY = 48;

/**
 * Records in Kafka's record format v2, encoded one after another into one growing array: the body of a record batch whose
 * base timestamp is `baseTimestamp` and whose base offset is 0. Nothing is allocated per record.
 */
export class EncodedRecords implements RecordBuffer {
  readonly topic: string;
  readonly partition: number;
  count = 0;
  byteLength = 0;
  /** Valid up to `byteLength`. */
  bytes: Uint8Array = Buffer.allocUnsafeSlow(FIRST_BYTES);
  /** Where each record begins; `starts[count]` is `byteLength`. */
  starts: Int32Array = new Int32Array(FIRST_RECORDS + 1);
  /** Epoch milliseconds of each record. */
  timestamps: Float64Array = new Float64Array(FIRST_RECORDS);
  baseTimestamp = -1;
  maxTimestamp = -1;
  readonly #cursor = new HeaderCursor();
  readonly #source = new SourceHeader();
  /** Start and end of the incoming headers that are kept, in the block's bytes. */
  #kept = new Int32Array(16);
  #keptCount = 0;
  #keptBytes = 0;

  constructor(topic: string, partition: number) {
    this.topic = topic;
    this.partition = partition;
  }

  append(
    block: Block,
    index: number,
    value: Uint8Array,
    start: number,
    end: number,
    timestampMs: number,
    stamp: HeaderStamp,
  ): void {
    if (!(stamp instanceof EncodedStamp)) throw foreignStamp();
    if (this.count === 0) this.baseTimestamp = timestampMs;
    if (this.count === 0 || timestampMs > this.maxTimestamp) this.maxTimestamp = timestampMs;
    const span = index * SPAN_STRIDE;
    const keyStart = block.spans[span + KEY_START]!;
    const keyLength = keyStart < 0 ? -1 : block.spans[span + KEY_END]! - keyStart;
    const valueLength = start < 0 ? -1 : end - start;
    const timestampDelta = timestampMs - this.baseTimestamp;
    const offset = block.offsets[index]!;

    this.#keepHeaders(
      block.bytes,
      block.spans[span + HEADERS_START]!,
      block.spans[span + HEADERS_END]!,
      stamp,
    );
    const headerCount = this.#keptCount + stamp.count + (stamp.source ? 1 : 0);
    const sourceBytes = stamp.source ? this.#source.measure(block.lease, offset) : 0;
    const bodyLength =
      1 +
      sizeOfVarint(timestampDelta) +
      sizeOfVarint(this.count) +
      sizeOfVarint(keyLength) +
      Math.max(keyLength, 0) +
      sizeOfVarint(valueLength) +
      Math.max(valueLength, 0) +
      sizeOfVarint(headerCount) +
      this.#keptBytes +
      stamp.bytes.length +
      sourceBytes;
    this.#reserve(sizeOfVarint(bodyLength) + bodyLength);

    const bytes = this.bytes;
    let at = writeVarint(bytes, this.byteLength, bodyLength);
    bytes[at++] = 0;
    at = writeVarint(bytes, at, timestampDelta);
    at = writeVarint(bytes, at, this.count);
    at = writeVarint(bytes, at, keyLength);
    if (keyLength > 0) at = copy(bytes, at, block.bytes, keyStart, keyStart + keyLength);
    at = writeVarint(bytes, at, valueLength);
    if (valueLength > 0) at = copy(bytes, at, value, start, end);
    at = writeVarint(bytes, at, headerCount);
    for (let kept = 0; kept < this.#keptCount; kept++) {
      at = copy(bytes, at, block.bytes, this.#kept[kept * 2]!, this.#kept[kept * 2 + 1]!);
    }
    at = copy(bytes, at, stamp.bytes, 0, stamp.bytes.length);
    if (stamp.source) at = this.#source.write(bytes, at, offset);

    this.timestamps[this.count] = timestampMs;
    this.count++;
    this.byteLength = at;
    this.starts[this.count] = at;
  }

  /** Finds which incoming headers stay. Most records have none, and then there is nothing to walk. */
  #keepHeaders(bytes: Uint8Array, start: number, end: number, stamp: EncodedStamp): void {
    this.#keptCount = 0;
    this.#keptBytes = 0;
    if (end - start <= 1) return;
    const cursor = this.#cursor;
    cursor.begin(bytes, start, end);
    while (cursor.next()) {
      if (stamp.replaces(bytes, cursor.nameStart, cursor.nameEnd)) continue;
      if (this.#keptCount * 2 === this.#kept.length) {
        const wider = new Int32Array(this.#kept.length * 2);
        wider.set(this.#kept);
        this.#kept = wider;
      }
      this.#kept[this.#keptCount * 2] = cursor.start;
      this.#kept[this.#keptCount * 2 + 1] = cursor.end;
      this.#keptCount++;
      this.#keptBytes += cursor.end - cursor.start;
    }
  }

  #reserve(size: number): void {
    const needed = this.byteLength + size;
    if (needed > this.bytes.length) {
      if (needed > MAX_BYTES) throw new TidemarkError('E-INTERNAL', `records for ${this.topic} exceed 1 GiB`);
      const wider = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2));
      wider.set(this.bytes.subarray(0, this.byteLength));
      this.bytes = wider;
    }
    if (this.count === this.timestamps.length) {
      const records = this.count * 2;
      const timestamps = new Float64Array(records);
      timestamps.set(this.timestamps);
      this.timestamps = timestamps;
      const starts = new Int32Array(records + 1);
      starts.set(this.starts);
      this.starts = starts;
    }
  }
}

function copy(to: Uint8Array, at: number, from: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length > SHORT_COPY) to.set(from.subarray(start, end), at);
  else for (let i = 0; i < length; i++) to[at + i] = from[start + i]!;
  return at + length;
}

function foreignStamp(): TidemarkError {
  return new TidemarkError('E-INTERNAL', 'a header stamp was not made by this sink');
}
