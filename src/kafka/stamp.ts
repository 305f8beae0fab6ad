import type { HeaderStamp, Lease } from '../pipeline/ports.ts';
import { sizeOfHeader, writeHeader } from './headers.ts';

const utf8 = new TextEncoder();
const SOURCE = utf8.encode('source');
const ZERO = 0x30;
/** Of an offset, that may differ from record to record without encoding the header again. */
const MAX_DIGITS = 4;

/**
 * The headers of a stamp followed by `source: topic/partition@offset`. They are kept encoded from record to record, and only the
 * last digits of the offset are written anew: a record that follows another differs in no more.
 */
class SourcedHeaders {
  readonly #constant: Uint8Array;
  #lease: Lease | undefined;
  #encoded: Uint8Array = new Uint8Array(0);
  /** Offsets `[#from, #until)` differ in their last `#digits` digits alone; what stands before these is `#base`. */
  #from = 0;
  #until = 0;
  #base = 0;
  #digits = 1;

  /** @param constant the headers before it */
  constructor(constant: Uint8Array) {
    this.#constant = constant;
  }

  /** Valid until the next call. */
  of(lease: Lease, offset: number): Uint8Array {
    if (lease !== this.#lease || offset < this.#from || offset >= this.#until) this.#begin(lease, offset);
    const encoded = this.#encoded;
    let rest = (offset - this.#base) | 0;
    for (let at = encoded.length - 1, first = encoded.length - this.#digits; at >= first; at--) {
      const tenth = (rest / 10) | 0;
      encoded[at] = ZERO + (rest - tenth * 10);
      rest = tenth;
    }
    return encoded;
  }

  #begin(lease: Lease, offset: number): void {
    this.#lease = lease;
    const digits = String(offset).length;
    this.#digits = Math.min(digits, MAX_DIGITS);
    const span = 10 ** this.#digits;
    this.#base = Math.floor(offset / span) * span;
    this.#from = digits > MAX_DIGITS ? this.#base : offset < 10 ? 0 : 10 ** (digits - 1);
    this.#until = this.#base + span;
    const value = utf8.encode(`${lease.topic}/${lease.partition}@${offset}`);
    this.#encoded = new Uint8Array(this.#constant.length + sizeOfHeader(SOURCE.length, value.length));
    this.#encoded.set(this.#constant);
    writeHeader(this.#encoded, this.#constant.length, SOURCE, value);
  }
}

/** What every sink of Kafka's makes of headers. */
export function newStamp(
  headers: readonly (readonly [name: string, value: string])[],
  { source }: { readonly source: boolean },
): EncodedStamp {
  return new EncodedStamp(headers, source);
}

/** Headers for outgoing records, encoded once. */
export class EncodedStamp implements HeaderStamp {
  readonly names: readonly string[];
  /** The UTF-8 names whose headers on the incoming record are replaced. */
  readonly encodedNames: readonly Uint8Array[];
  /** How many headers `headersOf` gives. */
  readonly count: number;
  readonly #constant: Uint8Array;
  readonly #sourced: SourcedHeaders | undefined;

  constructor(headers: readonly (readonly [name: string, value: string])[], source: boolean) {
    const encoded = headers.map(([name, value]) => [utf8.encode(name), utf8.encode(value)] as const);
    const size = encoded.reduce((sum, [name, value]) => sum + sizeOfHeader(name.length, value.length), 0);
    this.#constant = new Uint8Array(size);
    let at = 0;
    for (const [name, value] of encoded) at = writeHeader(this.#constant, at, name, value);
    this.#sourced = source ? new SourcedHeaders(this.#constant) : undefined;
    this.count = headers.length + (source ? 1 : 0);
    const names = headers.map(([name]) => name);
    this.names = source ? [...names, 'source'] : names;
    this.encodedNames = this.names.map((name) => utf8.encode(name));
  }

  /** The headers, without the count that precedes them, for a record that came from `offset` of `lease`. Valid until the next call. */
  headersOf(lease: Lease, offset: number): Uint8Array {
    return this.#sourced === undefined ? this.#constant : this.#sourced.of(lease, offset);
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
