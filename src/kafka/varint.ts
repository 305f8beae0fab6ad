/**
 * Kafka's variable-length integers (record format v2): zigzag, then seven bits a byte, low bits first. Exact up to
 * 2^52 in magnitude, without BigInt: a record carries four of them or more.
 */
const TWO_TO_31 = 0x80000000;

/** Bytes that `value` takes. */
export function sizeOfVarint(value: number): number {
  if (value >= 0 && value < 0x2000) return value < 0x40 ? 1 : 2;
  let rest = value >= 0 ? value * 2 : value * -2 - 1;
  let size = 1;
  while (rest >= TWO_TO_31) {
    rest = Math.floor(rest / 128);
    size++;
  }
  while (rest >= 128) {
    rest >>>= 7;
    size++;
  }
  return size;
}

/** Writes `value` at `position`; the caller has made room. @returns the position after it. */
export function writeVarint(bytes: Uint8Array, position: number, value: number): number {
  // Most are lengths and differences of a byte or two.
  if (value >= 0 && value < 0x40) {
    bytes[position] = value << 1;
    return position + 1;
  }
  if (value >= 0 && value < 0x2000) {
    bytes[position] = ((value << 1) & 0x7f) | 0x80;
    bytes[position + 1] = value >> 6;
    return position + 2;
  }
  let rest = value >= 0 ? value * 2 : value * -2 - 1;
  let at = position;
  while (rest >= TWO_TO_31) {
    bytes[at++] = (rest % 128) | 0x80;
    rest = Math.floor(rest / 128);
  }
  while (rest >= 128) {
    bytes[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  bytes[at++] = rest;
  return at;
}

/** Reads 32-bit varints one after another; `position` moves along and becomes -1 on a varint cut short or too long. */
export class VarintReader {
  bytes: Uint8Array = new Uint8Array(0);
  position = 0;
  end = 0;

  read(): number {
    let result = 0;
    let shift = 0;
    while (this.position >= 0 && this.position < this.end && shift <= 28) {
      const byte = this.bytes[this.position++]!;
      result |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (result >>> 1) ^ -(result & 1);
      shift += 7;
    }
    this.position = -1;
    return 0;
  }
}
