/**
 * Avro's binary primitives as generated readers use them. Every function takes the position after `p` has been reached and
 * the exclusive `end`, reads nothing at or past `end`, and returns the new position or a negated read code. A value comes
 * back in `words`, so that nothing is allocated and no long passes through a BigInt.
 */

/** Results of reading, beside READ_OK and READ_SKIPPED of the port; rejections of single features and fields follow. */
export const FRAME = 2;
export const TRUNCATED = 3;
export const TRAILING = 4;
export const INVALID = 5;
export const LIMIT = 6;
export const UNUSABLE = 7;
export const FIRST_OWN_CODE = 8;

/** Records inside records: each level of a recursive or chained type is a stack frame or two. */
export const MAX_RECURSION = 256;
/** Items of no bytes (nulls, empty records) in one event: they cost the sender nothing and whoever decodes them a lot. */
const MAX_ZERO_SIZE_ITEMS = 10_000;

/** The value last read: [0] the low and [1] the high word of a long; or an int, a length, a block's count and end. */
export const words = new Int32Array(2);

const TWO_TO_32 = 4294967296;

/** A zigzag varint of at most 32 bits into words[0]. */
export function readInt(b: Uint8Array, start: number, end: number): number {
  let p = start;
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    if (p >= end) return -TRUNCATED;
    const byte = b[p++]!;
    if (byte < 128) {
      if (shift === 28 && byte > 15) return -INVALID;
      value |= byte << shift;
      words[0] = (value >>> 1) ^ -(value & 1);
      return p;
    }
    value |= (byte & 127) << shift;
  }
  return -INVALID;
}

/** A zigzag varint of at most 64 bits into words[0] (low) and words[1] (high). */
export function readLong(b: Uint8Array, start: number, end: number): number {
  let p = start;
  let low = 0;
  for (let shift = 0; shift < 28; shift += 7) {
    if (p >= end) return -TRUNCATED;
    const byte = b[p++]!;
    low |= (byte & 127) << shift;
    if (byte < 128) return keepLong(low, 0, p);
  }
  if (p >= end) return -TRUNCATED;
  // The fifth byte lies across both words.
  const middle = b[p++]!;
  low |= (middle & 127) << 28;
  let high = (middle & 127) >>> 4;
  if (middle < 128) return keepLong(low, high, p);
  for (let shift = 3; shift < 31; shift += 7) {
    if (p >= end) return -TRUNCATED;
    const byte = b[p++]!;
    high |= (byte & 127) << shift;
    if (byte < 128) return keepLong(low, high, p);
  }
  if (p >= end) return -TRUNCATED;
  const last = b[p++]!;
  return last > 1 ? -INVALID : keepLong(low, high | (last << 31), p);
}

/** Undoes the zigzag. */
function keepLong(low: number, high: number, p: number): number {
  const sign = -(low & 1);
  words[0] = ((low >>> 1) | (high << 31)) ^ sign;
  words[1] = (high >>> 1) ^ sign;
  return p;
}

/** The long in `words` as a double, rounded once. */
export function longValue(): number {
  return words[1]! * TWO_TO_32 + (words[0]! >>> 0);
}

/** The length of a string or bytes into words[0]; what it measures lies whole before `end`. */
export function readLength(b: Uint8Array, start: number, end: number): number {
  const p = readLong(b, start, end);
  if (p < 0) return p;
  if (words[1]! < 0) return -INVALID;
  if (words[1] !== 0 || words[0]! < 0 || words[0]! > end - p) return -TRUNCATED;
  return p;
}

/** Passes a string or bytes. */
export function skipBytes(b: Uint8Array, start: number, end: number): number {
  const p = readLength(b, start, end);
  return p < 0 ? p : p + words[0]!;
}

let zeroSizeItems = 0;

/** To be called before each event whose schema has arrays of items that take no bytes. */
export function resetZeroSizeItems(): void {
  zeroSizeItems = 0;
}

/**
 * The head of a block of an array or map: into words[0] its count (0 ends the array), into words[1] the position at which
 * its items must end, or -1 when the block does not say. `least` is what an item takes at least: a claim of more items than
 * the bytes left can hold is refused before the first is read.
 */
export function readBlock(b: Uint8Array, start: number, end: number, least: number): number {
  let p = readLong(b, start, end);
  if (p < 0) return p;
  let count = longValue();
  let blockEnd = -1;
  if (count < 0) {
    count = -count;
    p = readLong(b, p, end);
    if (p < 0) return p;
    const size = longValue();
    if (size < 0) return -INVALID;
    if (size > end - p) return -TRUNCATED;
    blockEnd = p + size;
  }
  if (least === 0) {
    zeroSizeItems += count;
    if (zeroSizeItems > MAX_ZERO_SIZE_ITEMS) return -LIMIT;
  } else if (count * least > (blockEnd < 0 ? end : blockEnd) - p) {
    return blockEnd < 0 ? -TRUNCATED : -INVALID;
  }
  words[0] = count;
  words[1] = blockEnd;
  return p;
}

/** The view of the bytes last asked for: blocks hold thousands of events, so one view serves them all. */
let viewed: Uint8Array = new Uint8Array(0);
let view = new DataView(viewed.buffer);

export function viewOf(b: Uint8Array): DataView {
  if (b !== viewed) {
    view = new DataView(b.buffer, b.byteOffset, b.byteLength);
    viewed = b;
  }
  return view;
}

/** The text of UTF-8 bytes; what is not UTF-8 becomes U+FFFD. */
export function textOf(b: Uint8Array, start: number, end: number): string {
  return Buffer.prototype.toString.call(b, 'utf8', start, end);
}
