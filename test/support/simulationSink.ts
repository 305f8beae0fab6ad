import type { Block, HeaderStamp, Lease, RecordBuffer, Refusal, Sink } from '../../src/pipeline/ports.ts';
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

/** Copies what is appended, as the port says. */
export class SimulatedRecords implements RecordBuffer {
  readonly topic: string;
  readonly partition: number;
  readonly records: Written[] = [];
  byteLength = 0;

  constructor(topic: string, partition: number) {
    this.topic = topic;
    this.partition = partition;
  }

  get count(): number {
    return this.records.length;
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
      timestampMs,
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
  #sending = false;

  constructor(broker: SimulatedBroker, random: SeededRandom, clock: ProcessClock, faults: SinkFaults) {
    this.#broker = broker;
    this.#random = random;
    this.#clock = clock;
    this.#faults = faults;
  }

  get isSending(): boolean {
    return this.#sending;
  }

  start = () => Promise.resolve();
  stop = () => Promise.resolve();
  partitionCount = () => Promise.resolve(this.#broker.outputPartitions);
  newRecords = (topic: string, partition: number) => new SimulatedRecords(topic, partition);
  newStamp = (headers: readonly (readonly [string, string])[], options: { source: boolean }) =>
    new SimulatedStamp(headers, options);

  partitionOfKey(bytes: Uint8Array, start: number, end: number, partitions: number): number {
    let sum = 0;
    for (let at = start; at < end; at++) sum += bytes[at];
    return sum % partitions;
  }

  async send(buffers: readonly RecordBuffer[]): Promise<readonly Refusal[]> {
    if (this.#sending) this.#broker.violated('two sends at a time');
    this.#sending = true;
    const { slowMs, downPercent, down, up } = this.#faults;
    await this.#wait(slowMs);
    if (this.#random.chance(downPercent)) {
      down();
      await this.#wait(20_000);
      up();
    }
    const refusals: Refusal[] = [];
    const taken: Written[] = [];
    for (const buffer of buffers) {
      (buffer as SimulatedRecords).records.forEach((record, index) => {
        if (this.#refuses(record))
          refusals.push({ records: buffer, index, code: 'E-RECORD-TOO-LARGE', detail: 'too large' });
        else taken.push(record);
      });
    }
    for (const record of taken) this.#broker.write(record);
    // Between these two a crash leaves records that nobody was told of.
    await this.#wait(slowMs);
    for (const record of taken) this.#broker.acknowledge(record);
    this.#sending = false;
    return refusals;
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
