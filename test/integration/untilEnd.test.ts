import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Producer } from 'kafkajs';
import { type CardFraud, newCardFraud } from '../support/cardFraud.ts';
import { encodePayment, payment, payments } from '../support/payments.ts';
import { readScored } from '../support/scored.ts';
import { committedOffsets, kafkaClient, produce, uniqueName, waitFor, withAdmin } from '../support/stack.ts';
import { runTidemark, scoreUntilEnd } from '../support/tidemark.ts';

async function transactionalProducer(t: TestContext): Promise<Producer> {
  const kafka = await kafkaClient();
  const producer = kafka.producer({
    transactionalId: uniqueName('tx'),
    idempotent: true,
    maxInFlightRequests: 1,
  });
  await producer.connect();
  t.after(() => producer.disconnect());
  return producer;
}

/** Payments `[from, to)` in one transaction, one partition; waits for its marker, which the broker writes after it has answered. */
async function transact(
  producer: Producer,
  pipeline: CardFraud,
  [from, to]: readonly [number, number],
  partition: number,
  outcome: 'commit' | 'abort',
): Promise<void> {
  const end = () =>
    withAdmin(async (admin) => {
      const ends = await admin.fetchTopicOffsets(pipeline.input);
      return Number(ends.find((entry) => entry.partition === partition)?.high);
    });
  const before = await end();
  const transaction = await producer.transaction();
  const messages = payments(to)
    .slice(from)
    .map((value) => ({
      key: value.customer_id,
      value: encodePayment(pipeline.schemaId, value),
      partition,
    }));
  await transaction.send({ topic: pipeline.input, messages });
  await transaction[outcome]();
  await waitFor(async () => (await end()) === before + messages.length + 1, 'the marker', 30_000);
}

/** Deletes the records of each partition before its offset. */
async function trim(topic: string, offsets: readonly number[]): Promise<void> {
  const partitions = offsets.map((offset, partition) => ({ partition, offset: String(offset) }));
  await withAdmin(async (admin) => {
    // kafkajs deletes only in a topic whose metadata it has.
    await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({ topic, partitions });
  });
}

async function scoredIds(pipeline: CardFraud): Promise<unknown[]> {
  const events = await readScored(pipeline.output);
  return events
    .map(({ value }) => value.transaction_id as string)
    .sort((a, b) => Number(a.slice(2)) - Number(b.slice(2)));
}

const idsOf = (from: number, to: number) =>
  payments(to)
    .slice(from)
    .map((value) => value.transaction_id);

test('markers and aborted records, in the middle and at the end, count as passed, and empty partitions too', async (t) => {
  // Partition 0 ends with a marker, 1 with an aborted transaction, 2 holds nothing else than one, 3 is empty.
  const pipeline = await newCardFraud(t, { partitions: 4 });
  const producer = await transactionalProducer(t);
  await transact(producer, pipeline, [0, 5], 0, 'commit');
  await transact(producer, pipeline, [100, 105], 0, 'abort');
  await transact(producer, pipeline, [5, 10], 0, 'commit');
  await transact(producer, pipeline, [10, 15], 1, 'commit');
  await transact(producer, pipeline, [105, 110], 1, 'abort');
  await transact(producer, pipeline, [110, 112], 2, 'abort');

  const { scored, deadLettered, skipped } = await scoreUntilEnd(t, pipeline.file);
  assert.deepEqual({ scored, deadLettered, skipped }, { scored: 15, deadLettered: 0, skipped: 0 });
  assert.deepEqual(await scoredIds(pipeline), idsOf(0, 15));
  const committed = await committedOffsets(pipeline.group, pipeline.input);
  // Records and one marker a transaction.
  assert.deepEqual([committed.get(0), committed.get(1), committed.get(2)], [18, 12, 3]);

  const again = await scoreUntilEnd(t, pipeline.file);
  assert.equal(again.scored, 0);
});

test('with read_uncommitted aborted records are scored too', async (t) => {
  const pipeline = await newCardFraud(t, {
    partitions: 1,
    settings: { 'kafka.isolation': 'read_uncommitted' },
  });
  const producer = await transactionalProducer(t);
  await transact(producer, pipeline, [0, 3], 0, 'commit');
  await transact(producer, pipeline, [3, 6], 0, 'abort');
  assert.equal((await scoreUntilEnd(t, pipeline.file)).scored, 6);
});

test('a topic trimmed at its start is scored from what is left', async (t) => {
  const pipeline = await newCardFraud(t, { partitions: 2 });
  await produce(
    pipeline.input,
    payments(40).map((value, at) => ({
      value: encodePayment(pipeline.schemaId, value),
      partition: at < 20 ? 0 : 1,
    })),
  );
  // All of the second partition: its log is empty and does not begin at 0.
  await trim(pipeline.input, [15, 20]);
  assert.equal((await scoreUntilEnd(t, pipeline.file)).scored, 5);
  assert.deepEqual(await scoredIds(pipeline), idsOf(15, 20));
});

test('events that come after the start are not waited for, and those of the next run are only the new ones', async (t) => {
  const pipeline = await newCardFraud(t, { partitions: 2 });
  await pipeline.send(payments(50));
  assert.equal((await scoreUntilEnd(t, pipeline.file)).scored, 50);
  await pipeline.send([payment(50), payment(51), payment(52)]);
  assert.equal((await scoreUntilEnd(t, pipeline.file)).scored, 3);
  assert.deepEqual(await scoredIds(pipeline), idsOf(0, 53));
});

test('a new group that starts at the latest, or at a time, scores nothing older', async (t) => {
  const start = Date.UTC(2026, 0, 1);
  const pipeline = await newCardFraud(t, { partitions: 2 });
  await produce(
    pipeline.input,
    payments(20).map((value, at) => ({
      value: encodePayment(pipeline.schemaId, value),
      partition: at % 2,
      timestamp: String(start + at * 1_000),
    })),
  );
  const latest = pipeline.fileWith({ 'kafka.group': `${pipeline.group}-latest`, 'input.start': 'latest' });
  assert.equal((await scoreUntilEnd(t, latest)).scored, 0);
  const atTime = pipeline.fileWith({ 'input.start': '2026-01-01T00:00:10Z' });
  assert.equal((await scoreUntilEnd(t, atTime)).scored, 10);
  assert.deepEqual(await scoredIds(pipeline), idsOf(10, 20));
  await pipeline.send([payment(20)]);
  assert.equal((await scoreUntilEnd(t, latest)).scored, 1);
});

test('records deleted before they were scored stop the process, unless told to go on', async (t) => {
  const pipeline = await newCardFraud(t, { partitions: 1 });
  await pipeline.send(payments(10));
  assert.equal((await scoreUntilEnd(t, pipeline.file)).scored, 10);
  await pipeline.send(payments(20).slice(10));
  await trim(pipeline.input, [15]);
  const run = runTidemark(t, pipeline.file, '--until-end');
  assert.equal((await run.endsWith(1)).stdout, '');
  await run.says({ event: 'fatal', code: 'E-KAFKA-OUT-OF-RANGE' });
  assert.equal((await committedOffsets(pipeline.group, pipeline.input)).get(0), 10);

  const goOn = pipeline.fileWith({ 'input.out_of_range': 'earliest' });
  assert.equal((await scoreUntilEnd(t, goOn)).scored, 5);
  assert.deepEqual(await scoredIds(pipeline), [...idsOf(0, 10), ...idsOf(15, 20)]);
});
