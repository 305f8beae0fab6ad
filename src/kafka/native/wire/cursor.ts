/**
 * The primitives of Kafka's protocol (kafka.apache.org/protocol, "Protocol Primitive Types"; compact and tagged ones by
 * KIP-482), read from one contiguous buffer. Lengths and counts come from the network: each is held against what is left
 * before it is believed, so that no answer makes us read beyond it, reserve memory, or count to two billion.
 */
import { TidemarkError } from '../../../errors.ts';
import { isExact, readInt64 } from './int64.ts';

/** A response that is not laid out as its version says. Whoever parses a response turns it into a fault of the broker. */
export class WireError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'WireError';
  }
}

export interface ByteSpan {
  readonly start: number;
  readonly end: number;
}

/** Reads forward through `bytes[position, end)`. Every read throws WireError rather than passing `end`. */
export class WireCursor {
  readonly bytes: Buffer;
  position: number;
  readonly end: number;

  constructor(bytes: Buffer, position = 0, end = bytes.length) {
    if (position < 0 || position > end || end > bytes.length)
      throw new WireError('a response ends before its body');
    this.bytes = bytes;
    this.position = position;
    this.end = end;
  }

  get remaining(): number {
    return this.end - this.position;
  }

  int8(): number {
    return this.bytes.readInt8(this.#take(1));
  }

  int16(): number {
    return this.bytes.readInt16BE(this.#take(2));
  }

  int32(): number {
    return this.bytes.readInt32BE(this.#take(4));
  }

  /** Throws E-KAFKA-OFFSET beyond 2^53: a rounded offset would commit past records that were never read. */
  int64(): number {
    const at = this.#take(8);
    const value = readInt64(this.bytes, at);
    if (!isExact(value)) {
      throw new TidemarkError(
        'E-KAFKA-OFFSET',
        `offset ${this.bytes.readBigInt64BE(at)} cannot be held exactly`,
      );
    }
    return value;
  }

  /** An unsigned varint of at most 32 bits. */
  uvarint(): number {
    let result = 0;
    for (let shift = 0; shift <= 28; shift += 7) {
      const byte = this.bytes[this.#take(1)]!;
      result |= (byte & 0x7f) << shift;
      if (byte < 0x80) return result >>> 0;
    }
    throw new WireError('an unsigned varint is longer than five bytes');
  }

  compactString(): string | null {
    const size = this.uvarint() - 1;
    if (size < 0) return null;
    const at = this.#take(size);
    return this.bytes.toString('utf8', at, at + size);
  }

  /** Where the bytes lie; they are not copied. */
  compactBytes(): ByteSpan | null {
    const size = this.uvarint() - 1;
    if (size < 0) return null;
    const start = this.#take(size);
    return { start, end: start + size };
  }

  /** Elements of a compact array, -1 for null. Each takes a byte or more, so that a count beyond what is left is a lie. */
  arrayLength(): number {
    const length = this.uvarint() - 1;
    if (length > this.remaining) throw new WireError(`an array of ${length} in ${this.remaining} bytes`);
    return length;
  }

  skip(size: number): void {
    this.#take(size);
  }

  skipTags(): void {
    for (let left = this.uvarint(); left > 0; left--) {
      this.uvarint();
      this.#take(this.uvarint());
    }
  }

  /** Calls `visit` at the start of each tagged field; wherever it leaves the cursor, reading goes on behind the field. */
  tags(visit: (tag: number, size: number) => void): void {
    for (let left = this.uvarint(); left > 0; left--) {
      const tag = this.uvarint();
      const size = this.uvarint();
      const start = this.#take(size);
      this.position = start;
      visit(tag, size);
      if (this.position > start + size) throw new WireError(`tagged field ${tag} is longer than it says`);
      this.position = start + size;
    }
  }

  #take(size: number): number {
    const start = this.position;
    if (size < 0 || size > this.end - start) throw new WireError('a response ends within a field');
    this.position = start + size;
    return start;
  }
}
