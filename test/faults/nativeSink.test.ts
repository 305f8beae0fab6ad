/** What the native sink does while the brokers that it writes to die, move and forget, on brokers of its own. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { describeProducersV0 } from '@platformatic/kafka';
import { Cluster } from '../../src/kafka/native/cluster/cluster.ts';
import type { Sink } from '../../src/pipeline/ports.ts';
import { type Stack, startStack } from '../../tools/stack/stack.ts';
import type { ClientUnderTest } from '../conformance/client.ts';
import { nativeClient } from '../conformance/native.ts';
import { append, blockOf, NO_HEADERS, SinkLog } from '../conformance/sinks.ts';
import { Drinker, SourceLog, unique, until } from '../conformance/support.ts';
import { brokersAlone } from '../support/ownStack.ts';
import { createTopic, withAdmin } from '../support/stack.ts';

const TIME = 1_700_000_000_000;
const RECORDS_A_CALL = 50;
const CALLS_AT_ONCE = 8;

/** Writes numbered records, the partitions in turn, by calls that overlap. */
class Writer {
  readonly log = new SinkLog();
  readonly #client: ClientUnderTest;
  readonly #sink: Sink;
  readonly #brokers: readonly string[];
  readonly #topic: string;
  readonly #partitions: number;
  sent = 0;
  acknowledged = 0;

  constructor(brokers: readonly string[], topic: string, partitions: number) {
    this.#brokers = brokers;
    this.#topic = topic;
    this.#partitions = partitions;
    this.#client = nativeClient({ brokers, clientId: 'fault' });
    this.#sink = this.#client.newSink({ compression: 'lz4' }, this.log);
  }

  start(): Promise<void> {
    return this.#sink.start();
  }

  stop(): Promise<void> {
    return this.#sink.stop();
  }

  /** Resolves when so many more records are acknowledged. */
  async write(count: number): Promise<void> {
    const end = this.sent + count;
    const lane = async () => {
      while (this.sent < end) await this.#call(Math.min(RECORDS_A_CALL, end - this.sent));
    };
    await Promise.all(Array.from({ length: CALLS_AT_ONCE }, lane));
  }

  async #call(count: number): Promise<void> {
    const stamp = this.#sink.newStamp([], { source: false });
    const buffers = Array.from({ length: this.#partitions }, (_, partition) =>
      this.#sink.newRecords(this.#topic, partition),
    );
    for (let i = 0; i < count; i++) {
      const number = this.sent++;
      const block = blockOf(null, NO_HEADERS, number);
      append(buffers[number % this.#partitions]!, block, `${number}`, TIME, stamp);
    }
    assert.deepEqual(await this.#sink.send(buffers), []);
    for (const buffer of buffers) this.#sink.release(buffer);
    this.acknowledged += count;
  }

  /** Each record is in its partition once, in the order of the calls, and nothing else is. */
  async prove(): Promise<void> {
    assert.equal(this.acknowledged, this.sent);
    const ends = await withAdmin((admin) => admin.fetchTopicOffsets(this.#topic), this.#brokers);
    for (const { partition, high } of ends) assert.equal(Number(high), this.#countOf(partition), 'its end');
    const logs = await this.#read();
    logs.forEach((log, partition) => {
      const firstWrong = log.findIndex((number, i) => number !== partition + i * this.#partitions);
      const there = log.slice(Math.max(0, firstWrong - 2), firstWrong + 5);
      assert.equal(firstWrong, -1, `partition ${partition} goes wrong at ${there}`);
      assert.equal(log.length, this.#countOf(partition), `records of partition ${partition}`);
    });
    assert.equal(this.log.resumes, this.log.pauses.length);
  }

  #countOf(partition: number): number {
    return Math.ceil((this.sent - partition) / this.#partitions);
  }

  async #read(): Promise<number[][]> {
    const source = this.#client.newSource({ topic: this.#topic, group: unique('group') });
    await source.start(new SourceLog());
    const drinker = new Drinker(source);
    try {
      await until('all records', () => drinker.records.length >= this.sent, 90_000);
    } finally {
      await source.stop();
    }
    const logs = Array.from({ length: this.#partitions }, (): number[] => []);
    for (const { partition, value } of drinker.records) logs[partition]!.push(Number(value));
    return logs;
  }
}

describe('three brokers', { timeout: 400_000 }, () => {
  const PARTITIONS = 6;
  let stack: Stack;
  before(async () => {
    stack = await startStack({ given: brokersAlone, brokers: 3 });
  });
  after(() => stack?.stop());

  async function opened(
    t: { after(undo: () => Promise<void>): void },
    name: string,
    replication: number,
    minInSync: number,
  ): Promise<{ writer: Writer; topic: string }> {
    const config = { 'min.insync.replicas': String(minInSync) };
    const topic = await createTopic(unique(name), PARTITIONS, {
      brokers: stack.brokers,
      replication,
      config,
    });
    const writer = new Writer(stack.brokers, topic, PARTITIONS);
    t.after(() => writer.stop());
    await writer.start();
    return { writer, topic };
  }

  test('a hundred thousand records are written once and in order while each leader is killed or stopped', async (t) => {
    const { writer } = await opened(t, 'leaders', 3, 2);
    for (const [broker, end] of (['killBroker', 'stopBroker', 'killBroker'] as const).entries()) {
      const before = writer.acknowledged;
      const writing = writer.write(34_000);
      await until('some records', () => writer.acknowledged > before + 4_000, 60_000);
      await stack[end](broker);
      assert.ok(writer.acknowledged < writer.sent, 'it went down under the writer');
      await writing;
      await stack.startBroker(broker);
    }
    assert.ok(writer.sent >= 100_000);
    await writer.prove();
  });

  test('and while partitions are moved from broker to broker', async (t) => {
    const { writer, topic } = await opened(t, 'moves', 1, 1);
    const moved: number[] = [];
    const writing = (async () => {
      while (moved.length < 4) await writer.write(5_000);
    })();
    for (let round = 0; round < 4; round++) {
      const before = writer.acknowledged;
      await until('some records', () => writer.acknowledged > before + 2_000, 60_000);
      const partitionAssignment = Array.from({ length: PARTITIONS }, (_, partition) => ({
        partition,
        replicas: [((partition + round) % 3) + 1],
      }));
      await withAdmin(async (admin) => {
        await admin.alterPartitionReassignments({ topics: [{ topic, partitionAssignment }] });
        await until(
          'the new leaders',
          async () => {
            const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
            return topics[0]!.partitions.every(
              ({ partitionId, leader }) => leader === ((partitionId + round) % 3) + 1,
            );
          },
          90_000,
        );
      }, stack.brokers);
      moved.push(round);
    }
    await writing;
    await writer.prove();
  });

  test('too few replicas are waited for, visibly', async (t) => {
    const { writer } = await opened(t, 'replicas', 3, 3);
    await writer.write(5_000);
    for (const end of ['stopBroker', 'killBroker'] as const) {
      const { length: pauses } = writer.log.pauses;
      const { sent } = writer;
      const writing = writer.write(10_000);
      await until('some records', () => writer.acknowledged > sent + 1_000, 60_000);
      await stack[end](2);
      const more = writer.write(1_000);
      await until('the pause', () => writer.log.pauses.length > pauses, 60_000);
      assert.equal(writer.log.pauses.at(-1)?.code, 'E-KAFKA-UNREACHABLE');
      await stack.startBroker(2);
      await Promise.all([writing, more]);
    }
    await writer.prove();
  });
});

describe('a broker that forgets producers', { timeout: 120_000 }, () => {
  let stack: Stack;
  before(async () => {
    const properties = {
      'producer.id.expiration.ms': '1000',
      'producer.id.expiration.check.interval.ms': '200',
    };
    stack = await startStack({ given: brokersAlone, properties });
  });
  after(() => stack?.stop());

  // A producer's age is that of its last record by the record's own time: the old ones here are forgotten at every check.
  test('loses nothing by it', async (t) => {
    const { brokers } = stack;
    const topic = await createTopic(unique('forgets'), 2, { brokers });
    const writer = new Writer(brokers, topic, 2);
    t.after(() => writer.stop());
    await writer.start();
    for (let round = 0; round < 3; round++) {
      await writer.write(10_000);
      await until('the producer to be forgotten', async () => (await producersOf(topic)) === 0);
    }
    await writer.write(1_000);
    assert.notEqual(await producersOf(topic), 0);
    await writer.prove();
    assert.deepEqual(writer.log.pauses, []);
  });

  /** How many producers the leaders remember. */
  async function producersOf(topic: string): Promise<number> {
    const cluster = new Cluster({ brokers: stack.brokers, clientId: 'fault' });
    try {
      const link = await cluster.anyLink('metadata');
      const asked = [{ name: topic, partitionIndexes: [0, 1] }];
      const { topics } = await link.api(describeProducersV0.api, 10_000, asked);
      return topics[0]!.partitions.flatMap(({ activeProducers }) => activeProducers).length;
    } finally {
      await cluster.close();
    }
  }
});
