/**
 * Record headers in Kafka's own encoding (record format v2): a varint count, then for each header a varint-length-prefixed
 * name and value, where length -1 is a null value. This is what the headers span of a block points at.
 */
import { TidemarkError } from '../errors.ts';
import { sizeOfVarint, VarintReader, writeVarint } from './varint.ts';

export interface Header {
  readonly name: string;
  readonly value: Uint8Array | null;
}

/** Steps through raw headers without making an object for each; one cursor is used again and again. */
export class HeaderCursor {
  /** Headers that the encoding says there are. */
  count = 0;
  /** Where the current header begins and ends, and its name and value; a null value has start and end -1. */
  start = 0;
  end = 0;
  nameStart = 0;
  nameEnd = 0;
  valueStart = 0;
  valueEnd = 0;
  readonly #varints = new VarintReader();
  #left = 0;

  /** Begins at raw headers `bytes[start, end)`; an empty span has no headers. */
  begin(bytes: Uint8Array, start: number, end: number): void {
    this.#varints.bytes = bytes;
    this.#varints.position = start;
    this.#varints.end = end;
    this.count = start < 0 || start >= end ? 0 : this.#varints.read();
    if (this.#varints.position < 0 && this.count !== 0) throw malformed();
    if (this.count < 0) throw malformed();
    this.#left = this.count;
  }

  /** Moves to the next header. @returns false when there is none. Throws E-INTERNAL when the encoding is broken. */
  next(): boolean {
    if (this.#left === 0) return false;
    this.#left--;
    const varints = this.#varints;
    this.start = varints.position;
    const nameLength = varints.read();
    this.nameStart = varints.position;
    this.nameEnd = this.nameStart + nameLength;
    if (this.nameStart < 0 || nameLength < 0 || this.nameEnd > varints.end) throw malformed();
    varints.position = this.nameEnd;
    const valueLength = varints.read();
    if (varints.position < 0 || valueLength < -1) throw malformed();
    this.valueStart = valueLength < 0 ? -1 : varints.position;
    this.valueEnd = valueLength < 0 ? -1 : varints.position + valueLength;
    this.end = valueLength < 0 ? varints.position : this.valueEnd;
    if (this.end > varints.end) throw malformed();
    varints.position = this.end;
    return true;
  }
}

function malformed(): TidemarkError {
  return new TidemarkError('E-INTERNAL', 'record headers are not in record format v2');
}

const utf8 = new TextEncoder();

/** Bytes of one header once encoded. */
export function sizeOfHeader(nameLength: number, valueLength: number): number {
  const value = valueLength < 0 ? 1 : sizeOfVarint(valueLength) + valueLength;
  return sizeOfVarint(nameLength) + nameLength + value;
}

/** Writes one header at `position`; the caller has made room. @returns the position after it. */
export function writeHeader(
  bytes: Uint8Array,
  position: number,
  name: Uint8Array,
  value: Uint8Array | null,
): number {
  let at = writeVarint(bytes, position, name.length);
  bytes.set(name, at);
  at = writeVarint(bytes, at + name.length, value === null ? -1 : value.length);
  if (value === null) return at;
  bytes.set(value, at);
  return at + value.length;
}

/** Headers as raw bytes, count first. */
export function encodeHeaders(headers: readonly Header[]): Uint8Array {
  const names = headers.map((header) => utf8.encode(header.name));
  let size = sizeOfVarint(headers.length);
  for (let i = 0; i < headers.length; i++)
    size += sizeOfHeader(names[i]!.length, headers[i]!.value?.length ?? -1);
  const bytes = new Uint8Array(size);
  let at = writeVarint(bytes, 0, headers.length);
  for (let i = 0; i < headers.length; i++) at = writeHeader(bytes, at, names[i]!, headers[i]!.value);
  return bytes;
}

/** Raw headers as objects, for what is off the hot path. Values are views into `bytes`. */
export function decodeHeaders(bytes: Uint8Array, start: number, end: number): Header[] {
  const cursor = new HeaderCursor();
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headers: Header[] = [];
  cursor.begin(bytes, start, end);
  while (cursor.next()) {
    headers.push({
      name: text.toString('utf8', cursor.nameStart, cursor.nameEnd),
      value: cursor.valueStart < 0 ? null : bytes.subarray(cursor.valueStart, cursor.valueEnd),
    });
  }
  return headers;
}
