import type { IHeaders, KafkaMessage } from 'kafkajs';
import {
  type Block,
  HEADERS_END,
  HEADERS_START,
  KEY_END,
  KEY_START,
  type Lease,
  SPAN_STRIDE,
  VALUE_END,
  VALUE_START,
} from '../../pipeline/ports.ts';
import { encodeHeaders, type Header } from '../headers.ts';
import { parseOffset } from '../offset.ts';

/** Raw headers of a record that has none: a count of 0. Every such record of a block shares these bytes, at its start. */
const NO_HEADERS = 1;

/**
 * Copies `messages[start, end)` of one fetch into a block. `nextOffset` and `endOffset` as in Block.
 * Throws E-KAFKA-OFFSET when an offset cannot be held.
 */
export function blockOfMessages(
  lease: Lease,
  messages: readonly KafkaMessage[],
  start: number,
  end: number,
  nextOffset: number,
  endOffset: number,
): Block {
  const count = end - start;
  const encodedHeaders: (Uint8Array | undefined)[] = new Array(count);
  let size = NO_HEADERS;
  for (let i = 0; i < count; i++) {
    const message = messages[start + i]!;
    encodedHeaders[i] = rawHeaders(message.headers);
    size += (message.key?.length ?? 0) + (message.value?.length ?? 0) + (encodedHeaders[i]?.length ?? 0);
  }
  const bytes = Buffer.allocUnsafeSlow(size);
  const spans = new Int32Array(count * SPAN_STRIDE);
  const offsets = new Float64Array(count);
  const timestamps = new Float64Array(count);
  bytes[0] = 0;
  let at = NO_HEADERS;
  for (let i = 0; i < count; i++) {
    const { key, value, offset, timestamp } = messages[start + i]!;
    const span = i * SPAN_STRIDE;
    spans[span + KEY_START] = key === null ? -1 : at;
    if (key !== null) at += key.copy(bytes, at);
    spans[span + KEY_END] = key === null ? -1 : at;
    spans[span + VALUE_START] = value === null ? -1 : at;
    if (value !== null) at += value.copy(bytes, at);
    spans[span + VALUE_END] = value === null ? -1 : at;
    const headers = encodedHeaders[i];
    spans[span + HEADERS_START] = headers === undefined ? 0 : at;
    if (headers !== undefined) bytes.set(headers, at);
    at += headers?.length ?? 0;
    spans[span + HEADERS_END] = headers === undefined ? NO_HEADERS : at;
    offsets[i] = parseOffset(offset);
    timestamps[i] = Number(timestamp);
  }
  return { lease, bytes, count, spans, offsets, timestamps, nextOffset, endOffset };
}

/** A block without records, which says that the position moved to `nextOffset`. */
export function emptyBlock(lease: Lease, nextOffset: number, endOffset: number): Block {
  return blockOfMessages(lease, [], 0, 0, nextOffset, endOffset);
}

/** Bytes that a message takes in a block, near enough to cut a fetch into blocks by. */
export function sizeOfMessage(message: KafkaMessage): number {
  return (message.key?.length ?? 0) + (message.value?.length ?? 0) + 64;
}

/**
 * kafkajs gives headers as an object in which values of one name are gathered: their order among other names is gone. A name
 * such as `constructor` meets what every object inherits, which comes first among its values and is dropped.
 */
function rawHeaders(headers: IHeaders | undefined): Uint8Array | undefined {
  if (headers === undefined) return undefined;
  const list: Header[] = [];
  for (const name in headers) {
    const values = headers[name];
    for (const value of Array.isArray(values) ? values : [values]) {
      if (value === null || value instanceof Uint8Array) list.push({ name, value });
    }
  }
  return list.length === 0 ? undefined : encodeHeaders(list);
}
