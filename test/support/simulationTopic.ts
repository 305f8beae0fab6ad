/** A topic that is read without a group, as a test wants it. */
import type { TidemarkError } from '../../src/errors.ts';
import type { Block, TopicReader, TopicReaderEvents } from '../../src/pipeline/ports.ts';
import { makeLease } from './simulationBench.ts';

export type Said = readonly [key: string, value: string | null];

/** A topic of one partition, whose readers can be broken. */
export class SimulatedTopic {
  readonly records: Said[] = [];
  readonly readers: SimulatedTopicReader[] = [];
  missing: TidemarkError | undefined;
  /** What is told of the end is behind by so many records. */
  behind = 0;

  say(...records: Said[]): void {
    this.records.push(...records);
    for (const reader of this.readers) reader.serve();
  }
}

export class SimulatedTopicReader implements TopicReader {
  readonly events: TopicReaderEvents;
  /** That were given. */
  readonly blocks: WeakRef<Block>[] = [];
  readonly #topic: SimulatedTopic;
  #at = -1;
  #stopped = false;
  #asked: ((block: Block | undefined) => void) | undefined;

  constructor(topic: SimulatedTopic, events: TopicReaderEvents) {
    this.#topic = topic;
    this.events = events;
    topic.readers.push(this);
  }

  async ends() {
    if (this.#topic.missing !== undefined) throw this.#topic.missing;
    return new Map([[0, { low: 0, end: this.#topic.records.length - this.#topic.behind }]]);
  }

  read(from: ReadonlyMap<number, number>): void {
    this.#at = from.get(0)!;
  }

  next(): Promise<Block | undefined> {
    if (this.#stopped) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#asked = resolve;
      this.serve();
    });
  }

  serve(): void {
    const said = this.#topic.records.slice(this.#at);
    if (said.length === 0 || this.#asked === undefined) return;
    const asked = this.#asked;
    this.#asked = undefined;
    const block = blockOf(said, this.#at);
    this.blocks.push(new WeakRef(block));
    asked(block);
    this.#at += said.length;
  }

  release(): void {}

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#asked?.(undefined);
    this.#asked = undefined;
  }
}

function blockOf(said: readonly Said[], offset: number): Block {
  const spans: number[] = [];
  let text = '';
  const add = (part: string | null) => {
    spans.push(part === null ? -1 : text.length, part === null ? -1 : text.length + part.length);
    text += part ?? '';
  };
  for (const [key, value] of said) {
    add(key);
    add(value);
    spans.push(0, 0);
  }
  const nextOffset = offset + said.length;
  return {
    lease: makeLease(),
    bytes: Buffer.from(text, 'latin1'),
    count: said.length,
    spans: Int32Array.from(spans),
    offsets: Float64Array.from(said, (_, i) => offset + i),
    timestamps: new Float64Array(said.length),
    nextOffset,
    endOffset: nextOffset,
  };
}
