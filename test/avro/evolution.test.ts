import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSchema } from '../../src/avro/parseSchema.ts';
import type { RowPlan } from '../../src/avro/plan.ts';
import { compileRowReader } from '../../src/avro/rowReader.ts';
import type { FeaturePlan, FieldPath } from '../../src/pipeline/ports.ts';
import { carriedBytes, elementOf, ROW, targetFor } from './support/oracle.ts';
import { avscType, framed } from './support/randomAvro.ts';

interface Field {
  readonly name: string;
  readonly type: unknown;
  readonly default?: unknown;
  readonly aliases?: readonly string[];
}

const event = (fields: readonly Field[], name = 'Event') => ({ type: 'record', name, fields });

/** The schema the pipeline was made for. */
const reader = event([
  { name: 'id', type: 'string' },
  { name: 'amount', type: 'double', default: 9.5 },
  { name: 'channel', type: { type: 'enum', name: 'Channel', symbols: ['web', 'pos'] }, default: 'pos' },
  { name: 'at', type: { type: 'long', logicalType: 'timestamp-micros' }, default: 5000 },
  {
    name: 'terminal',
    type: event([{ name: 'risk', type: ['null', 'float'], default: null, aliases: ['danger'] }], 'Terminal'),
    default: { risk: 0.25 },
  },
  { name: 'country', type: ['null', 'string'], default: null, aliases: ['land'] },
  { name: 'tags', type: { type: 'array', items: 'int' }, default: [4, 5] },
]);

function feature(
  name: string,
  path: FieldPath,
  column: number,
  more: Partial<FeaturePlan> = {},
): FeaturePlan {
  return { name, path, input: 0, column, type: 'float64', missing: -1, unknown: 'reject', ...more };
}

const features = [
  feature('amount', ['amount'], 0),
  feature('channel', ['channel'], 1, { categories: ['web', 'pos'] }),
  feature('risk', ['terminal', 'risk'], 2),
  feature('tag', ['tags', 1], 3),
];
const carried = [
  { path: ['country'], target: 'country', schema: ['null', 'string'] },
  { path: ['amount'], target: 'amount', schema: ['null', 'double'] },
];

function read(writer: unknown, value: unknown, more: Partial<RowPlan> = {}) {
  const plan = { features, carried, eventTime: ['at'], readerSchema: parseSchema(reader), ...more };
  const compiled = compileRowReader(7, JSON.stringify(writer), [], plan);
  const target = targetFor('float64', plan.features.length, plan.carried.length);
  const bytes = framed(avscType(writer).toBuffer(value));
  const result = compiled.read(bytes, 0, bytes.length, ROW, target);
  const decode = (slot: number) => {
    const value: unknown = avscType(plan.carried[slot]!.schema).fromBuffer(carriedBytes(target, bytes, slot));
    return typeof value === 'object' && value ? { ...value } : value;
  };
  return {
    code: result === 0 ? 'ok' : compiled.explain(result).code,
    row: plan.features.map((_, column) => elementOf(target, column)),
    at: target.eventTimes[ROW],
    carried: plan.carried.map((_, slot) => (result === 0 ? decode(slot) : undefined)),
  };
}

test('fields that the writer dropped take the defaults of the schema the pipeline was made for', () => {
  const writer = event([{ name: 'id', type: 'string' }]);
  const { code, row, at, carried } = read(writer, { id: 'x' });
  assert.equal(code, 'ok');
  assert.deepEqual(row, [9.5, 1, 0.25, 5]);
  assert.equal(at, 5);
  assert.deepEqual(carried, [null, { double: 9.5 }]);
});

test('without such a schema a dropped field counts as missing', () => {
  const writer = event([{ name: 'id', type: 'string' }]);
  const plan = { features, carried, eventTime: ['at'] };
  const compiled = compileRowReader(7, JSON.stringify(writer), [], plan);
  const target = targetFor('float64', features.length, carried.length);
  const bytes = framed(avscType(writer).toBuffer({ id: 'x' }));
  assert.equal(compiled.read(bytes, 0, bytes.length, ROW, target), 0);
  assert.deepEqual(
    features.map((_, column) => elementOf(target, column)),
    [-1, -1, -1, -1],
  );
  assert.equal(target.eventTimes[ROW], Number.NaN);
  assert.deepEqual(carriedBytes(target, bytes, 1), Buffer.from([0]));
});

test('a field is found under the names that the schema of the pipeline knows it by', () => {
  const writer = event([
    { name: 'land', type: 'string' },
    { name: 'terminal', type: event([{ name: 'danger', type: 'double' }], 'Terminal') },
  ]);
  const { row, carried } = read(writer, { land: 'AT', terminal: { danger: 0.75 } });
  assert.equal(row[2], 0.75);
  assert.deepEqual(carried[0], { string: 'AT' });
});

test('a field wanted by its name and by its alias is read for both', () => {
  const writer = event([{ name: 'land', type: 'string' }]);
  const both = [
    { path: ['country'], target: 'country', schema: 'string' },
    { path: ['land'], target: 'land', schema: 'string' },
  ];
  const { row, carried } = read(
    writer,
    { land: 'AT' },
    {
      carried: both,
      features: [
        feature('country', ['country'], 0, { categories: ['AT'] }),
        feature('land', ['land'], 1, { categories: ['DE', 'AT'] }),
      ],
    },
  );
  assert.deepEqual(row, [0, 1]);
  assert.deepEqual(carried, ['AT', 'AT']);
});

test('reordered, added and promoted fields are read by name', () => {
  const writer = event([
    { name: 'tags', type: ['null', { type: 'array', items: 'long' }] },
    { name: 'extra', type: { type: 'map', values: 'bytes' } },
    { name: 'amount', type: 'int' },
    { name: 'channel', type: 'string' },
    { name: 'terminal', type: ['null', event([{ name: 'risk', type: 'int' }], 'Terminal')] },
  ]);
  const value = {
    tags: { array: [1n, 2n] },
    extra: { k: Buffer.from('v') },
    amount: 7,
    channel: 'web',
    terminal: { Terminal: { risk: 3 } },
  };
  const { code, row, carried } = read(writer, value);
  assert.equal(code, 'ok');
  assert.deepEqual(row, [7, 0, 3, 2]);
  assert.deepEqual(carried[1], { double: 7 });
  assert.deepEqual(
    read(writer, { ...value, tags: null, terminal: null }).row,
    [7, 0, -1, -1],
    'null is no default',
  );
});

test('a default is read like an event: its category may be unknown, its range wrong', () => {
  const writer = event([{ name: 'id', type: 'string' }]);
  const narrow = [feature('amount', ['amount'], 0, { max: 9 })];
  assert.equal(read(writer, { id: 'x' }, { features: narrow }).code, 'E-FEATURE-RANGE');
  const other = [feature('channel', ['channel'], 0, { categories: ['web'] })];
  assert.equal(read(writer, { id: 'x' }, { features: other }).code, 'E-FEATURE-CATEGORY');
});

test('a union of records takes the defaults of the branch of the same name', () => {
  const branch = (name: string, amount: number) =>
    event([{ name: 'amount', type: 'int', default: amount }], name);
  const readerSchema = parseSchema([branch('A', 1), branch('B', 2)]);
  const writer = [event([], 'B'), event([], 'A')];
  const plan = { readerSchema, features: [feature('amount', ['amount'], 0)], carried: [], eventTime: ['at'] };
  assert.deepEqual(read(writer, { B: {} }, plan).row, [2]);
  assert.deepEqual(read(writer, { A: {} }, { ...plan, records: ['A'] }).row, [1]);
});
