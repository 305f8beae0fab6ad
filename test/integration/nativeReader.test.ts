/** The TopicReader port on real partitions: what it begins with, what it passes over, and that it is in nobody's group. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { NativeTopicReader } from '../../src/kafka/native/reader.ts';
import type { TopicReaderEvents } from '../../src/pipeline/ports.ts';
import { createTopic, produce, sharedStack, uniqueName, withAdmin } from '../support/stack.ts';

const QUIET: TopicReaderEvents = {
  paused: () => {},
  resumed: () => {},
  stopped: (partition, cause) => assert.fail(`${partition} stopped: ${cause.message}`),
  failed: (cause) => assert.fail(cause.message),
};

async function readerOf(t: TestContext, topic: string): Promise<NativeTopicReader> {
  const { brokers } = await sharedStack();
  const reader = new NativeTopicReader({ brokers, clientId: 'tidemark-test' }, { topic }, QUIET);
  t.after(() => reader.stop());
  return reader;
}

/** Offsets of partition 0, until there are so many. */
async function offsets(reader: NativeTopicReader, count: number): Promise<number[]> {
  const read: number[] = [];
  while (read.length < count) {
    const block = await reader.next();
    assert.ok(block !== undefined);
    read.push(...block.offsets.subarray(0, block.count));
    reader.release(block);
  }
  return read;
}

async function topicOf(records: number): Promise<string> {
  const topic = await createTopic(uniqueName('looked-at'), 1);
  await produce(
    topic,
    Array.from({ length: records }, (_, at) => ({ key: `k${at}`, value: `v${at}` })),
  );
  return topic;
}

test('a place that retention has passed by is left for the first one that is still there', async (t) => {
  const topic = await topicOf(10);
  await withAdmin(async (admin) => {
    // kafkajs deletes only in topics that it has heard of.
    await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '6' }] });
  });
  const reader = await readerOf(t, topic);
  assert.deepEqual(await reader.ends(), new Map([[0, { low: 6, end: 10 }]]));
  reader.read(new Map([[0, 2]]), 100);
  assert.deepEqual(await offsets(reader, 4), [6, 7, 8, 9]);
});

test('blocks hold no more records than a turn, in order, and new records follow', async (t) => {
  const topic = await topicOf(5);
  const reader = await readerOf(t, topic);
  reader.read(new Map([[0, 1]]), 2);
  const first = await reader.next();
  assert.equal(first?.count, 2);
  reader.release(first!);
  const rest = offsets(reader, 3);
  await produce(topic, [{ key: 'k', value: 'late' }]);
  assert.deepEqual(await rest, [3, 4, 5]);
});

test('a topic that is not there is told, and stopping ends a wait', async (t) => {
  const absent = await readerOf(t, uniqueName('not-there'));
  await assert.rejects(absent.ends(), { code: 'E-KAFKA-TOPIC-MISSING' });
  const reader = await readerOf(t, await topicOf(0));
  reader.read(new Map([[0, 0]]), 10);
  const next = reader.next();
  await reader.stop();
  assert.equal(await next, undefined);
});
