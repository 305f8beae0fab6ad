/** What the native sink does at a real broker, beyond what every client must. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import kafkajs from 'kafkajs';
import type { RecordBuffer, Refusal, Sink } from '../../src/pipeline/ports.ts';
import { untilServed } from '../../tools/stack/served.ts';
import { nativeClient } from '../conformance/native.ts';
import { append, blockOf, NO_HEADERS, openedSink, readBack } from '../conformance/sinks.ts';
import { Bench, until } from '../conformance/support.ts';
import { sharedStack } from '../support/stack.ts';

const { brokers } = await sharedStack();
const client = nativeClient({ brokers, clientId: 'native-sink' });
const TIME = 1_700_000_000_000;

describe('native sink', () => {
  let bench: Bench;
  before(async () => {
    bench = await Bench.open(brokers);
  });
  after(() => bench.close());

  /** Keys of a topic's records, by partition. */
  async function keysOf(topic: string, count: number): Promise<Map<number, (string | null)[]>> {
    const keys = new Map<number, (string | null)[]>();
    for (const { partition, key } of await readBack(bench, client, topic, count))
      keys.set(partition, [...(keys.get(partition) ?? []), key]);
    return keys;
  }

  function fill(
    sink: Sink,
    topic: string,
    keys: readonly (string | null)[],
    value: (i: number) => string = () => 'v',
    partition = 0,
  ): RecordBuffer {
    const buffer = sink.newRecords(topic, partition);
    const stamp = sink.newStamp([], { source: false });
    keys.forEach((key, i) => {
      append(buffer, blockOf(key, NO_HEADERS, i), value(i), TIME + i, stamp);
    });
    return buffer;
  }

  const numbered = (from: number, count: number) => Array.from({ length: count }, (_, i) => `${from + i}`);
  const told = (refusals: readonly Refusal[]) => refusals.map(({ index, code }) => [index, code]);
  /** Text that no compression makes smaller by much. */
  const noise = (characters: number) => randomBytes(characters).toString('latin1');

  for (const compression of client.capabilities.compression) {
    test(`refuses poison among good records of overlapping calls, compression ${compression}`, async () => {
      const topic = await bench.topic(1, { 'cleanup.policy': 'compact' });
      const { sink } = await openedSink(bench, client, { compression });
      const poisoned = new Map([
        [1, [0]],
        [3, [17, 18, 99]],
        [4, numbered(0, 100).map(Number)],
      ]);
      const answers = await Promise.all(
        Array.from({ length: 7 }, (_, call) => {
          const poison = poisoned.get(call) ?? [];
          const keys = numbered(call * 100, 100).map((key, i) => (poison.includes(i) ? null : key));
          return sink.send([fill(sink, topic, keys)]);
        }),
      );
      answers.forEach((refusals, call) => {
        const expected = (poisoned.get(call) ?? []).map((index) => [index, 'E-RECORD-REFUSED']);
        assert.deepEqual(told(refusals), expected);
      });
      const good = numbered(0, 700).filter((key) => {
        const number = Number(key);
        return !poisoned.get(Math.floor(number / 100))?.includes(number % 100);
      });
      assert.deepEqual((await keysOf(topic, good.length)).get(0), good);
    });

    test(`cuts batches to what the topic takes, compression ${compression}`, async () => {
      const topic = await bench.topic(1, { 'max.message.bytes': '20000' });
      const { sink } = await openedSink(bench, client, { compression });
      // Far more than one batch of ours, each of them far above the topic's limit; 30 and 101 are so by themselves.
      const size = (call: number) => (i: number) =>
        noise((call === 0 && i === 30) || (call === 1 && i === 1) ? 40_000 : 3_000);
      const answers = await Promise.all(
        [0, 1, 2].map((call) => sink.send([fill(sink, topic, numbered(call * 100, 100), size(call))])),
      );
      assert.deepEqual(answers.map(told), [[[30, 'E-RECORD-TOO-LARGE']], [[1, 'E-RECORD-TOO-LARGE']], []]);
      const good = numbered(0, 300).filter((key) => key !== '30' && key !== '101');
      assert.deepEqual((await keysOf(topic, 298)).get(0), good);
    });
  }

  test('follows a limit that is lowered while it writes', async () => {
    const topic = await bench.topic(1);
    const { sink } = await openedSink(bench, client);
    assert.deepEqual(await sink.send([fill(sink, topic, numbered(0, 100), () => noise(3_000))]), []);
    await bench.admin.alterConfigs({
      validateOnly: false,
      resources: [
        {
          type: kafkajs.ConfigResourceTypes.TOPIC,
          name: topic,
          configEntries: [{ name: 'max.message.bytes', value: '30000' }],
        },
      ],
    });
    for (let call = 1; call < 4; call++) {
      const buffer = fill(sink, topic, numbered(call * 100, 100), () => noise(3_000));
      assert.deepEqual(await sink.send([buffer]), []);
    }
    assert.deepEqual((await keysOf(topic, 400)).get(0), numbered(0, 400));
  });

  test('goes on when a topic is deleted and made anew under it', async () => {
    const topic = await bench.topic(2);
    const { sink, log } = await openedSink(bench, client);
    const send = (from: number) =>
      sink.send([0, 1].map((partition) => fill(sink, topic, numbered(from, 50), undefined, partition)));
    for (let call = 0; call < 4; call++) assert.deepEqual(await send(call * 50), []);
    // Made anew at once: the sink may not notice before it writes where less was written than it knows of.
    await remade(topic);
    const after = [200, 250, 300].map(send);
    assert.deepEqual((await Promise.all(after)).flat(), []);
    for (const partition of [0, 1])
      assert.deepEqual((await keysOf(topic, 300)).get(partition), numbered(200, 150));
    // And missing for a while.
    await bench.admin.deleteTopics({ topics: [topic] });
    const sending = send(350);
    await until('the pause', () => log.pauses.length > 0);
    assert.equal(log.pauses[0]?.code, 'E-KAFKA-TOPIC-MISSING');
    await bench.topic(2, {}, topic);
    assert.deepEqual(await sending, []);
    assert.equal(log.resumes, 1);
    for (const partition of [0, 1])
      assert.deepEqual((await keysOf(topic, 100)).get(partition), numbered(350, 50));
  });

  async function remade(topic: string): Promise<void> {
    await bench.admin.deleteTopics({ topics: [topic] });
    await until('the topic to be gone', async () => !(await bench.admin.listTopics()).includes(topic));
    await bench.admin.createTopics({ topics: [{ topic, numPartitions: 2 }], waitForLeaders: false });
    await untilServed(bench.admin, topic, 2);
  }

  test('writes to a partition that is added while it waits for it', async () => {
    const topic = await bench.topic(1);
    const { sink, log } = await openedSink(bench, client);
    assert.equal(await sink.partitionCount(topic), 1);
    const sending = sink.send([fill(sink, topic, ['early'], undefined, 1)]);
    await until('the pause', () => log.pauses.length === 1);
    assert.match(log.pauses[0]!.message, /there is no such partition/);
    await bench.admin.createPartitions({ topicPartitions: [{ topic, count: 2 }] });
    assert.deepEqual(await sending, []);
    assert.deepEqual((await keysOf(topic, 1)).get(1), ['early']);
  });

  test('shares a partition with other sinks', async () => {
    const topic = await bench.topic(1);
    const sinks = await Promise.all([0, 1, 2].map(() => openedSink(bench, client)));
    const answers = await Promise.all(
      numbered(0, 30).flatMap((call) =>
        sinks.map(({ sink }, who) => {
          const keys = numbered(Number(call) * 20, 20).map((key) => `${who}:${key}`);
          return sink.send([fill(sink, topic, keys)]);
        }),
      ),
    );
    assert.deepEqual(answers.flat(), []);
    const keys = (await keysOf(topic, 1800)).get(0)!;
    for (const who of [0, 1, 2]) {
      const own = keys.filter((key) => key!.startsWith(`${who}:`));
      assert.deepEqual(
        own,
        numbered(0, 600).map((key) => `${who}:${key}`),
      );
    }
  });
});
