import { NativeSink } from '../../src/kafka/native/sink.ts';
import { type Block, KEY_END, type RecordBuffer } from '../../src/pipeline/ports.ts';
import { DemoError } from './demoError.ts';

const MAX_KEY_BYTES = 1024;

/** Writes keyed records with Tidemark's own producer, each key in one partition, in order. */
export class Publisher {
  readonly #sink: NativeSink;
  readonly #partitions = new Map<string, number>();
  readonly #open = new Map<string, RecordBuffer>();
  readonly #stamp;
  readonly #key = Buffer.alloc(MAX_KEY_BYTES);
  /** What every record takes its key from. */
  readonly #keyed: Block = keyed(this.#key);

  constructor(brokers: readonly string[]) {
    // An unreachable broker is waited for; the view shows that nothing moves.
    const patient = { paused: () => {}, resumed: () => {} };
    this.#sink = new NativeSink({ brokers, clientId: 'tidemark-demo' }, {}, patient);
    this.#stamp = this.#sink.newStamp([], { source: false });
  }

  async start(topics: readonly string[]): Promise<void> {
    await this.#sink.start();
    for (const topic of topics) this.#partitions.set(topic, await this.#sink.partitionCount(topic));
  }

  /** Adds a record to those that the next `flush` sends. */
  append(topic: string, key: string, value: Buffer, timestampMs: number): void {
    const partition = this.partitionOf(topic, key);
    const name = `${topic}/${partition}`;
    let buffer = this.#open.get(name);
    if (buffer === undefined) {
      buffer = this.#sink.newRecords(topic, partition);
      this.#open.set(name, buffer);
    }
    buffer.append(this.#keyed, 0, value, 0, value.length, timestampMs, this.#stamp);
  }

  /** Where records of this key go. */
  partitionOf(topic: string, key: string): number {
    const length = this.#key.write(key);
    this.#keyed.spans[KEY_END] = length;
    return this.#sink.partitionOfKey(this.#key, 0, length, this.#partitions.get(topic)!);
  }

  /** Sends what was appended; resolves when all replicas have it. */
  async flush(): Promise<void> {
    const buffers = [...this.#open.values()];
    this.#open.clear();
    if (buffers.length === 0) return;
    const [refusal] = await this.#sink.send(buffers);
    if (refusal !== undefined) {
      throw new DemoError(
        `${refusal.records.topic} takes no more records: ${refusal.detail} (${refusal.code}).`,
      );
    }
    for (const buffer of buffers) this.#sink.release(buffer);
  }

  async stop(): Promise<void> {
    await this.#sink.stop();
  }
}

/** A record with a key at the beginning of these bytes, no value and no headers. */
function keyed(key: Uint8Array): Block {
  return {
    lease: { topic: '', partition: 0, generation: 0, state: { kind: 'held' } },
    bytes: key,
    count: 1,
    spans: Int32Array.of(0, 0, -1, -1, -1, -1),
    offsets: Float64Array.of(0),
    timestamps: Float64Array.of(-1),
    nextOffset: 1,
    endOffset: 1,
  };
}
