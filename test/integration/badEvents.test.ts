import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countOf } from '../support/cardFraud.ts';
import { newReadings, type Reading, reading, readingScore } from '../support/readings.ts';
import { readScored } from '../support/scored.ts';
import { framed, produce, readAll, waitFor } from '../support/stack.ts';
import { runTidemark, scoreUntilEnd } from '../support/tidemark.ts';

test('a bad event is dead-lettered untouched with its reason, others are skipped, and every neighbour is scored', async (t) => {
  const pipeline = await newReadings(t);
  const { encode, encodeNotice, schemaId } = pipeline;
  const whole = encode(reading('whole'));
  const bad: Record<string, { value: Buffer; code: string }> = {
    unframed: { value: Buffer.from('{"id":"unframed"}'), code: 'E-AVRO-FRAME' },
    short: { value: Buffer.from([0, 0]), code: 'E-AVRO-FRAME' },
    empty: { value: Buffer.alloc(0), code: 'E-AVRO-FRAME' },
    truncated: { value: whole.subarray(0, whole.length - 3), code: 'E-AVRO-TRUNCATED' },
    bodiless: { value: framed(schemaId, Buffer.alloc(0)), code: 'E-AVRO-TRUNCATED' },
    trailing: { value: Buffer.concat([whole, Buffer.from([1])]), code: 'E-AVRO-TRAILING' },
    // A string that claims 2^30 bytes.
    bomb: { value: framed(schemaId, Buffer.from([0x80, 0x80, 0x80, 0x80, 0x08])), code: 'E-AVRO-TRUNCATED' },
    missing: { value: encode(reading('missing', { sensor: { a: null, b: 1 } })), code: 'E-FEATURE-MISSING' },
    nan: { value: encode(reading('nan', { sensor: { a: Number.NaN, b: 1 } })), code: 'E-FEATURE-MISSING' },
    infinite: { value: encode(reading('infinite', { sensor: { a: 1e300, b: 1 } })), code: 'E-FEATURE-RANGE' },
    low: { value: encode(reading('low', { sensor: { a: 1, b: -0.5 } })), code: 'E-FEATURE-RANGE' },
    high: { value: encode(reading('high', { sensor: { a: 1, b: 10.5 } })), code: 'E-FEATURE-RANGE' },
    category: { value: encode(reading('category', { channel: 'fax' })), code: 'E-FEATURE-CATEGORY' },
    // Fills d with NaN, of which the model makes a NaN.
    unscorable: { value: encode(reading('unscorable', { history: [] })), code: 'E-SCORE-NOT-FINITE' },
  };
  const names = Object.keys(bad);
  const neighbour = (at: number): Reading =>
    reading(`good-${at}`, { sensor: { a: at, b: at % 10 }, note: at % 2 === 0 ? `note ${at}` : null });
  const messages = names.flatMap((name, at) => [
    { key: `key-${at}`, value: encode(neighbour(at)), headers: {} },
    { key: Buffer.from([0xff, at]), value: bad[name]!.value, headers: { trace: name }, timestamp: '1234' },
  ]);
  await produce(pipeline.input, [
    ...messages,
    { key: 'deleted', value: null },
    { key: 'notice', value: encodeNotice('not a reading') },
    { key: 'deleted too', value: null },
    { key: 'last', value: encode(neighbour(names.length)) },
  ]);

  const run = runTidemark(t, pipeline.file, '--until-end');
  const summary = await run.summary();
  assert.deepEqual(
    { scored: summary.scored, deadLettered: summary.deadLettered, skipped: summary.skipped },
    { scored: names.length + 1, deadLettered: names.length, skipped: 3 },
  );

  const events = await readScored(pipeline.output);
  assert.equal(events.length, names.length + 1);
  for (const { value } of events) {
    const event = neighbour(Number((value.id as string).slice('good-'.length)));
    assert.equal(value.note, event.note);
    assert.ok(Math.abs((value.score as number) - readingScore(event)) < 1e-5, `${value.id}: ${value.score}`);
  }

  const letters = await readAll(pipeline.deadLetter);
  assert.equal(letters.length, names.length);
  for (const [at, name] of names.entries()) {
    const letter = letters.find((record) => record.headers.trace === name);
    assert.ok(letter, `no dead letter for ${name}`);
    const { code, value } = bad[name]!;
    assert.deepEqual(letter.key, Buffer.from([0xff, at]));
    assert.deepEqual(letter.value, value);
    assert.equal(letter.timestamp, 1234);
    const offset = 2 * at + 1;
    const { 'error-detail': detail, ...headers } = letter.headers;
    assert.ok(detail !== undefined && detail !== '', `${name} has no detail`);
    assert.deepEqual(headers, {
      trace: name,
      'error-code': code,
      source: `${pipeline.input}/0@${offset}`,
      pipeline: 'readings',
      'model-name': 'test-model',
      'model-version': '1.0.0',
      '__connect.errors.topic': pipeline.input,
      '__connect.errors.partition': '0',
      '__connect.errors.offset': String(offset),
      '__connect.errors.connector.name': 'readings',
      '__connect.errors.exception.class.name': code,
      '__connect.errors.exception.message': detail,
    });
  }
  const told = run.logs.filter((line) => line.event === 'eventRejected');
  assert.deepEqual(told.map((line) => line.code).sort(), names.map((name) => bad[name]!.code).sort());
  assert.equal(told.find((line) => line.code === 'E-FEATURE-CATEGORY')?.id, 'category');
});

test('events of an id that the registry does not know wait, then become dead letters, and other partitions go on', async (t) => {
  const pipeline = await newReadings(t, { partitions: 2 });
  // An id far beyond what a registry gives out in its life.
  const unknown = framed(2_000_000_000, Buffer.from([2, 4, 6]));
  await produce(pipeline.input, [
    { key: 'a', value: unknown, partition: 0 },
    { key: 'b', value: pipeline.encode(reading('behind')), partition: 0 },
    { key: 'c', value: pipeline.encode(reading('beside')), partition: 1 },
  ]);
  const run = runTidemark(t, pipeline.file, '--until-end');
  await waitFor(async () => (await countOf(pipeline.output)) > 0, 'the other partition to go on', 25_000);
  const ids = async () => (await readScored(pipeline.output)).map(({ value }) => value.id);
  assert.deepEqual(await ids(), ['beside']);
  assert.equal(await countOf(pipeline.deadLetter), 0);

  const { scored, deadLettered } = await run.summary(90_000);
  assert.deepEqual({ scored, deadLettered }, { scored: 2, deadLettered: 1 });
  const [letter] = await readAll(pipeline.deadLetter);
  assert.equal(letter!.headers['error-code'], 'E-SCHEMA-UNKNOWN');
  assert.deepEqual(letter!.value, unknown);
  assert.deepEqual((await ids()).sort(), ['behind', 'beside']);
});

test('a scored event too large for its topic becomes a dead letter, and its neighbours arrive in order', async (t) => {
  const pipeline = await newReadings(t, { outputConfig: { 'max.message.bytes': '2000' } });
  const values = Array.from({ length: 40 }, (_, at) =>
    reading(`r-${at}`, { note: at % 10 === 5 ? 'x'.repeat(4_000) : null }),
  );
  await produce(
    pipeline.input,
    values.map((value) => ({ key: 'one', value: pipeline.encode(value) })),
  );
  const { scored, deadLettered } = await scoreUntilEnd(t, pipeline.file);
  assert.deepEqual({ scored, deadLettered }, { scored: 36, deadLettered: 4 });
  const events = await readScored(pipeline.output);
  const fitting = values.filter(({ note }) => note === null);
  assert.deepEqual(
    events.map(({ value }) => value.id),
    fitting.map(({ id }) => id),
  );
  const letters = await readAll(pipeline.deadLetter);
  for (const [at, letter] of letters.entries()) {
    assert.equal(letter.headers['error-code'], 'E-RECORD-TOO-LARGE');
    assert.equal(letter.headers.source, `${pipeline.input}/0@${10 * at + 5}`);
    assert.deepEqual(letter.value, pipeline.encode(values[10 * at + 5]!));
  }
});
