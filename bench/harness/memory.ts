/** A Source and a Sink that are always ready. */
import { partitionOfKey } from '../../src/kafka/murmur2.ts';
import { BATCH_HEADER_BYTES } from '../../src/kafka/native/wire/recordBatch.ts';
import { EncodedRecords } from '../../src/kafka/records.ts';
import { newStamp } from '../../src/kafka/stamp.ts';
import type {
  Block,
  ClientCapabilities,
  Lease,
  Position,
  RecordBuffer,
  Refusal,
  SeekResult,
  Sink,
  Source,
  SourceEvents,
} from '../../src/pipeline/ports.ts';
import type { MemoryBlock } from './memoryBlocks.ts';

const capabilities: ClientCapabilities = {
  name: 'memory',
  deliveries: ['at-least-once'],
  readCommitted: 'full',
  drainsBeforeRevoke: 'full',
  staticMembership: false,
  compression: ['none'],
  seek: false,
};

/** Gives the same blocks over and over, each time further on in its partition, until enough events are given. */
export class MemorySource implements Source {
  readonly capabilities = capabilities;
  given = 0;
  released = 0;
  readonly #blocks: readonly MemoryBlock[];
  readonly #events: number;
  readonly #leases = new Map<number, Lease>();
  readonly #positions = new Map<number, number>();
  readonly #over = Promise.withResolvers<undefined>();
  #next = 0;

  constructor(blocks: readonly MemoryBlock[], events: number) {
    this.#blocks = blocks;
    this.#events = events;
  }

  async start(events: SourceEvents): Promise<void> {
    for (const { partition } of this.#blocks) {
      if (this.#leases.has(partition)) continue;
      this.#leases.set(partition, {
        topic: 'transactions',
        partition,
        generation: 1,
        state: { kind: 'held' },
      });
    }
    events.granted([...this.#leases.values()]);
  }

  async next(): Promise<Block | undefined> {
    if (this.given >= this.#events) return this.#over.promise;
    const { partition, bytes, spans, timestamps, count } = this.#blocks[this.#next]!;
    this.#next = (this.#next + 1) % this.#blocks.length;
    const from = this.#positions.get(partition) ?? 1_000_000;
    const nextOffset = from + count;
    this.#positions.set(partition, nextOffset);
    this.given += count;
    const offsets = new Float64Array(count);
    for (let i = 0; i < count; i++) offsets[i] = from + i;
    const lease = this.#leases.get(partition)!;
    return { lease, bytes, count, spans, offsets, timestamps, nextOffset, endOffset: nextOffset };
  }

  release(block: Block): void {
    this.released += block.count;
    if (this.released >= this.#events) this.#over.resolve(undefined);
  }

  async seek(): Promise<SeekResult> {
    return { kind: 'refused', why: 'it has no log to go back in' };
  }

  async commit(_positions: readonly Position[]): Promise<'committed'> {
    return 'committed';
  }

  async stop(): Promise<void> {}
}

/** Takes everything and keeps nothing. */
export class MemorySink implements Sink {
  readonly newStamp = newStamp;
  readonly partitionOfKey = partitionOfKey;
  records = 0;
  readonly #partitions: number;
  readonly #free: EncodedRecords[] = [];

  constructor(partitions: number) {
    this.#partitions = partitions;
  }

  async start(): Promise<void> {}
  async stop(): Promise<void> {}

  async partitionCount(): Promise<number> {
    return this.#partitions;
  }

  newRecords(topic: string, partition: number): RecordBuffer {
    const records = this.#free.pop();
    if (records === undefined) return new EncodedRecords(topic, partition, BATCH_HEADER_BYTES);
    records.reset(topic, partition);
    return records;
  }

  async send(buffers: readonly RecordBuffer[]): Promise<readonly Refusal[]> {
    for (const { count } of buffers) this.records += count;
    await systemImmediate();
    return [];
  }

  release(records: RecordBuffer): void {
    this.#free.push(records as EncodedRecords);
  }
}

function systemImmediate(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
