/**
 * Records within one batch (KIP-98, record format v2), all numbers varints as in Protocol Buffers:
 *
 *     length | attributes | timestamp delta | offset delta | key length | key | value length | value | header count | headers
 *
 * A record's length is held against the end of its batch, and every varint of the record against the end of the record, so that
 * nothing beyond is ever read. This is the inner loop of reading: nothing is allocated or thrown per record.
 */
import {
  HEADERS_END,
  HEADERS_START,
  KEY_END,
  KEY_START,
  SPAN_STRIDE,
  VALUE_END,
  VALUE_START,
} from '../../../pipeline/ports.ts';
import type { BatchHeader } from './batchHeader.ts';
import { SHORTEST_RECORD_BYTES } from './recordBatch.ts';
import type { RecordSpans } from './recordSpans.ts';

const TWO_TO_63 = 2 ** 63;
/** Bytes of the longest 32-bit and 64-bit varint. */
const VARINT_BYTES = 5;
const VARLONG_BYTES = 10;
/** The position once a varint did not end: beyond every end, so that one look at it is enough after several reads. */
const BROKEN = 0x7fffffff;

/** How far `read` may go. */
export interface ReadLimits {
  /** What `count` of the spans may grow to. */
  readonly maxRecords: number;
  /** Of the records read, together; one is always taken when the spans are empty. */
  readonly maxBytes: number;
}

export class RecordReader {
  /** Records that the batch still holds by its own count. */
  left = 0;
  /** Offset of the last record that was passed, -1 before the first. */
  lastOffset = -1;
  /** Bytes of the records that the last `read` appended. */
  bytesTaken = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  #end = 0;
  /** Where the next record begins. */
  #next = 0;
  /** Where reading is, within a record. */
  #at = 0;

  /** Begins at the records of a batch, `bytes[start, end)`. @returns what is wrong with them as a whole, if anything. */
  begin(count: number, bytes: Uint8Array, start: number, end: number): string | undefined {
    this.#bytes = bytes;
    this.#next = start;
    this.#end = end;
    this.left = count;
    this.lastOffset = -1;
    if (count * SHORTEST_RECORD_BYTES > end - start) return `${count} records in ${end - start} bytes`;
    return undefined;
  }

  /**
   * Appends records at or beyond offset `from` to `into`, their spans moved by `shift`.
   * @returns what is wrong with the record at which reading ended, if anything; those before it are there.
   */
  read(
    batch: BatchHeader,
    into: RecordSpans,
    from: number,
    { maxRecords, maxBytes }: ReadLimits,
    shift: number,
  ): string | undefined {
    into.reserve(Math.min(this.left, Math.max(maxRecords - into.count, 0)));
    const { baseOffset, lastOffset, baseTimestamp, maxTimestamp, isLogAppendTime } = batch;
    const batchEnd = this.#end;
    this.bytesTaken = 0;
    while (this.left > 0 && into.count < maxRecords) {
      const start = this.#next;
      this.#at = start;
      const length = this.#varint(batchEnd);
      const end = this.#at + length;
      if (length < SHORTEST_RECORD_BYTES - 1 || end > batchEnd) return wrongLength(length, batchEnd - start);
      // The attributes of a record are not used.
      this.#at++;
      const timestampDelta = this.#varlong(end);
      const offset = baseOffset + this.#varint(end);
      if (this.#at > end) return 'a timestamp or offset that does not end';
      if (offset <= this.lastOffset || offset < baseOffset || offset > lastOffset) {
        return `offset ${offset} in a batch up to ${lastOffset}, behind ${this.lastOffset}`;
      }
      if (offset >= from) {
        if (end - start > maxBytes - this.bytesTaken && into.count > 0) return undefined;
        const wrong = this.#fields(end, into.spans, into.count * SPAN_STRIDE, shift);
        if (wrong !== undefined) return wrong;
        into.offsets[into.count] = offset;
        into.timestamps[into.count] = isLogAppendTime ? maxTimestamp : baseTimestamp + timestampDelta;
        into.count++;
        this.bytesTaken += end - start;
      }
      this.lastOffset = offset;
      this.#next = end;
      this.left--;
    }
    if (this.left > 0 || this.#next === batchEnd) return undefined;
    return `${batchEnd - this.#next} bytes behind the last record`;
  }

  /** Key, value and headers of the record that ends at `end`. @returns what is wrong, if anything. */
  #fields(end: number, spans: Int32Array, span: number, shift: number): string | undefined {
    const keyLength = this.#varint(end);
    const keyStart = this.#at;
    if (keyLength < -1 || keyLength > end - keyStart) return `a key of ${keyLength} bytes`;
    if (keyLength > 0) this.#at += keyLength;
    const valueLength = this.#varint(end);
    const valueStart = this.#at;
    if (valueLength < -1 || valueLength > end - valueStart) return `a value of ${valueLength} bytes`;
    const headersStart = valueLength > 0 ? valueStart + valueLength : valueStart;
    spans[span + KEY_START] = keyLength < 0 ? -1 : keyStart + shift;
    spans[span + KEY_END] = keyLength < 0 ? -1 : keyStart + keyLength + shift;
    spans[span + VALUE_START] = valueLength < 0 ? -1 : valueStart + shift;
    spans[span + VALUE_END] = valueLength < 0 ? -1 : valueStart + valueLength + shift;
    spans[span + HEADERS_START] = headersStart + shift;
    spans[span + HEADERS_END] = end + shift;
    if (end - headersStart === 1 && this.#bytes[headersStart] === 0) return undefined;
    this.#at = headersStart;
    return this.#headers(end) ? undefined : 'headers that do not fill the end of the record';
  }

  /**
   * Whether what is left up to `end` are record headers. Only their lengths are looked at; which headers there are is found
   * out by who asks, and nobody behind this has to expect broken ones.
   */
  #headers(end: number): boolean {
    const count = this.#varint(end);
    // A header takes two bytes or more.
    if (count < 0 || count * 2 > end - this.#at) return false;
    for (let i = 0; i < count; i++) {
      const nameLength = this.#varint(end);
      if (nameLength < 0 || nameLength > end - this.#at) return false;
      this.#at += nameLength;
      const valueLength = this.#varint(end);
      if (valueLength < -1 || valueLength > end - this.#at) return false;
      if (valueLength > 0) this.#at += valueLength;
    }
    return this.#at === end;
  }

  #varint(end: number): number {
    const at = this.#at;
    if (at < end) {
      const byte = this.#bytes[at]!;
      if (byte < 0x80) {
        this.#at = at + 1;
        return (byte >>> 1) ^ -(byte & 1);
      }
      const second = at + 1 < end ? this.#bytes[at + 1]! : 0x80;
      if (second < 0x80) {
        this.#at = at + 2;
        return (((byte & 0x7f) >>> 1) | (second << 6)) ^ -(byte & 1);
      }
    }
    return this.#longerVarint(at, end);
  }

  #longerVarint(start: number, end: number): number {
    const bytes = this.#bytes;
    const limit = Math.min(end, start + VARINT_BYTES);
    let result = 0;
    let shift = 0;
    for (let at = start; at < limit; shift += 7) {
      const byte = bytes[at++]!;
      result |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.#at = at;
        return (result >>> 1) ^ -(result & 1);
      }
    }
    this.#at = BROKEN;
    return 0;
  }

  /** Up to 64 bits, rounded beyond 2^53. The sign is the lowest bit, which is kept aside so that rounding cannot touch it. */
  #varlong(end: number): number {
    const bytes = this.#bytes;
    const start = this.#at;
    const limit = Math.min(end, start + VARLONG_BYTES);
    // A record is long enough for the first byte, whatever it holds.
    const first = bytes[start]!;
    let byte = first;
    let result = (first & 0x7f) >>> 1;
    let at = start + 1;
    for (let scale = 64; byte >= 0x80 && at < limit; scale *= 128) {
      byte = bytes[at++]!;
      result += (byte & 0x7f) * scale;
    }
    this.#at = byte < 0x80 && result < TWO_TO_63 ? at : BROKEN;
    return (first & 1) === 0 ? result : -result - 1;
  }
}

function wrongLength(length: number, left: number): string {
  return `a record of ${length} bytes with ${left} left`;
}
