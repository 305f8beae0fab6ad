import type { ByteBuffer } from '../pipeline/ports.ts';

/** Twice a value up to this one is exact in a double, and 28 bits less of it fit into a word. */
const MOST_EXACT_TWICE = 2 ** 52;
/** Below this a plain loop beats the cost of making a view for `set`. */
const COPY_BY_LOOP_BYTES = 64;

export function newByteBuffer(capacity = 1024): ByteBuffer {
  return { bytes: new Uint8Array(capacity), length: 0 };
}

/** Makes room for `extra` more bytes after `out.length`; grows at least twofold, so that appending stays linear. */
export function ensure(out: ByteBuffer, extra: number): void {
  const needed = out.length + extra;
  if (needed <= out.bytes.length) return;
  const grown = new Uint8Array(Math.max(needed, out.bytes.length * 2));
  grown.set(out.bytes.subarray(0, out.length));
  out.bytes = grown;
}

/** Copies `from[start, end)` to `to` at `at`, without checking for room. */
export function copyBytes(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number): void {
  if (end - start > COPY_BY_LOOP_BYTES) {
    to.set(from.subarray(start, end), at);
    return;
  }
  for (let i = start, o = at; i < end; i++, o++) to[o] = from[i]!;
}

/** Appends `from[start, end)` to `out`. */
export function append(out: ByteBuffer, from: Uint8Array, start: number, end: number): void {
  ensure(out, end - start);
  copyBytes(from, start, end, out.bytes, out.length);
  out.length += end - start;
}

/**
 * Writes a whole number within the 64-bit range as Avro writes int and long (zigzag, seven bits a byte) at `at`, without
 * checking for room (ten bytes at most).
 * @returns the position after it.
 */
export function putLong(bytes: Uint8Array, at: number, value: number): number {
  let o = at;
  if (value >= -0x40000000 && value < 0x40000000) {
    let small = (value << 1) ^ (value >> 31);
    while (small > 127) {
      bytes[o++] = (small & 127) | 128;
      small >>>= 7;
    }
    bytes[o++] = small;
    return o;
  }
  if (value > 0 && value <= MOST_EXACT_TWICE) {
    // Times are such values: 28 bits are four bytes, and what is left of them fits into a word.
    const zigzag = value * 2;
    let rest = (zigzag / 0x10000000) | 0;
    const low = zigzag - rest * 0x10000000;
    bytes[o] = (low & 127) | 128;
    bytes[o + 1] = ((low >>> 7) & 127) | 128;
    bytes[o + 2] = ((low >>> 14) & 127) | 128;
    bytes[o + 3] = (low >>> 21) | 128;
    o += 4;
    while (rest > 127) {
      bytes[o++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    bytes[o++] = rest;
    return o;
  }
  // In two words, since twice the value need not be exact in a double.
  const high = Math.floor(value / 4294967296);
  const low = value - high * 4294967296;
  const sign = high >> 31;
  let lowZigzag = ((low << 1) ^ sign) >>> 0;
  let highZigzag = (((high << 1) | (low >>> 31)) ^ sign) >>> 0;
  while (highZigzag !== 0) {
    bytes[o++] = (lowZigzag & 127) | 128;
    lowZigzag = ((lowZigzag >>> 7) | (highZigzag << 25)) >>> 0;
    highZigzag >>>= 7;
  }
  while (lowZigzag > 127) {
    bytes[o++] = (lowZigzag & 127) | 128;
    lowZigzag >>>= 7;
  }
  bytes[o++] = lowZigzag;
  return o;
}

export function appendLong(out: ByteBuffer, value: number): void {
  ensure(out, 10);
  out.length = putLong(out.bytes, out.length, value);
}
