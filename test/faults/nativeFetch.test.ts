/** What the native fetcher does while brokers die, leaders move and logs are cut, on brokers of its own. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Lease } from '../../src/pipeline/ports.ts';
import { type Stack, startStack } from '../../tools/stack/stack.ts';
import { nativeClient } from '../conformance/native.ts';
import { recordsOf, started, unique, until, untilSucceeds } from '../conformance/support.ts';
import { FetchBench } from '../kafka/native/fetch/fetchBench.ts';
import type { Reading } from '../kafka/native/fetch/reading.ts';
import { brokersAlone } from '../support/ownStack.ts';
import { createTopic, produce, readAll, withAdmin } from '../support/stack.ts';

/** Brokers come back and leaders are elected within seconds; a loaded machine takes longer. */
const LONG_MS = 90_000;

/** Writes numbered records to all partitions in turn, until told to stop; what fails is written again by who likes. */
class Numbers {
  written = 0;
  readonly #done: Promise<void>;
  #stopped = false;

  constructor(bench: FetchBench, topic: string, partitions: number) {
    this.#done = this.#write(bench, topic, partitions);
  }

  async #write(bench: FetchBench, topic: string, partitions: number): Promise<void> {
    while (!this.#stopped) {
      const messages = Array.from({ length: partitions * 5 }, (_, i) => ({
        partition: i % partitions,
        value: String(this.written + i),
      }));
      await bench.write(topic, messages).then(
        () => {
          this.written += messages.length;
        },
        () => {},
      );
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#done;
  }
}

describe('the native fetcher on three brokers', { timeout: 480_000 }, () => {
  let stack: Stack;
  let bench: FetchBench;
  before(async () => {
    stack = await startStack({
      given: brokersAlone,
      brokers: 3,
      // Whoever comes back leads what it led before, at once and not within minutes.
      properties: { 'leader.imbalance.check.interval.seconds': 1, 'broker.session.timeout.ms': 4_000 },
    });
    bench = await FetchBench.open(stack.brokers);
  });
  after(async () => {
    await bench?.close();
    await stack?.stop();
  });

  const newTopic = (partitions: number, options: { replication?: number; config?: Record<string, string> }) =>
    createTopic(unique('topic'), partitions, { brokers: stack.brokers, ...options });

  /** A topic of one partition, on these brokers; the first is to lead. */
  async function topicOn(brokers: number[], config: Record<string, string> = {}): Promise<string> {
    const topic = unique('placed');
    const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
    await bench.admin.createTopics({
      topics: [{ topic, replicaAssignment: [{ partition: 0, replicas: brokers }], configEntries }],
    });
    return topic;
  }

  /** Every record of the topic, once and in order, by another client's word. */
  async function assertReadAll(topic: string, reading: Reading): Promise<void> {
    const there = await untilSucceeds(
      'another client to read it',
      () => readAll(topic, { brokers: stack.brokers }),
      LONG_MS,
    );
    const partitions = new Set(there.map(({ partition }) => partition));
    assert.equal(partitions.size, reading.leases.size);
    const ends = new Map(there.map(({ partition, offset }) => [partition, offset + 1]));
    const atEnd = () => [...ends].every(([partition, end]) => (reading.positions.get(partition) ?? 0) >= end);
    await reading.until('the ends', atEnd, LONG_MS);
    for (const partition of partitions) {
      assert.deepEqual(
        reading.records
          .filter((record) => record.partition === partition)
          .map(({ offset, value }) => `${offset}: ${value}`),
        there
          .filter((record) => record.partition === partition)
          .map(({ offset, value }) => `${offset}: ${value}`),
      );
    }
    assert.deepEqual([reading.log.lost, reading.log.stops, reading.log.failures], [[], [], []]);
  }

  test('every record is read once and in order while each leader in turn dies and comes back', async () => {
    const topic = await newTopic(6, { replication: 3, config: { 'min.insync.replicas': '2' } });
    const reading = await bench.reading({ topic });
    for (let partition = 0; partition < 6; partition++) reading.add(partition);
    const numbers = new Numbers(bench, topic, 6);
    const more = (what: string) => {
      const before = reading.records.length;
      return reading.until(what, () => reading.records.length > before + 300, LONG_MS);
    };
    await more('records');
    for (let broker = 0; broker < 3; broker++) {
      await stack.killBroker(broker);
      await more(`records without broker ${broker + 1}`);
      await stack.startBroker(broker);
      await more(`records with broker ${broker + 1}`);
    }
    // In order, its leaders go elsewhere before it ends.
    await stack.stopBroker(0);
    await more('records without the first');
    await stack.startBroker(0);
    await numbers.stop();
    await assertReadAll(topic, reading);
    await reading.close();
  });

  test('while the only replica is away its partition waits, told, and the others go on', async () => {
    const topics = [await topicOn([1]), await topicOn([2])];
    const [there, away] = await Promise.all(topics.map((topic) => bench.reading({ topic })));
    assert.ok(there !== undefined && away !== undefined);
    for (const reading of [there, away]) reading.add(0);
    for (const topic of topics) await bench.fill(topic, 0, 10);
    for (const reading of [there, away])
      await reading.until('records', () => reading.positions.get(0) === 10, LONG_MS);
    await stack.stopBroker(1);
    await away.until('the outage to be told', () => away.log.downs.length > 0, LONG_MS);
    assert.equal(away.log.downs[0]?.code, 'E-KAFKA-UNREACHABLE');
    await produce(topics[0]!, [{ partition: 0, value: 'meanwhile' }], stack);
    await there.until('the other', () => there.positions.get(0) === 11, LONG_MS);
    assert.equal(away.log.ups, 0);
    await stack.startBroker(1);
    await away.until('its return to be told', () => away.log.ups === 1, LONG_MS);
    await produceSoon(topics[1]!, 1, 'after');
    await away.until('the record', () => away.values().at(-1) === 'after0', LONG_MS);
    await Promise.all([there.close(), away.close()]);
  });

  test('a log that an unclean election cut is told, and nothing is read past the cut', async () => {
    const topic = await topicOn([1, 2], {
      'unclean.leader.election.enable': 'true',
      'min.insync.replicas': '1',
    });
    const reading = await bench.reading({ topic });
    const lease = reading.add(0);
    await bench.fill(topic, 0, 100, 'shared');
    await reading.until('what both have', () => reading.positions.get(0) === 100, LONG_MS);
    await stack.killBroker(1);
    await until('the second to be missed', async () => (await isrOf(topic)).join() === '1', LONG_MS);
    await produceSoon(topic, 100, 'lost');
    await reading.until('what only the first has', () => reading.positions.get(0)! >= 200, LONG_MS);
    const position = reading.positions.get(0)!;
    const read = reading.records.length;
    await stack.killBroker(0);
    await stack.startBroker(1);
    await produceSoon(topic, 500, 'other');
    await reading.until('the loss', () => reading.log.lost.length > 0, LONG_MS);
    const [lost] = reading.log.lost;
    assert.equal(lost?.lease, lease);
    assert.equal(lost?.offset, position);
    assert.equal(lost?.handedOut, true);
    assert.ok(lost.place.kind === 'truncated');
    assert.equal(lost.place.endOffset, 100);
    assert.equal(reading.records.length, read, 'nothing was read past the cut');
    // Back to where the logs part, which a lease may not go: whoever has committed this far begins there.
    await stack.startBroker(0);
    const epoch = reading.fetcher.leaderEpochOf(lease, position);
    reading.fetcher.remove(lease);
    const again = await bench.reading({ topic });
    again.add(0, position, epoch);
    await again.until('the loss again', () => again.log.lost.length > 0, LONG_MS);
    assert.deepEqual(again.log.lost[0]?.place, lost.place);
    const start = await bench.resume(topic, 'earliest', again.log.lost[0]!);
    assert.ok('offset' in start);
    assert.equal(start.offset, 100);
    const refused = await bench.resume(topic, 'stop', again.log.lost[0]!);
    assert.ok(refused instanceof Error && refused.code === 'E-KAFKA-OUT-OF-RANGE');
    assert.match(refused.message, /unclean leader election cut it/);
    await Promise.all([reading.close(), again.close()]);
  });

  for (const when of ['at once', 'when its leases have ended'] as const)
    test(`a topic made anew (${when}) is never read on at the place in the old one, and nothing of that is committed`, async () => {
      const topic = await newTopic(3, { replication: 3 });
      for (const partition of [0, 1, 2]) await bench.fill(topic, partition, 50, 'old');
      const group = unique('group');
      const client = nativeClient({ brokers: stack.brokers, clientId: 'fault' });
      const source = client.newSource({ topic, group });
      const log = await started(bench, source);
      const read = new Map<Lease, string[]>();
      const reading = (async () => {
        for (let block = await source.next(); block !== undefined; block = await source.next()) {
          const values = recordsOf(block).map(({ value }) => value!);
          read.set(block.lease, [...(read.get(block.lease) ?? []), ...values]);
          source.release(block);
        }
      })();
      const numbered = (prefix: string, count: number) =>
        Array.from({ length: count }, (_, i) => `${prefix}${i}`);
      const whole = (prefix: string, count: number) =>
        [...read.values()].filter((values) => values.join() === numbered(prefix, count).join()).length;
      await until('the old records', () => whole('old', 50) === 3, LONG_MS);
      const former = [...read.keys()];
      await bench.admin.deleteTopics({ topics: [topic] });
      await until('the deletion', async () => !(await bench.admin.listTopics()).includes(topic), LONG_MS);
      if (when !== 'at once') await until('the end of the leases', () => log.gones.length === 3, LONG_MS);
      await createTopic(topic, 3, { replication: 3, brokers: stack.brokers });
      for (const partition of [0, 1, 2]) await produceSoon(topic, 200, 'new', partition);
      // Whether the group was told of the deletion in time decides: its leases end and others begin, or they end in a stop.
      const stopped = () => when === 'at once' && log.failures.length > 0;
      await until('the stop, or the new records', () => stopped() || whole('new', 200) === 3, LONG_MS);
      if (when !== 'at once') assert.deepEqual(log.failures, []);
      for (const { code, message } of log.failures) {
        assert.equal(code, 'E-KAFKA-OUT-OF-RANGE');
        assert.match(message, /another one of the same name/);
      }
      for (const lease of former) assert.deepEqual(read.get(lease), numbered('old', 50));
      assert.equal(await source.commit(former.map((lease) => ({ lease, offset: 50 }))), 'committed');
      await source.stop();
      await reading;
      const offsets = await bench.admin.fetchOffsets({ groupId: group, topics: [topic] });
      for (const { offset } of offsets[0]?.partitions ?? []) assert.equal(offset, '-1');
    });

  async function isrOf(topic: string): Promise<number[]> {
    const { topics } = await withAdmin(
      (admin) => admin.fetchTopicMetadata({ topics: [topic] }),
      [stack.brokers[0]!, stack.brokers[2]!],
    );
    return topics[0]?.partitions[0]?.isr ?? [];
  }

  /** Once there is a leader who takes them. */
  async function produceSoon(topic: string, count: number, prefix: string, partition = 0): Promise<void> {
    const messages = Array.from({ length: count }, (_, i) => ({ partition, value: `${prefix}${i}` }));
    await untilSucceeds(`a leader of ${topic}`, () => produce(topic, messages, stack), LONG_MS);
  }
});
