import assert from 'node:assert/strict';
import type { TidemarkError } from '../../../../src/errors.ts';
import { Cluster } from '../../../../src/kafka/native/cluster/cluster.ts';
import type { LostPosition } from '../../../../src/kafka/native/fetch/events.ts';
import { Positions, type Start } from '../../../../src/kafka/native/fetch/positions.ts';
import type { FetchOptions } from '../../../../src/kafka/native/fetch/settings.ts';
import type { OutOfRange } from '../../../../src/kafka/positions.ts';
import { Bench } from '../../../conformance/support.ts';
import { Reading } from './reading.ts';

/** A real broker to write to, and fetchers that read from it. */
export class FetchBench extends Bench {
  readonly brokers: readonly string[];

  constructor(brokers: readonly string[]) {
    super(brokers);
    this.brokers = brokers;
  }

  static override async open(brokers: readonly string[]): Promise<FetchBench> {
    const bench = new FetchBench(brokers);
    await Promise.all([bench.admin.connect(), bench.producer.connect()]);
    return bench;
  }

  /** Brokers as a client sees them; each has connections of its own, on which nobody else's fetch waits for records. */
  cluster(clientId = 'fetch-test'): Cluster {
    const cluster = new Cluster({ brokers: this.brokers, clientId });
    this.later(() => cluster.close());
    return cluster;
  }

  async reading(
    options: FetchOptions,
    onBlock?: ConstructorParameters<typeof Reading>[2],
    cluster = this.cluster(),
  ): Promise<Reading> {
    await cluster.refresh([options.topic]);
    const reading = new Reading(cluster, options, onBlock);
    this.later(() => reading.close());
    return reading;
  }

  /** Everything from the beginning of partition 0 up to `end`. */
  async readAll(options: FetchOptions, end: number): Promise<Reading> {
    const reading = await this.reading(options);
    reading.add(0);
    await reading.until(`offset ${end}`, () => reading.positions.get(0)! >= end);
    await reading.close();
    assert.equal(reading.positions.get(0), end);
    return reading;
  }

  /** Where partition 0 goes on after `lost`, by this policy. */
  resume(topic: string, outOfRange: OutOfRange, lost: LostPosition): Promise<Start | TidemarkError> {
    const settings = { topic, start: 'earliest', readUncommitted: false, outOfRange } as const;
    return new Positions(this.cluster(), settings).resume(0, lost);
  }

  /** The end of partition 0, or where its first open transaction begins. */
  async endOf(topic: string): Promise<number> {
    const [range] = await this.admin.fetchTopicOffsets(topic);
    return Number(range!.high);
  }
}
