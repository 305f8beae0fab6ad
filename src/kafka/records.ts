import { TidemarkError } from '../errors.ts';
import {
  type Block,
  type ByteBuffer,
  HEADERS_END,
  HEADERS_START,
  type HeaderStamp,
  KEY_END,
  KEY_START,
  type RecordBuffer,
  SPAN_STRIDE,
} from '../pipeline/ports.ts';
import { freeMemory } from './freeMemory.ts';
import { HeaderCursor } from './headers.ts';
import { EncodedStamp } from './stamp.ts';
import { sizeOfVarint, writeVarint } from './varint.ts';

const FIRST_BYTES = 2 * 1024;
const FIRST_RECORDS = 16;
/** Up to here a buffer doubles when it grows. */
const SMALL_BYTES = 128 * 1024;
/** For the record that makes a buffer full. */
const ROOM_ABOVE_FULL = 1.05;
/** Spans are 32-bit; the pipeline's budget ends far below this. */
const MAX_BYTES = 2 ** 30;
/** Attributes, and the seven varints of a record at their longest: its timestamp may take ten bytes. */
const MOST_VARINT_BYTES = 1 + 10 + 6 * 5;
/** Bytes that a value may have without a new array, whatever those before it had. */
const LEAST_VALUE_ROOM = 1024;
/** Below this a loop beats making a view for `set`. */
const SHORT_COPY = 48;

/**
 * Records in Kafka's record format v2, encoded one after another into one growing array: the body of a record batch whose
 * base timestamp is `baseTimestamp` and whose base offset is 0. Nothing is allocated per record.
 */
export class EncodedRecords implements RecordBuffer {
  topic: string;
  partition: number;
  /** Bytes left free before the first record, for the header of a record batch. */
  readonly headRoom: number;
  /** From so many bytes on it is full. */
  readonly fullBytes: number;
  count = 0;
  /** The records are `[headRoom, headRoom + byteLength)`. */
  bytes: Uint8Array = Buffer.allocUnsafeSlow(FIRST_BYTES);
  /** Where each record begins in `bytes`; `starts[count]` is where the last one ends. */
  starts: Int32Array = new Int32Array(FIRST_RECORDS + 1);
  /** Epoch milliseconds of each record. */
  timestamps: Float64Array = new Float64Array(FIRST_RECORDS);
  baseTimestamp = -1;
  maxTimestamp = -1;
  readonly #cursor = new HeaderCursor();
  /** Start and end of the incoming headers that are kept, in the block's bytes. */
  #kept = new Int32Array(16);
  #keptCount = 0;
  #keptBytes = 0;
  #end: number;
  /** Of the last record's length. */
  #lengthBytes = 2;
  /** How far behind its beginning the last record's value began, and how long it was: the next one is much like it. */
  #lead = 16;
  #valueLength = 0;
  readonly #room: ByteBuffer = { bytes: this.bytes, length: 0 };

  constructor(topic: string, partition: number, headRoom = 0, fullBytes = Number.POSITIVE_INFINITY) {
    this.topic = topic;
    this.partition = partition;
    this.headRoom = headRoom;
    this.fullBytes = fullBytes;
    this.#end = headRoom;
    this.starts[0] = headRoom;
  }

  get byteLength(): number {
    return this.#end - this.headRoom;
  }

  get isFull(): boolean {
    return this.byteLength >= this.fullBytes;
  }

  /** Empties the buffer, for another partition if need be, and keeps the room it has. */
  reset(topic: string, partition: number): void {
    this.topic = topic;
    this.partition = partition;
    this.count = 0;
    this.#end = this.headRoom;
    this.baseTimestamp = -1;
    this.maxTimestamp = -1;
  }

  /** Gives its memory back; it is not used again. */
  free(): void {
    freeMemory(this.bytes.buffer);
  }

  valueRoom(): ByteBuffer {
    this.#reserve(this.#lead + 2 * this.#valueLength + LEAST_VALUE_ROOM, this.#end);
    this.#room.bytes = this.bytes;
    this.#room.length = this.#end + this.#lead;
    return this.#room;
  }

  append(
    block: Block,
    index: number,
    value: Uint8Array,
    start: number,
    end: number,
    givenMs: number,
    stamp: HeaderStamp,
  ): void {
    if (!(stamp instanceof EncodedStamp)) throw foreignStamp();
    const timestampMs = givenMs < 0 ? block.timestamps[index]! : givenMs;
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
    const isInPlace = value === this.bytes && start >= 0;
    const headers = stamp.headersOf(block.lease, offset);
    this.#reserve(
      MOST_VARINT_BYTES +
        Math.max(keyLength, 0) +
        Math.max(valueLength, 0) +
        this.#keptBytes +
        headers.length,
      isInPlace ? end : this.#end,
    );

    const bytes = this.bytes;
    // A record's length stands before it and is known after it: room is left for as many bytes as the last one took.
    const body = this.#end + this.#lengthBytes;
    if (isInPlace) {
      const valueAt =
        body +
        1 +
        sizeOfVarint(timestampDelta) +
        sizeOfVarint(this.count) +
        sizeOfVarint(keyLength) +
        Math.max(keyLength, 0) +
        sizeOfVarint(valueLength);
      // Before what precedes it is written, which would write over it.
      if (valueAt !== start) bytes.copyWithin(valueAt, start, end);
      this.#lead = valueAt - this.#end;
      this.#valueLength = valueLength;
    }
    let at = body;
    bytes[at++] = 0;
    at = writeVarint(bytes, at, timestampDelta);
    at = writeVarint(bytes, at, this.count);
    at = writeVarint(bytes, at, keyLength);
    if (keyLength > 0) at = copy(bytes, at, block.bytes, keyStart, keyStart + keyLength);
    at = writeVarint(bytes, at, valueLength);
    if (isInPlace) at += valueLength;
    else if (valueLength > 0) at = copy(bytes, at, value, start, end);
    at = writeVarint(bytes, at, this.#keptCount + stamp.count);
    for (let kept = 0; kept < this.#keptCount; kept++) {
      at = copy(bytes, at, block.bytes, this.#kept[kept * 2]!, this.#kept[kept * 2 + 1]!);
    }
    bytes.set(headers, at);
    at += headers.length;
    at = this.#writeLength(body, at);

    this.timestamps[this.count] = timestampMs;
    this.count++;
    this.#end = at;
    this.starts[this.count] = at;
  }

  /** Writes the length of the record whose body is `[body, end)` before it, moving the body where that takes another room. @returns its end */
  #writeLength(body: number, end: number): number {
    const size = sizeOfVarint(end - body);
    const moved = size - this.#lengthBytes;
    if (moved !== 0) {
      this.bytes.copyWithin(body + moved, body, end);
      this.#lengthBytes = size;
    }
    writeVarint(this.bytes, this.#end, end - body);
    return end + moved;
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

  /** Doubled; from some size on, what it takes to be full: pages that are never written cost nothing, arrays left behind do. */
  #nextSize(): number {
    const doubled = this.bytes.length * 2;
    const whole = this.headRoom + this.fullBytes * ROOM_ABOVE_FULL;
    return doubled > SMALL_BYTES && whole < MAX_BYTES ? Math.max(doubled, Math.ceil(whole)) : doubled;
  }

  /** Makes room behind the last record. What is before `kept` stays. */
  #reserve(size: number, kept: number): void {
    const needed = this.#end + size;
    if (needed > this.bytes.length) {
      if (needed > MAX_BYTES) throw new TidemarkError('E-INTERNAL', `records for ${this.topic} exceed 1 GiB`);
      const wider = Buffer.allocUnsafeSlow(Math.max(needed, this.#nextSize()));
      wider.set(this.bytes.subarray(0, kept));
      freeMemory(this.bytes.buffer);
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
