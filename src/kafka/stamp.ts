import type { HeaderStamp, Lease } from '../pipeline/ports.ts';
import { sizeOfHeader, writeHeader } from './headers.ts';
import { writeVarint } from './varint.ts';

const utf8 = new TextEncoder();
const SOURCE = utf8.encode('source');
const ZERO = 0x30;

/** Headers for outgoing records, encoded once: `bytes` holds `count` of them without the count that precedes headers. */
export class EncodedStamp implements HeaderStamp {
  readonly names: readonly string[];
  /** The UTF-8 names whose headers on the incoming record are replaced. */
  readonly encodedNames: readonly Uint8Array[];
  readonly bytes: Uint8Array;
  /** Headers in `bytes`; `source` is not among them. */
  readonly count: number;
  readonly source: boolean;

  constructor(headers: readonly (readonly [name: string, value: string])[], source: boolean) {
    const encoded = headers.map(([name, value]) => [utf8.encode(name), utf8.encode(value)] as const);
    const size = encoded.reduce((sum, [name, value]) => sum + sizeOfHeader(name.length, value.length), 0);
    this.bytes = new Uint8Array(size);
    let at = 0;
    for (const [name, value] of encoded) at = writeHeader(this.bytes, at, name, value);
    this.count = headers.length;
    this.source = source;
    const names = headers.map(([name]) => name);
    this.names = source ? [...names, 'source'] : names;
    this.encodedNames = this.names.map((name) => utf8.encode(name));
  }

  /** Whether `bytes[start, end)` is one of the stamp's names. */
  replaces(bytes: Uint8Array, start: number, end: number): boolean {
    for (let n = 0; n < this.encodedNames.length; n++) {
      const name = this.encodedNames[n]!;
      if (name.length !== end - start) continue;
      let i = 0;
      while (i < name.length && name[i] === bytes[start + i]) i++;
      if (i === name.length) return true;
    }
    return false;
  }
}

/** Writes the `source: topic/partition@offset` header; the part that a lease fixes is encoded once per lease. */
export class SourceHeader {
  #lease: Lease | undefined;
  #prefix: Uint8Array = new Uint8Array(0);
  #digits = 1;

  /** Bytes of the header for `offset` of `lease`, to be followed by `write`. */
  measure(lease: Lease, offset: number): number {
    if (lease !== this.#lease) {
      this.#lease = lease;
      this.#prefix = utf8.encode(`${lease.topic}/${lease.partition}@`);
    }
    let digits = 1;
    for (let rest = offset; rest >= 10; rest = Math.floor(rest / 10)) digits++;
    this.#digits = digits;
    return sizeOfHeader(SOURCE.length, this.#prefix.length + digits);
  }

  /** Writes what was just measured at `position`. @returns the position after it. */
  write(bytes: Uint8Array, position: number, offset: number): number {
    const valueLength = this.#prefix.length + this.#digits;
    let at = writeVarint(bytes, position, SOURCE.length);
    bytes.set(SOURCE, at);
    at = writeVarint(bytes, at + SOURCE.length, valueLength);
    bytes.set(this.#prefix, at);
    const end = at + valueLength;
    let rest = offset;
    for (let digit = end - 1; digit >= end - this.#digits; digit--) {
      const tenth = Math.floor(rest / 10);
      bytes[digit] = ZERO + (rest - tenth * 10);
      rest = tenth;
    }
    return end;
  }
}
