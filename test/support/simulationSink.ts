import type {
  Block,
  ByteBuffer,
  HeaderStamp,
  Lease,
  RecordBuffer,
  Refusal,
  Sink,
} from '../../src/pipeline/ports.ts';
import { KEY_END, KEY_START, SPAN_STRIDE } from '../../src/pipeline/ports.ts';
import { DEAD, SCORED, type SimulatedBroker, type Written } from './simulationBroker.ts';
import type { ProcessClock } from './simulationClock.ts';
import type { SeededRandom } from './simulationRandom.ts';

export class SimulatedStamp implements HeaderStamp {
  readonly names: readonly string[];
  readonly #headers: readonly (readonly [string, string])[];
  readonly #source: boolean;

  constructor(headers: readonly (readonly [string, string])[], { source }: { source: boolean }) {
    this.names = headers.map(([name]) => name);
    this.#headers = headers;
    this.#source = source;
  }

  headersOf({ topic, partition }: Lease, offset: number): Map<string, string> {
    const headers = new Map(this.#headers);
    if (this.#source) headers.set('source', `${topic}/${partition}@${offset}`);
    return headers;
  }
}

const FULL_RECORDS = 5;

/** Copies what is appended, as the port says. */
export class SimulatedRecords implements RecordBuffer {
  topic: string;
  partition: number;
  records: Written[] = [];
  byteLength = 0;

  constructor(topic: string, partition: number) {
    this.topic = topic;
    this.partition = partition;
  }

  /** Begins again as another buffer. */
  reset(topic: string, partition: number): void {
    this.topic = topic;
    this.partition = partition;
    this.records = [];
    this.byteLength = 0;
  }

  get count(): number {
    return this.records.length;
  }

  /** Soon, so that a batch has several buffers for one partition. */
  get isFull(): boolean {
    return this.records.length >= FULL_RECORDS;
  }

  /** Not at its beginning, and with something in front of it. */
  valueRoom(): ByteBuffer {
    return { bytes: new Uint8Array(64).fill(0xee), length: 3 };
  }

  append(
    block: Block,
    index: number,
    value: Uint8Array,
    start: number,
    end: number,
    timestampMs: number,
    stamp: HeaderStamp,
  ): void {
    const keyStart = block.spans[index * SPAN_STRIDE + KEY_START];
    const keyEnd = block.spans[index * SPAN_STRIDE + KEY_END];
    this.byteLength += Math.max(0, end - start);
    this.records.push({
      topic: this.topic,
      partition: this.partition,
      lease: block.lease,
      from: block.lease.partition,
      offset: block.offsets[index],
      key: keyStart < 0 ? null : block.bytes.slice(keyStart, keyEnd),
      value: start < 0 ? null : value.slice(start, end),
      headers: (stamp as SimulatedStamp).headersOf(block.lease, block.offsets[index]),
      timestampMs: timestampMs < 0 ? block.timestamps[index] : timestampMs,
    });
  }
}

export interface SinkFaults {
  /** The longest a send takes, milliseconds. */
  readonly slowMs: number;
  /** How often, in percent, the brokers are away for a while. */
  readonly downPercent: number;
  readonly down: () => void;
  readonly up: () => void;
}

export class SimulatedSink implements Sink {
  readonly #broker: SimulatedBroker;
  readonly #random: SeededRandom;
  readonly #clock: ProcessClock;
  readonly #faults: SinkFaults;
  #sends = 0;
  #away = 0;
  /** Buffers given back, to be used again as soon as one is asked for. */
  readonly #free: SimulatedRecords[] = [];
  readonly #out = new Set<RecordBuffer>();
  readonly #inSends = new Set<RecordBuffer>();
  /** By topic and partition: when the last send that was begun has written. */
  readonly #written = new Map<string, Promise<void>>();

  constructor(broker: SimulatedBroker, random: SeededRandom, clock: ProcessClock, faults: SinkFaults) {
    this.#broker = broker;
    this.#random = random;
    this.#clock = clock;
    this.#faults = faults;
  }

  get isSending(): boolean {
    return this.#sends > 0;
  }

  /** Buffers made and not given back. */
  get unreleased(): number {
    return this.#out.size;
  }

  start = () => Promise.resolve();
  stop = () => Promise.resolve();
  partitionCount = () => Promise.resolve(this.#broker.outputPartitions);
  newStamp = (headers: readonly (readonly [string, string])[], options: { source: boolean }) =>
    new SimulatedStamp(headers, options);

  newRecords(topic: string, partition: number): SimulatedRecords {
    const records = this.#free.pop() ?? new SimulatedRecords(topic, partition);
    records.reset(topic, partition);
    this.#out.add(records);
    return records;
  }

  release(records: RecordBuffer): void {
    if (!this.#out.delete(records)) this.#broker.violated('a record buffer was released twice');
    if (this.#inSends.has(records)) this.#broker.violated('a record buffer was released while it was sent');
    // Whoever looks at it now finds nothing, or another's records.
    (records as SimulatedRecords).reset('released', -1);
    this.#free.push(records as SimulatedRecords);
  }

  partitionOfKey(bytes: Uint8Array, start: number, end: number, partitions: number): number {
    let sum = 0;
    for (let at = start; at < end; at++) sum += bytes[at];
    return sum % partitions;
  }

  /** Sends overlap: each writes to a partition when those before it have, and is answered some time later. */
  async send(buffers: readonly RecordBuffer[]): Promise<readonly Refusal[]> {
    this.#sends++;
    this.#broker.mostSends = Math.max(this.#broker.mostSends, this.#sends);
    const refusals: Refusal[] = [];
    const byPartition = Map.groupBy(buffers, ({ topic, partition }) => `${topic}/${partition}`);
    const answers: Promise<void>[] = [];
    for (const [place, own] of byPartition) {
      const before = this.#written.get(place) ?? Promise.resolve();
      const written = before.then(() => this.#write(own, refusals));
      this.#written.set(
        place,
        written.then(() => {}),
      );
      answers.push(written.then((taken) => this.#acknowledge(taken)));
    }
    for (const buffer of buffers) this.#inSends.add(buffer);
    await Promise.all(answers);
    for (const buffer of buffers) this.#inSends.delete(buffer);
    this.#sends--;
    return refusals;
  }

  /** @returns what the broker took. */
  async #write(buffers: readonly RecordBuffer[], refusals: Refusal[]): Promise<Written[]> {
    const { slowMs, downPercent, down, up } = this.#faults;
    await this.#wait(slowMs);
    if (this.#random.chance(downPercent)) {
      this.#away++;
      down();
      await this.#wait(20_000);
      // They are back when nobody waits for them any more.
      if (--this.#away === 0) up();
    }
    const taken: Written[] = [];
    for (const buffer of buffers) {
      (buffer as SimulatedRecords).records.forEach((record, index) => {
        if (this.#refuses(record))
          refusals.push({ records: buffer, index, code: 'E-RECORD-TOO-LARGE', detail: 'too large' });
        else taken.push(record);
      });
    }
    for (const record of taken) this.#broker.write(record);
    return taken;
  }

  /** Between the write and this a crash leaves records that nobody was told of. */
  async #acknowledge(taken: readonly Written[]): Promise<void> {
    await this.#wait(this.#faults.slowMs);
    for (const record of taken) this.#broker.acknowledge(record);
  }

  #refuses({ topic, from, offset }: Written): boolean {
    if (topic === DEAD) return false;
    const source = this.#broker.inputs[from].records.find((record) => record.offset === offset);
    return topic === SCORED && source?.kind === 'too-large';
  }

  #wait(upToMs: number): Promise<void> {
    if (this.#random.chance(20)) return Promise.resolve();
    return new Promise((resolve) => this.#clock.timer(this.#random.between(0, upToMs), resolve));
  }
}
