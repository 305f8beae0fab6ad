import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Partitioners } from 'kafkajs';
import { countOf, newCardFraud } from '../support/cardFraud.ts';
import { decisionOf, encodePayment, payment, payments, scoresOf } from '../support/payments.ts';
import { readScored, withoutDuplicates } from '../support/scored.ts';
import { committedOffsets, produce, readAll } from '../support/stack.ts';
import { scoreUntilEnd } from '../support/tidemark.ts';

/** model.yaml: floats differ a little with batch size and CPU. */
const TOLERANCE = 1e-5;
const PACKAGE = new URL('../../models/card-fraud/1.0.0/', import.meta.url);

/** As docs/downstream.md says: `sha256sum FILES... | LC_ALL=C sort -k2 | sha256sum`. */
function packageDigest(): string {
  const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex');
  const lines = ['golden.json', 'model.onnx', 'model.yaml'].map(
    (file) => `${sha256(readFileSync(new URL(file, PACKAGE)))}  ${file}\n`,
  );
  return sha256(lines.join(''));
}

test('every payment is scored as ONNX Runtime scores its row, and named, keyed and placed as promised', async (t) => {
  const OUTPUTS = 4;
  const pipeline = await newCardFraud(t, { partitions: 3, outputPartitions: OUTPUTS });
  const values = payments(600);
  const sentAtMs = 1_500_000_000_000;
  await produce(
    pipeline.input,
    values.map((value, at) => ({
      key: value.customer_id,
      value: encodePayment(pipeline.schemaId, value),
      timestamp: String(sentAtMs + at),
      headers: { trace: `trace-${at}`, 'model-name': 'somebody else’s', empty: '' },
    })),
  );
  const inputs = await readAll(pipeline.input);
  const startedMs = Date.now();

  const summary = await scoreUntilEnd(t, pipeline.file);

  assert.deepEqual(Object.keys(summary), [
    'pipeline',
    'scored',
    'deadLettered',
    'skipped',
    'seconds',
    'eventsPerSecond',
  ]);
  const { seconds, eventsPerSecond, ...counts } = summary;
  assert.deepEqual(counts, { pipeline: 'card-fraud', scored: 600, deadLettered: 0, skipped: 0 });
  assert.ok(seconds > 0 && eventsPerSecond > 0, JSON.stringify(summary));

  const events = await readScored(pipeline.output);
  assert.equal(events.length, 600);
  const scores = await scoresOf(values);
  const decisions = new Set<string>();
  const partitioner = Partitioners.JavaCompatiblePartitioner();
  const partitionMetadata = Array.from({ length: OUTPUTS }, (_, partitionId) => ({
    partitionId,
    leader: 1,
    partitionErrorCode: 0,
    replicas: [1],
    isr: [1],
  }));
  for (const { record, schemaId, value, source } of events) {
    const at = Number((value.transaction_id as string).slice(2));
    const event = values[at]!;
    assert.equal(schemaId, pipeline.scoredSchemaId);
    const score = value.score as number;
    assert.ok(
      Math.abs(score - scores[at]!) <= TOLERANCE * Math.max(scores[at]!, 0.1),
      `${value.transaction_id}: ${score}, ONNX Runtime says ${scores[at]}`,
    );
    const { scored_at, ...rest } = value;
    assert.deepEqual(rest, {
      transaction_id: event.transaction_id,
      customer_id: event.customer_id,
      terminal_id: event.terminal_id,
      amount: event.amount,
      event_time: event.event_time,
      score,
      decision: decisionOf(score),
      model_version: '1.0.0',
    });
    decisions.add(value.decision as string);
    assert.ok((scored_at as number) >= startedMs && (scored_at as number) <= Date.now(), String(scored_at));
    assert.deepEqual(record.headers, {
      trace: `trace-${at}`,
      empty: '',
      'model-name': 'card-fraud',
      'model-version': '1.0.0',
      'model-digest': packageDigest().slice(0, 16),
      source: `${pipeline.input}/${source.partition}@${source.offset}`,
    });
    const input = inputs.find(
      ({ partition, offset }) => partition === source.partition && offset === source.offset,
    )!;
    assert.equal(input.headers.trace, `trace-${at}`, 'the source is another record');
    assert.equal(String(record.key), event.customer_id);
    assert.equal(record.timestamp, sentAtMs + at);
    const message = { key: record.key!, value: record.value };
    assert.equal(record.partition, partitioner({ topic: pipeline.output, partitionMetadata, message }));
  }
  assert.deepEqual([...decisions].sort(), ['allow', 'block', 'review']);

  await t.test('and a second run has nothing to do', async () => {
    const again = await scoreUntilEnd(t, pipeline.file);
    assert.deepEqual(again, { ...counts, scored: 0, seconds: 0, eventsPerSecond: 0 });
    assert.equal(await countOf(pipeline.output), 600);
    const committed = await committedOffsets(pipeline.group, pipeline.input);
    assert.equal(
      [...committed.values()].reduce((sum, offset) => sum + offset, 0),
      600,
    );
  });
});

test('events of one key stay in order through small batches over several partitions', async (t) => {
  const pipeline = await newCardFraud(t, {
    partitions: 4,
    outputPartitions: 3,
    settings: { 'batching.max_rows': 7, 'batching.max_delay': '1ms' },
  });
  const values = payments(6_000, (at) => `customer-${(at * 31) % 23}`);
  await pipeline.send(values);
  assert.equal((await scoreUntilEnd(t, pipeline.file)).scored, 6_000);

  const events = await readScored(pipeline.output);
  assert.equal(events.length, 6_000);
  const latest = new Map<string, number>();
  for (const { record, value } of events) {
    const at = Number((value.transaction_id as string).slice(2));
    const key = String(record.key);
    assert.ok(at > (latest.get(key) ?? -1), `${key}: ${at} after ${latest.get(key)}`);
    latest.set(key, at);
  }
  assert.equal(latest.size, 23);
  assert.equal(withoutDuplicates(events).length, 6_000, 'source offsets descend within an output partition');
});

test('with partitioner source an event stays in its partition, keyless ones too, with the time of scoring', async (t) => {
  const pipeline = await newCardFraud(t, {
    partitions: 3,
    outputPartitions: 5,
    settings: { 'output.partitioner': 'source', 'output.timestamp': 'scored', 'output.compression': 'gzip' },
  });
  const values = payments(90);
  await produce(
    pipeline.input,
    values.map((value, at) => ({
      key: at % 2 === 0 ? value.customer_id : null,
      value: encodePayment(pipeline.schemaId, value),
      partition: at % 3,
      timestamp: '1000',
    })),
  );
  const startedMs = Date.now();
  assert.equal((await scoreUntilEnd(t, pipeline.file)).scored, 90);
  const events = await readScored(pipeline.output);
  assert.deepEqual(
    events.map(({ record, value, source }) => [
      record.partition,
      source.partition,
      value.transaction_id,
      record.key === null,
    ]),
    [0, 1, 2].flatMap((partition) =>
      values
        .map((value, at) => [partition, partition, value.transaction_id, at % 2 === 1])
        .filter((_, at) => at % 3 === partition),
    ),
  );
  for (const { record, value } of events) {
    assert.ok(record.timestamp >= startedMs, `${record.timestamp} is before ${startedMs}`);
    assert.equal(record.timestamp, value.scored_at);
  }
});

test('a keyless event goes to its partition’s number modulo the output’s', async (t) => {
  const pipeline = await newCardFraud(t, { partitions: 5, outputPartitions: 2 });
  await produce(
    pipeline.input,
    [0, 1, 2, 3, 4].map((partition) => ({
      key: null,
      value: encodePayment(pipeline.schemaId, payment(partition)),
      partition,
    })),
  );
  assert.equal((await scoreUntilEnd(t, pipeline.file)).scored, 5);
  for (const { record, source } of await readScored(pipeline.output)) {
    assert.equal(record.key, null);
    assert.equal(record.partition, source.partition % 2);
  }
});
