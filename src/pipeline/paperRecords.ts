import type { Block, ByteBuffer, HeaderStamp, RecordBuffer, RecordMaker } from './ports.ts';

/** A record as it would be sent. */
export interface PaperRecord {
  readonly topic: string;
  /** The record it was made of. */
  readonly block: Block;
  readonly index: number;
  /** Undefined where it is null. */
  readonly value: Uint8Array | undefined;
  readonly headers: ReadonlyMap<string, string>;
}

class PaperStamp implements HeaderStamp {
  readonly names: readonly string[];
  readonly headers: ReadonlyMap<string, string>;

  constructor(headers: readonly (readonly [string, string])[]) {
    this.names = headers.map(([name]) => name);
    this.headers = new Map(headers);
  }
}

/** Makes records that nobody sends, for tools that show what would be published: the encoder does not know the difference. */
export class PaperRecords implements RecordMaker {
  readonly #made: (record: PaperRecord) => void;

  constructor(made: (record: PaperRecord) => void) {
    this.#made = made;
  }

  newRecords(topic: string, partition: number): RecordBuffer {
    return new PaperBuffer(topic, partition, this.#made);
  }

  newStamp(headers: readonly (readonly [string, string])[]): HeaderStamp {
    return new PaperStamp(headers);
  }

  /** Where a record would go is of no interest here. */
  partitionOfKey(): number {
    return 0;
  }

  release(): void {}
}

class PaperBuffer implements RecordBuffer {
  readonly topic: string;
  readonly partition: number;
  readonly isFull = false;
  count = 0;
  byteLength = 0;
  readonly #made: (record: PaperRecord) => void;
  readonly #room: ByteBuffer = { bytes: new Uint8Array(1024), length: 0 };

  constructor(topic: string, partition: number, made: (record: PaperRecord) => void) {
    this.topic = topic;
    this.partition = partition;
    this.#made = made;
  }

  valueRoom(): ByteBuffer {
    this.#room.length = 0;
    return this.#room;
  }

  append(
    block: Block,
    index: number,
    value: Uint8Array,
    start: number,
    end: number,
    _timestampMs: number,
    stamp: HeaderStamp,
  ): void {
    this.count++;
    this.byteLength += Math.max(0, end - start);
    this.#made({
      topic: this.topic,
      block,
      index,
      value: start < 0 ? undefined : value.slice(start, end),
      headers: stamp instanceof PaperStamp ? stamp.headers : new Map(),
    });
  }
}
