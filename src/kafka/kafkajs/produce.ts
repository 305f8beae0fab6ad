import { CompressionTypes, type Message, type Producer } from 'kafkajs';
import { TidemarkError } from '../../errors.ts';
import {
  HEADERS_END,
  HEADERS_START,
  KEY_END,
  KEY_START,
  SPAN_STRIDE,
  VALUE_END,
  VALUE_START,
} from '../../pipeline/ports.ts';
import { HeaderCursor } from '../headers.ts';
import type { EncodedRecords } from '../records.ts';

export type Compression = 'none' | 'gzip';

/** The broker gives up waiting for replicas after this. */
const ACK_TIMEOUT_MS = 30_000;
const ALL_REPLICAS = -1;

/** Records `[from, to)` of a buffer as kafkajs wants them: views, nothing copied. */
export function messagesOf(records: EncodedRecords, from: number, to: number): Message[] {
  const { bytes, spans, timestamps, partition } = records;
  const view = (start: number, end: number) =>
    start < 0 ? null : Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start);
  const messages: Message[] = new Array(to - from);
  for (let i = from; i < to; i++) {
    const span = i * SPAN_STRIDE;
    messages[i - from] = {
      partition,
      key: view(spans[span + KEY_START]!, spans[span + KEY_END]!),
      value: view(spans[span + VALUE_START]!, spans[span + VALUE_END]!),
      // As text: kafkajs takes the number 0 for no timestamp.
      timestamp: String(timestamps[i]!),
      headers: headersOf(bytes, spans[span + HEADERS_START]!, spans[span + HEADERS_END]!),
    };
  }
  return messages;
}

const cursor = new HeaderCursor();

/** kafkajs cannot encode a null header value (it throws a TypeError): it is sent empty. */
function headersOf(bytes: Uint8Array, start: number, end: number): Record<string, Buffer | Buffer[]> {
  const headers: Record<string, Buffer | Buffer[]> = Object.create(null);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  cursor.begin(bytes, start, end);
  while (cursor.next()) {
    const name = text.toString('utf8', cursor.nameStart, cursor.nameEnd);
    const value = cursor.valueStart < 0 ? Buffer.alloc(0) : text.subarray(cursor.valueStart, cursor.valueEnd);
    const earlier = headers[name];
    if (earlier === undefined) headers[name] = value;
    else if (Array.isArray(earlier)) earlier.push(value);
    else headers[name] = [earlier, value];
  }
  return headers;
}

/**
 * One attempt to send messages to one partition; throws whatever kafkajs throws. One partition a request, because kafkajs
 * answers for a request as a whole: of several partitions nobody could tell which were written when one of them failed.
 */
export async function produceOnce(
  producer: Producer,
  topic: string,
  partition: number,
  messages: Message[],
  compression: Compression,
): Promise<void> {
  const acknowledged = await producer.send({
    topic,
    messages,
    acks: ALL_REPLICAS,
    timeout: ACK_TIMEOUT_MS,
    compression: compression === 'gzip' ? CompressionTypes.GZIP : CompressionTypes.None,
  });
  // A send whose partition lost its leader meanwhile resolves without having sent anything.
  const covered = acknowledged.some(
    (answer) => answer.topicName === topic && answer.partition === partition && answer.errorCode === 0,
  );
  if (!covered) {
    throw new TidemarkError(
      'E-KAFKA-UNREACHABLE',
      `no broker acknowledged records for ${topic}/${partition}`,
    );
  }
}
