import assert from 'node:assert/strict';
import { test } from 'node:test';
import avro from 'avsc';
import { newReadings, type Reading, reading, readingSchema, readingScore } from '../support/readings.ts';
import { readScored } from '../support/scored.ts';
import { framed, produce, readAll, registerSchema } from '../support/stack.ts';
import { scoreUntilEnd } from '../support/tidemark.ts';

interface Version {
  readonly schema: object;
  /** What a producer of this version writes for a reading. */
  readonly write: (value: Reading) => object;
}

const sensor = (fields: object[]) => ({ name: 'sensor', type: { type: 'record', name: 'Sensor', fields } });
const [id, , channel, history, note] = readingSchema.fields;
const a = { name: 'a', type: ['null', 'double'], default: null };
const b = { name: 'b', type: 'double' };
const record = (fields: unknown[]) => ({ type: 'record', name: 'Reading', namespace: 'test', fields });

const VERSIONS: Readonly<Record<string, Version>> = {
  first: { schema: readingSchema, write: (value) => value },
  'with fields added, of a type of their own too': {
    schema: record([
      { name: 'region', type: { type: 'map', values: ['null', 'long', 'string'] } },
      id,
      sensor([{ name: 'unit', type: { type: 'fixed', name: 'Unit', size: 3 } }, a, b]),
      channel,
      { name: 'tags', type: { type: 'array', items: 'string' } },
      history,
      note,
    ]),
    write: (value) => ({
      ...value,
      region: { north: 1, south: 'far', east: null },
      tags: ['x', 'y'],
      sensor: { ...value.sensor, unit: Buffer.from('mmH') },
    }),
  },
  'with fields in another order': {
    schema: record([note, history, channel, sensor([b, a]), id]),
    write: (value) => value,
  },
  'with a carried field dropped, which has a default': {
    schema: record([id, sensor([a, b]), channel, history]),
    write: ({ id: text, sensor: place, channel: way, history: past }) => ({
      id: text,
      sensor: place,
      channel: way,
      history: past,
    }),
  },
  'with narrower numbers': {
    schema: record([
      id,
      sensor([
        { name: 'a', type: ['null', 'float'], default: null },
        { name: 'b', type: 'int' },
      ]),
      channel,
      { name: 'history', type: { type: 'array', items: 'long' } },
      note,
    ]),
    write: (value) => value,
  },
  'without unions, with text for the enum': {
    schema: record([
      { name: 'note', type: 'string' },
      id,
      sensor([{ name: 'a', type: 'double' }, b]),
      { name: 'channel', type: 'string' },
      history,
    ]),
    write: (value) => ({ ...value, note: value.note ?? '' }),
  },
  'with the branches of unions exchanged': {
    schema: record([
      id,
      sensor([{ name: 'a', type: ['double', 'int', 'null'] }, b]),
      channel,
      history,
      { name: 'note', type: ['string', 'null'] },
    ]),
    // Two numbers in a union: avsc wants to be told which.
    write: (value) => ({ ...value, sensor: { ...value.sensor, a: { double: value.sensor.a } } }),
  },
};

test('events of many versions of a schema, mixed in one topic, are scored as if they were of one', async (t) => {
  const pipeline = await newReadings(t);
  const names = Object.keys(VERSIONS);
  const writers = await Promise.all(
    names.map(async (name) => {
      const { schema, write } = VERSIONS[name]!;
      // A subject of their own: whether the versions are compatible is not what this asks.
      const schemaId = await registerSchema(`${pipeline.input}-${names.indexOf(name)}`, schema);
      const type = avro.Type.forSchema(schema as avro.Schema, { wrapUnions: 'auto' });
      return (value: Reading) => framed(schemaId, type.toBuffer(write(value)));
    }),
  );
  const values = Array.from({ length: 70 }, (_, at) =>
    reading(`r-${at}`, { sensor: { a: at / 4, b: at % 10 }, history: [at, 1], note: `note ${at}` }),
  );
  await produce(
    pipeline.input,
    values.map((value, at) => ({ key: 'one', value: writers[at % names.length]!(value) })),
  );
  const { scored, deadLettered } = await scoreUntilEnd(t, pipeline.file);
  const letters = await readAll(pipeline.deadLetter);
  assert.deepEqual(
    { scored, deadLettered },
    { scored: 70, deadLettered: 0 },
    letters[0]?.headers['error-detail'],
  );
  const events = await readScored(pipeline.output);
  for (const [at, { value }] of events.entries()) {
    const event = values[at]!;
    const version = names[at % names.length]!;
    assert.equal(value.id, event.id);
    assert.equal(value.note, version.includes('dropped') ? null : event.note, version);
    const score = value.score as number;
    assert.ok(Math.abs(score - readingScore(event)) < 1e-5, `${event.id}, ${version}: ${score}`);
  }
});

test('a renamed field is found by its alias, and a version that cannot serve harms only its own events', async (t) => {
  const renamed = record([
    { name: 'key', type: 'string' },
    { name: 'probe', type: { type: 'record', name: 'Sensor', fields: [a, b] } },
    channel,
    history,
    note,
  ]);
  // The schema that the pipeline is written against knows the fields under their first names too.
  const reader = record([
    { name: 'key', aliases: ['id'], type: 'string' },
    { name: 'probe', aliases: ['sensor'], type: { type: 'record', name: 'Sensor', fields: [a, b] } },
    channel,
    history,
    note,
  ]);
  const pipeline = await newReadings(t, {
    readerSchema: reader,
    keys: {
      'input.id': 'key',
      'features.a': 'probe.a',
      'features.b': 'probe.b',
      'output.fields.id': 'event.key',
    },
  });
  const renamedId = await registerSchema(`${pipeline.input}-renamed`, renamed);
  const renamedType = avro.Type.forSchema(renamed as avro.Schema);
  const unfit = record([id, { name: 'sensor', type: 'string' }, channel, history, note]);
  const unfitId = await registerSchema(`${pipeline.input}-unfit`, unfit);
  const unfitType = avro.Type.forSchema(unfit as avro.Schema);
  const values = [0, 1, 2, 3].map((at) => reading(`r-${at}`, { sensor: { a: at, b: at } }));
  const { id: key, sensor: probe, ...rest } = values[1]!;
  await produce(pipeline.input, [
    { value: pipeline.encode(values[0]!) },
    { value: framed(renamedId, renamedType.toBuffer({ key, probe, ...rest })) },
    { value: framed(unfitId, unfitType.toBuffer({ ...values[2], sensor: 'broken' })) },
    { value: pipeline.encode(values[3]!) },
  ]);
  const { scored, deadLettered } = await scoreUntilEnd(t, pipeline.file);
  const letters = await readAll(pipeline.deadLetter);
  assert.deepEqual(
    { scored, deadLettered },
    { scored: 3, deadLettered: 1 },
    letters[0]?.headers['error-detail'],
  );
  assert.equal(letters[0]!.headers['error-code'], 'E-SCHEMA-UNUSABLE');
  assert.equal(letters[0]!.headers.source, `${pipeline.input}/0@2`);
  const events = await readScored(pipeline.output);
  assert.deepEqual(
    events.map(({ value }) => value.id),
    ['r-0', 'r-1', 'r-3'],
  );
  for (const [at, { value }] of events.entries()) {
    const expected = readingScore([values[0]!, values[1]!, values[3]!][at]!);
    assert.ok(Math.abs((value.score as number) - expected) < 1e-5, `${value.id}: ${value.score}`);
  }
});
