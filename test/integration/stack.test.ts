import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  createTopic,
  kafkaClient,
  produce,
  readAll,
  registerSchema,
  sharedStack,
  uniqueName,
  waitFor,
  withAdmin,
} from '../support/stack.ts';

test('what is produced is read back in order, with keys, headers and timestamps', async () => {
  const topic = await createTopic(uniqueName('stack'), 3);
  const messages = Array.from({ length: 300 }, (_, at) => ({
    key: `k${at % 7}`,
    value: `v${at}`,
    partition: at % 3,
    timestamp: String(1_000 + at),
    headers: { at: String(at) },
  }));
  await produce(topic, messages);
  const records = await readAll(topic);
  const expected = [0, 1, 2].flatMap((partition) =>
    messages
      .filter((message) => message.partition === partition)
      .map((message, offset) => ({ ...message, offset })),
  );
  assert.deepEqual(
    records.map(({ partition, offset, key, value, timestamp, headers }) => ({
      key: String(key),
      value: String(value),
      partition,
      timestamp: String(timestamp),
      headers,
      offset,
    })),
    expected,
  );
});

test('an aborted transaction at the end of a topic is passed over, and an empty topic is empty', async () => {
  const topic = await createTopic(uniqueName('stack'), 2);
  assert.deepEqual(await readAll(topic), []);
  const producer = (await kafkaClient()).producer({
    transactionalId: uniqueName('tx'),
    maxInFlightRequests: 1,
  });
  await producer.connect();
  try {
    for (const outcome of ['commit', 'abort'] as const) {
      const transaction = await producer.transaction();
      await transaction.send({ topic, messages: [{ value: outcome, partition: 0 }] });
      await transaction[outcome]();
    }
  } finally {
    await producer.disconnect();
  }
  // Two records and two markers, which the broker writes after it has answered.
  const ends = () => withAdmin((admin) => admin.fetchTopicOffsets(topic));
  const complete = async () => (await ends()).some(({ partition, high }) => partition === 0 && high === '4');
  await waitFor(complete, 'the markers of both transactions', 30_000);
  const values = async (isolation: 'read_committed' | 'read_uncommitted') =>
    (await readAll(topic, { isolation })).map((record) => String(record.value));
  assert.deepEqual(await values('read_committed'), ['commit']);
  assert.deepEqual(await values('read_uncommitted'), ['commit', 'abort']);
});

test('the registry gives back by id the schema that was registered', async () => {
  const { registryUrl } = await sharedStack();
  const schema = { type: 'record', name: 'Ping', fields: [{ name: 'n', type: 'int' }] };
  const id = await registerSchema(`${uniqueName('stack')}-value`, schema);
  const response = await fetch(`${registryUrl}/schemas/ids/${id}`);
  const { schema: text } = (await response.json()) as { schema: string };
  assert.deepEqual(JSON.parse(text), schema);
});
