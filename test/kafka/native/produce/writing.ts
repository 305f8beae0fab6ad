/** A producer over simulated brokers, numbered records for it, and what must be true of them in the end. */
import type { TidemarkError } from '../../../../src/errors.ts';
import { Producer, type ProducerSettings } from '../../../../src/kafka/native/produce/producer.ts';
import { BATCH_HEADER_BYTES } from '../../../../src/kafka/native/wire/recordBatch.ts';
import { Outage } from '../../../../src/kafka/outage.ts';
import { EncodedRecords } from '../../../../src/kafka/records.ts';
import { EncodedStamp } from '../../../../src/kafka/stamp.ts';
import type { RecordBuffer } from '../../../../src/pipeline/ports.ts';
import { blockOf } from '../../arbitraries.ts';
import { type BrokerRules, GENEROUS } from './modelBroker.ts';
import { ModelCluster } from './modelCluster.ts';
import { TOPIC } from './produceWire.ts';

/** About three records to a batch, and a request takes a few. */
const SETTINGS: ProducerSettings = {
  compression: 'none',
  maxBatchBytes: 90,
  maxRecordBytes: 10_000,
  maxRequestBytes: 1_000,
  requestTimeoutMs: 5_000,
  ackTimeoutMs: 4_000,
};
const TIME = 1_700_000_000_000;
const NO_HEADERS = new EncodedStamp([], false);
const INCOMING = blockOf([{ offset: 0, timestamp: TIME, key: null, value: null, headers: [] }]);
/** What is on its way has an end, whatever goes wrong. */
const DEADLINE_MS = 20_000;

export class Writing {
  readonly cluster: ModelCluster;
  readonly producer: Producer;
  readonly pauses: TidemarkError[] = [];
  resumes = 0;
  readonly refused: number[] = [];
  readonly #rules: BrokerRules;
  readonly #outage: Outage;
  readonly #numbers = new Map<RecordBuffer, number[]>();
  #sent = 0;

  constructor(partitions: number, rules = GENEROUS, settings: Partial<ProducerSettings> = {}) {
    this.#rules = rules;
    this.cluster = new ModelCluster(partitions, rules);
    this.#outage = new Outage({
      paused: (cause) => this.pauses.push(cause),
      resumed: () => this.resumes++,
    });
    this.producer = new Producer(this.cluster, { ...SETTINGS, ...settings }, this.#outage);
  }

  get sent(): number {
    return this.#sent;
  }

  /** One call with so many records, the partitions in turn. */
  send(count: number): Promise<void> {
    const buffers = this.cluster.logs.map(
      (_, partition) => new EncodedRecords(TOPIC, partition, BATCH_HEADER_BYTES),
    );
    for (const buffer of buffers) this.#numbers.set(buffer, []);
    for (let i = 0; i < count; i++) {
      const number = this.#sent++;
      const buffer = buffers[number % buffers.length]!;
      const value = Buffer.from(String(number));
      buffer.append(INCOMING, 0, value, 0, value.length, TIME, NO_HEADERS);
      this.#numbers.get(buffer)!.push(number);
    }
    return this.producer.send(buffers).then((refusals) => {
      for (const { records, index } of refusals) this.refused.push(this.#numbers.get(records)![index]!);
    });
  }

  /** Overlapping calls, and what they end with. @returns what is wrong then. */
  async breachesAfter(calls: number, recordsEach: number): Promise<string[]> {
    const sends = Array.from({ length: calls }, () => this.send(recordsEach));
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('it stands still')), DEADLINE_MS);
    });
    try {
      await Promise.race([Promise.all(sends), late]);
    } catch (thrown) {
      return [String(thrown)];
    } finally {
      clearTimeout(timer);
      this.close();
    }
    return this.#breaches();
  }

  close(): void {
    this.#outage.stop();
    this.producer.close();
  }

  #breaches(): string[] {
    const found: string[] = [];
    const all = Array.from({ length: this.#sent }, (_, number) => number);
    const { logs } = this.cluster;
    logs.forEach(({ records }, partition) => {
      const due = all.filter((number) => number % logs.length === partition && !this.#rules.bad.has(number));
      if (String(records) !== String(due)) found.push(`the log of ${partition} is ${records}`);
    });
    const bad = all.filter((number) => this.#rules.bad.has(number));
    const refused = this.refused.toSorted((one, other) => one - other);
    if (String(refused) !== String(bad)) found.push(`refused: ${refused}`);
    if (this.cluster.wasSplit) found.push('in flight at two brokers');
    if (this.cluster.mostInFlight > 5) found.push(`${this.cluster.mostInFlight} in flight`);
    if (this.pauses.length !== this.resumes) found.push('a pause that does not end');
    return [...found, ...this.#changedRetries()];
  }

  /** A batch under the same number has the same bytes; and where nothing is refused for good, there is no other number for it. */
  #changedRetries(): string[] {
    const seen = new Map<string, string>();
    const found: string[] = [];
    const isOneIdentity =
      new Set(this.cluster.requests.flat().map(({ producerId }) => producerId)).size === 1;
    for (const { partition, producerId, epoch, sequence, records, bytes } of this.cluster.requests.flat()) {
      const isFixed = this.#rules === GENEROUS && isOneIdentity;
      const numbered = isFixed ? '' : ` as ${producerId} ${epoch} ${sequence}`;
      const name = `${records} of ${partition}${numbered}`;
      if ((seen.get(name) ?? bytes) !== bytes) found.push(`other bytes for ${name}`);
      seen.set(name, bytes);
    }
    return found;
  }
}
