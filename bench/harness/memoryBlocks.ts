import { partitionOfKey } from '../../src/kafka/murmur2.ts';
import {
  type Block,
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

export interface KeyedEvent {
  readonly key: Buffer;
  /** Framed and encoded. */
  readonly value: Buffer;
}

/** Different events in all: more than the processor's caches hold. */
export const EVENTS = 65_536;
const SEED = 1;

/** Simulated card payments, each in the partition of its customer. */
export function cardBlocks(partitions: number, rows: number, schemaId: number): MemoryBlock[] {
  return blocksOf(cardEvents(schemaId), partitions, rows);
}

function* cardEvents(schemaId: number): Generator<KeyedEvent> {
  const encode = transactionEncoder(schemaId);
  for (const transaction of transactions(EVENTS, SEED)) {
    yield { key: Buffer.from(transaction.customer_id), value: encode(transaction) };
  }
}

/** Events, each in the partition of its key, laid out in blocks of so many rows as a fetch would give them. */
export function blocksOf(events: Iterable<KeyedEvent>, partitions: number, rows: number): MemoryBlock[] {
  const open: KeyedEvent[][] = Array.from({ length: partitions }, () => []);
  const blocks: MemoryBlock[] = [];
  let given = 0;
  let spare = 0;
  for (const event of events) {
    const { key } = event;
    const partition = partitionOfKey(key, 0, key.length, partitions);
    open[partition]!.push(event);
    given++;
    if (open[partition]!.length < rows) continue;
    blocks.push(layOut(partition, open[partition]!));
    open[partition] = [];
  }
  // Of many partitions none may have filled a block: they give what they have.
  for (const [partition, rest] of open.entries()) {
    if (rest.length === 0) continue;
    if (blocks.length > partitions) spare += rest.length;
    else blocks.push(layOut(partition, rest));
  }
  if (spare > given / 2) throw new Error(`${spare} of ${given} events are in no block`);
  return blocks;
}

/** As the pipeline gets it, for who works without a source. */
export function asBlock({ partition, bytes, spans, timestamps, count }: MemoryBlock): Block {
  const offsets = Float64Array.from({ length: count }, (_, index) => index);
  return {
    lease: { topic: 'events', partition, generation: 1, state: { kind: 'held' } },
    bytes,
    count,
    spans,
    offsets,
    timestamps,
    nextOffset: count,
    endOffset: count,
  };
}

function layOut(partition: number, events: readonly KeyedEvent[]): MemoryBlock {
  const count = events.length;
  const spans = new Int32Array(count * SPAN_STRIDE);
  const pieces: Buffer[] = [];
  let at = 0;
  const put = (piece: Buffer, span: number, start: number, end: number) => {
    spans[span + start] = at;
    at += piece.length;
    spans[span + end] = at;
    pieces.push(piece);
  };
  for (const [index, { key, value }] of events.entries()) {
    const span = index * SPAN_STRIDE;
    put(key, span, KEY_START, KEY_END);
    put(value, span, VALUE_START, VALUE_END);
    put(Buffer.of(0), span, HEADERS_START, HEADERS_END);
  }
  const timestamps = new Float64Array(count).fill(Date.now());
  return { partition, bytes: Buffer.concat(pieces), spans, timestamps, count };
}
