import { partitionOfKey } from '../../src/kafka/murmur2.ts';
import {
  HEADERS_END,
  HEADERS_START,
  KEY_END,
  KEY_START,
  SPAN_STRIDE,
  VALUE_END,
  VALUE_START,
} from '../../src/pipeline/ports.ts';
import { transactionEncoder } from '../../tools/simulator/avro.ts';
import { transactions } from '../../tools/simulator/simulate.ts';

export interface MemoryBlock {
  readonly partition: number;
  readonly bytes: Uint8Array;
  readonly spans: Int32Array;
  readonly timestamps: Float64Array;
  readonly count: number;
}

/** Different events in all: more than the processor's caches hold. */
const EVENTS = 65_536;
const SEED = 1;

/** Simulated card payments, each in the partition of its customer, laid out as a fetch would give them. */
export function cardBlocks(partitions: number, rows: number, schemaId: number): MemoryBlock[] {
  const encode = transactionEncoder(schemaId);
  const open: Buffer[][] = Array.from({ length: partitions }, () => []);
  const blocks: MemoryBlock[] = [];
  let spare = 0;
  for (const transaction of transactions(EVENTS, SEED)) {
    const key = Buffer.from(transaction.customer_id);
    const partition = partitionOfKey(key, 0, key.length, partitions);
    open[partition]!.push(key, Buffer.from(encode(transaction)));
    if (open[partition]!.length < 2 * rows) continue;
    blocks.push(layOut(partition, open[partition]!));
    open[partition] = [];
  }
  // Of many partitions none may have filled a block: they give what they have.
  for (const [partition, parts] of open.entries()) {
    if (parts.length === 0) continue;
    if (blocks.length > partitions) spare += parts.length / 2;
    else blocks.push(layOut(partition, parts));
  }
  if (spare > EVENTS / 2) throw new Error(`${spare} events are in no block`);
  return blocks;
}

function layOut(partition: number, parts: readonly Buffer[]): MemoryBlock {
  const count = parts.length / 2;
  const spans = new Int32Array(count * SPAN_STRIDE);
  const pieces: Buffer[] = [];
  let at = 0;
  const put = (piece: Buffer, span: number, start: number, end: number) => {
    spans[span + start] = at;
    at += piece.length;
    spans[span + end] = at;
    pieces.push(piece);
  };
  for (let i = 0; i < count; i++) {
    const span = i * SPAN_STRIDE;
    put(parts[2 * i]!, span, KEY_START, KEY_END);
    put(parts[2 * i + 1]!, span, VALUE_START, VALUE_END);
    put(Buffer.of(0), span, HEADERS_START, HEADERS_END);
  }
  const timestamps = new Float64Array(count).fill(Date.now());
  return { partition, bytes: Buffer.concat(pieces), spans, timestamps, count };
}
