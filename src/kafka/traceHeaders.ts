/**
 * W3C Trace Context in the headers of records: `traceparent: 00-<32 hex: trace>-<16 hex: span>-<2 hex: flags>`. Every event is
 * asked whether its producer sampled it, so that answer is found in the bytes; only the few that are traced become text.
 */
import type { TraceHeaders } from '../pipeline/ports.ts';
import type { TraceContext } from '../telemetry/tracing/eventTracer.ts';
import { HeaderCursor } from './headers.ts';

const utf8 = new TextEncoder();
const TRACEPARENT = utf8.encode('traceparent');
const TRACESTATE = utf8.encode('tracestate');
/** What everybody is to be able to pass on; the recommendation allows to drop a longer one. */
const MAX_TRACESTATE_BYTES = 512;

const DASH = 0x2d;
/** Even, and below what all digits of an id can make up for. */
const NO_DIGIT = -4096;
const DIGIT = digits();
/** Positions in a traceparent: version, trace, span, flags, a dash between each. */
const TRACE = 3;
const SPAN = 36;
const FLAGS = 53;
const LENGTH = 55;

export class TraceHeaderReader implements TraceHeaders {
  readonly #cursor = new HeaderCursor();
  /** Of the header found last; -1 when there is none or its value is null. */
  #start = -1;
  #end = -1;

  isSampled(bytes: Uint8Array, start: number, end: number): boolean {
    this.#findLast(TRACEPARENT, bytes, start, end);
    const at = this.#start;
    // The flag before the rest: most events are not sampled, and those need no proof.
    if (at < 0 || this.#end - at < LENGTH || (DIGIT[bytes[at + LENGTH - 1]!]! & 1) === 0) return false;
    return isTraceparent(bytes, at, this.#end);
  }

  contextOf(bytes: Uint8Array, start: number, end: number): TraceContext | undefined {
    this.#findLast(TRACEPARENT, bytes, start, end);
    if (this.#start < 0 || !isTraceparent(bytes, this.#start, this.#end)) return undefined;
    // Of a later version what this one knows.
    this.#end = this.#start + LENGTH;
    const traceparent = this.#text(bytes);
    this.#findLast(TRACESTATE, bytes, start, end);
    const length = this.#end - this.#start;
    if (this.#start < 0 || length === 0 || length > MAX_TRACESTATE_BYTES) return { traceparent };
    return { traceparent, tracestate: this.#text(bytes) };
  }

  /** The last one of a name counts, as in Kafka's own `Headers.lastHeader`. */
  #findLast(name: Uint8Array, bytes: Uint8Array, start: number, end: number): void {
    const cursor = this.#cursor;
    this.#start = -1;
    this.#end = -1;
    cursor.begin(bytes, start, end);
    while (cursor.next()) {
      const { nameStart } = cursor;
      if (cursor.nameEnd - nameStart !== name.length) continue;
      let i = 0;
      while (i < name.length && name[i] === bytes[nameStart + i]) i++;
      if (i < name.length) continue;
      this.#start = cursor.valueStart;
      this.#end = cursor.valueEnd;
    }
  }

  #text(bytes: Uint8Array): string {
    return Buffer.from(bytes.buffer, bytes.byteOffset + this.#start, this.#end - this.#start).toString();
  }
}

/** Whether `bytes[at, end)` is valid: https://www.w3.org/TR/trace-context/#traceparent-header. Later versions may be longer. */
function isTraceparent(bytes: Uint8Array, at: number, end: number): boolean {
  const length = end - at;
  if (length < LENGTH) return false;
  if (bytes[at + TRACE - 1] !== DASH || bytes[at + SPAN - 1] !== DASH || bytes[at + FLAGS - 1] !== DASH)
    return false;
  const version = hexSum(bytes, at, at + TRACE - 1);
  // ff is forbidden; version 00 ends with the flags.
  if (version < 0 || version === 30) return false;
  if (length > LENGTH && (version === 0 || bytes[at + LENGTH] !== DASH)) return false;
  // An id of zeros only is none.
  if (hexSum(bytes, at + TRACE, at + SPAN - 1) <= 0) return false;
  if (hexSum(bytes, at + SPAN, at + FLAGS - 1) <= 0) return false;
  return hexSum(bytes, at + FLAGS, at + LENGTH) >= 0;
}

/** The digits of `bytes[at, end)` added up, which is 0 for zeros alone; negative when one is no digit. */
function hexSum(bytes: Uint8Array, at: number, end: number): number {
  let sum = 0;
  for (let i = at; i < end; i++) sum += DIGIT[bytes[i]!]!;
  return sum;
}

/** What each byte is as a hexadecimal digit; only lower case is allowed. */
function digits(): Int16Array {
  const table = new Int16Array(256).fill(NO_DIGIT);
  for (const [value, digit] of utf8.encode('0123456789abcdef').entries()) table[digit] = value;
  return table;
}
