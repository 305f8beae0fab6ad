import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RowPlan } from '../../src/avro/plan.ts';
import { rejectingRowReader } from '../../src/avro/rowReader.ts';
import type { FeaturePlan, FieldPath } from '../../src/pipeline/ports.ts';
import { elementOf, ROW, targetFor } from './support/oracle.ts';
import { avscType, long, sized } from './support/randomAvro.ts';
import { feature, readWith, record } from './support/reading.ts';

/** What a single feature of a field `it` of the given type becomes: its element, or the code. */
function one(plan: FeaturePlan, avro: unknown, value: unknown): unknown {
  const schema = record({ it: avro });
  const { code, target } = readWith(
    schema,
    avscType(schema).toBuffer({ it: value }),
    { features: [plan] },
    plan.type,
  );
  return code === 'ok' ? elementOf(target, 0) : code;
}

test('a number outside its range is rejected, its ends are not', () => {
  const plan = feature('float32', { min: 0, max: 120 });
  assert.equal(one(plan, 'int', 0), 0);
  assert.equal(one(plan, 'int', 120), 120);
  assert.equal(one(plan, 'int', 121), 'E-FEATURE-RANGE');
  assert.equal(one(plan, 'long', -1n), 'E-FEATURE-RANGE');
  assert.equal(one(plan, 'double', 120.001), 'E-FEATURE-RANGE');
  assert.equal(one(plan, 'double', Number.POSITIVE_INFINITY), 'E-FEATURE-RANGE');
  assert.equal(
    one(feature('float32'), 'float', Number.NEGATIVE_INFINITY),
    'E-FEATURE-RANGE',
    'without a range',
  );
  assert.equal(one(feature('float32'), 'double', 1e39), 'E-FEATURE-RANGE', 'beyond a float32');
  assert.equal(one(feature('int64', { min: 5 }), 'long', 4n), 'E-FEATURE-RANGE');
});

test('null, NaN and a missing array item or map key are missing', () => {
  const fill = feature('float64', { missing: -1 });
  for (const plan of [feature('float64'), fill]) {
    const expected = plan === fill ? -1 : 'E-FEATURE-MISSING';
    assert.equal(one(plan, ['null', 'double'], null), expected);
    assert.equal(one(plan, 'double', Number.NaN), expected);
    assert.equal(one({ ...plan, path: ['it', 1] }, { type: 'array', items: 'int' }, [5]), expected);
    assert.equal(one({ ...plan, path: ['it', 'b'] }, { type: 'map', values: 'int' }, { a: 5 }), expected);
  }
  assert.equal(one(feature('float64', { missing: Number.NaN }), ['double', 'null'], null), Number.NaN);
  assert.equal(one(feature('int64', { missing: -(2 ** 40) - 1 }), ['null', 'long'], null), -(2n ** 40n) - 1n);
  assert.equal(one(feature('string', { missing: '?' }), ['null', 'string'], null), '?');
});

test('an item is found by its index over several blocks, and of equal keys the last counts', () => {
  const blocks = Buffer.concat([long(-1n), long(1n), long(1n), long(2n), long(2n), long(3n), long(0n)]);
  const items = record({ it: { type: 'array', items: 'int' } });
  const third = readWith(items, blocks, { features: [feature('float64', { path: ['it', 2] })] });
  assert.equal(elementOf(third.target, 0), 3);
  const entry = (key: string, value: bigint) => Buffer.concat([sized(Buffer.from(key)), long(value)]);
  const entries = Buffer.concat([long(3n), entry('a', 1n), entry('__proto__', 2n), entry('a', 3n), long(0n)]);
  const values = record({ it: { type: 'map', values: 'int' } });
  const plans = ['a', '__proto__'].map((key, column) => feature('float64', { path: ['it', key], column }));
  const { target } = readWith(values, entries, { features: plans });
  assert.deepEqual([elementOf(target, 0), elementOf(target, 1)], [3, 2]);
});

test('a category becomes its index, or its text in a string input; another is unknown', () => {
  const categories = ['web', 'pos', 'atm'];
  const symbols = { type: 'enum', name: 'Channel', symbols: ['atm', 'fax', 'web'] };
  assert.equal(one(feature('float32', { categories }), 'string', 'pos'), 1);
  assert.equal(one(feature('int64', { categories }), symbols, 'atm'), 2n);
  assert.equal(one(feature('string', { categories }), symbols, 'web'), 'web');
  assert.equal(one(feature('string'), 'string', 'größer'), 'größer');
  assert.equal(one(feature('float32', { categories }), symbols, 'fax'), 'E-FEATURE-CATEGORY');
  assert.equal(one(feature('float32', { categories, unknown: -1 }), 'string', 'fax'), -1);
  assert.equal(one(feature('string', { categories, unknown: 'other' }), 'string', 'fax'), 'other');
  assert.equal(one(feature('float32', { categories, missing: 'atm' }), ['null', 'string'], null), 2);
});

test('an int64 input takes a long exactly, and only whole numbers that it can hold', () => {
  for (const value of [2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n, -1n, 0n]) {
    assert.equal(one(feature('int64'), 'long', value), value);
  }
  assert.equal(one(feature('int64'), 'double', -(2 ** 62)), -(2n ** 62n));
  assert.equal(one(feature('int64'), 'double', 2 ** 63), 'E-FEATURE-RANGE');
  assert.equal(one(feature('int64'), 'double', 0.5), 'E-FEATURE-RANGE');
  assert.equal(one(feature('int32'), 'long', 2n ** 31n), 'E-FEATURE-RANGE');
  assert.equal(one(feature('bool'), 'boolean', true), 1);
  assert.equal(one(feature('bool'), 'int', 2), 'E-FEATURE-RANGE');
});

test('logical types are read as what they mean', () => {
  const plan = feature('float64');
  const logical = (type: string, logicalType: string, more = {}) => ({ type, logicalType, ...more });
  assert.equal(one(plan, logical('int', 'date'), 19_000), 19_000);
  assert.equal(one(plan, logical('long', 'timestamp-millis'), 1_700_000_000_123n), 1_700_000_000_123);
  assert.equal(one(plan, logical('long', 'timestamp-micros'), 1_700_000_000_123_500n), 1_700_000_000_123.5);
  assert.equal(
    one(feature('int64'), logical('long', 'timestamp-micros'), -1n),
    -1n,
    'whole milliseconds, rounded down',
  );
  assert.equal(one(plan, logical('long', 'time-micros'), 1500n), 1.5);
  assert.equal(
    one(plan, logical('bytes', 'decimal', { precision: 9, scale: 2 }), Buffer.from([0xff, 0x38])),
    -2,
  );
  const duration = { type: 'fixed', name: 'D', size: 12, logicalType: 'duration' };
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32LE(2, 4);
  bytes.writeUInt32LE(500, 8);
  assert.equal(one(plan, duration, bytes), 2 * 86_400_000 + 500);
  bytes.writeUInt32LE(1, 0);
  assert.equal(one(plan, duration, bytes), 'E-FEATURE-RANGE', 'months have no length');
  const uuid = { type: 'fixed', name: 'U', size: 16, logicalType: 'uuid' };
  const hex = '0123456789abcdef0123456789abcdef';
  assert.equal(one(feature('string'), uuid, Buffer.from(hex, 'hex')), '01234567-89ab-cdef-0123-456789abcdef');
});

test('the event time is epoch milliseconds, and NaN where there is none', () => {
  const times: [unknown, unknown, number][] = [
    [{ type: 'long', logicalType: 'timestamp-millis' }, 1_700_000_000_123n, 1_700_000_000_123],
    [{ type: 'long', logicalType: 'timestamp-nanos' }, 1_500_000n, 1.5],
    ['long', 42n, 42],
    [{ type: 'int', logicalType: 'date' }, 2, 172_800_000],
    [['null', 'long'], null, Number.NaN],
    ['string', 'yesterday', Number.NaN],
  ];
  for (const [type, value, expected] of times) {
    const schema = record({ at: type });
    const { target, code } = readWith(schema, avscType(schema).toBuffer({ at: value }), {
      eventTime: ['at'],
    });
    assert.equal(code, 'ok');
    assert.equal(target.eventTimes[ROW], expected, JSON.stringify(type));
  }
  const { target } = readWith(record({}), Buffer.alloc(0), {});
  assert.equal(target.eventTimes[ROW], Number.NaN, 'no event time is wanted');
});

test('records that do not count are skipped, whatever else they hold', () => {
  const [a, b] = [record({ it: 'int' }, 'shop.A'), record({ other: 'string' }, 'shop.B')];
  const plan = { features: [feature('float64')], records: ['A'] };
  const union = ['null', a, b];
  assert.equal(readWith(union, Buffer.concat([long(1n), long(5n)]), plan).code, 'ok');
  assert.equal(readWith(union, Buffer.concat([long(2n), sized(Buffer.from('x'))]), plan).code, 'skipped');
  assert.equal(readWith(union, long(0n), plan).code, 'skipped');
  assert.equal(readWith(union, long(3n), plan).code, 'E-AVRO-INVALID');
  assert.equal(readWith(b, sized(Buffer.from('x')), plan).code, 'skipped');
  assert.equal(readWith(a, long(5n), { ...plan, records: ['shop.A'] }).code, 'ok');
  assert.equal(
    readWith([b], Buffer.concat([long(0n), sized(Buffer.from('x'))]), { ...plan, records: ['B'] }).code,
    'E-SCHEMA-UNUSABLE',
  );
  const both = readWith(union, Buffer.concat([long(2n), sized(Buffer.from('x'))]), {
    features: plan.features,
  });
  assert.equal(both.code, 'E-FEATURE-MISSING', 'without a list every record counts');
});

test('a schema that cannot serve rejects every event and gives all the reasons', () => {
  const schema = record({ it: record({ x: 'int' }, 'Inner'), text: 'string', flag: 'boolean' });
  const plan: RowPlan = {
    features: [
      feature('float64'),
      feature('float64', { name: 'text', path: ['text'], column: 1 }),
      feature('float64', { name: 'gone', path: ['gone'], column: 2 }),
      feature('bool', { name: 'flag', path: ['flag'], column: 3, missing: 0.5 }),
    ],
    carried: [
      { path: ['text'], target: 'out.text', schema: 'long' },
      { path: ['nowhere'], target: 'out.nowhere', schema: 'string' },
      { path: ['nowhere'], target: 'out.nullable', schema: ['null', 'string'] },
    ],
  };
  const { reader, code } = readWith(schema, Buffer.alloc(0), plan);
  assert.equal(code, 'E-SCHEMA-UNUSABLE');
  const { detail } = reader.explain(7);
  for (const reason of [
    /feature it: its type is record Inner/,
    /feature text: .*string/,
    /feature gone/,
    /flag: missing: 0.5/,
    /out\.text/,
    /out\.nowhere/,
  ]) {
    assert.match(detail, reason);
  }
  assert.doesNotMatch(detail, /out\.nullable/);
});

test('a rejection names the feature or field it is for', () => {
  const schema = record({ it: ['null', 'int'], name: ['null', 'string'] });
  const body = avscType(schema).toBuffer({ it: null, name: null });
  const path: FieldPath = ['it'];
  const rejected = (plan: Partial<RowPlan>): string => {
    const { reader, target, event } = readWith(schema, body, plan);
    return reader.explain(reader.read(event, 0, event.length, ROW, target)).detail;
  };
  assert.match(rejected({ features: [feature('float64', { name: 'age', path })] }), /age \(it\)/);
  assert.match(
    rejected({ carried: [{ path: ['name'], target: 'customer.name', schema: 'string' }] }),
    /customer\.name/,
  );
});

test('the id is read as text wherever the event breaks off behind it', () => {
  const schema = record({ id: ['null', 'string'], rest: 'double' });
  const body = Buffer.concat([long(1n), sized(Buffer.from('tx-1')), Buffer.alloc(3)]);
  const { reader, event, code } = readWith(schema, body, { id: ['id'] });
  assert.equal(code, 'E-AVRO-TRUNCATED');
  assert.equal(reader.idOf(event, 0, event.length), 'tx-1');
  assert.equal(reader.idOf(event, 0, 7), undefined);
  assert.equal(reader.idOf(event, 0, 0), undefined);
});

test('the id is read from whole numbers and symbols too, and from schemas that cannot serve', () => {
  const symbols = { type: 'enum', name: 'E', symbols: ['A'] };
  const ids: [unknown, unknown, string | undefined][] = [
    ['long', 2n ** 62n, '4611686018427387904'],
    ['int', -5, '-5'],
    [symbols, 'A', 'A'],
    ['bytes', Buffer.from('x'), undefined],
  ];
  for (const [type, value, expected] of ids) {
    const schema = record({ id: type });
    const body = avscType(schema).toBuffer({ id: value });
    const { reader, event, code } = readWith(schema, body, { id: ['id'], features: [feature('float64')] });
    assert.equal(code, 'E-SCHEMA-UNUSABLE');
    assert.equal(reader.idOf(event, 0, event.length), expected, JSON.stringify(type));
  }
});

test('a wide record is read by many small functions as by one', () => {
  const names = Array.from({ length: 2000 }, (_, i) => `f${i}`);
  const schema = record(
    Object.fromEntries(names.map((name, i) => [name, i % 2 ? 'double' : ['null', 'int']])),
  );
  const value = Object.fromEntries(names.map((name, i) => [name, i % 2 ? i : { int: i }]));
  const features = names.map((name, column) => feature('float64', { name, path: [name], column }));
  const { code, target } = readWith(schema, avscType(schema).toBuffer(value), { features });
  assert.equal(code, 'ok');
  assert.deepEqual(
    names.map((_, column) => elementOf(target, column)),
    names.map((_, i) => i),
  );
});

test('unions of records inside each other cannot make a reader without end', () => {
  const names = Array.from({ length: 60 }, (_, i) => `R${i}`);
  const first = record(
    { x: names.map((name, i) => (i === 0 ? name : record({ x: ['null', 'R0'] }, name))) },
    'R0',
  );
  const path = ['x', 'x', 'x', 'x', 'x', 'x', 'x', 'x'];
  const { reader, code } = readWith(first, Buffer.alloc(10), {
    features: [feature('float64', { path, missing: 0 })],
  });
  assert.equal(code, 'E-SCHEMA-UNUSABLE');
  assert.ok(reader.explain(7).detail.length < 3000);
});

test('a reader for an id that cannot be served says why, always', () => {
  const reader = rejectingRowReader(9, { code: 'E-SCHEMA-UNKNOWN', detail: 'no schema has id 9' });
  assert.equal(reader.schemaId, 9);
  const result = reader.read(Uint8Array.of(0, 0, 0, 0, 9), 0, 5, 0, targetFor('float32', 0, 0));
  assert.deepEqual(reader.explain(result), { code: 'E-SCHEMA-UNKNOWN', detail: 'no schema has id 9' });
});
