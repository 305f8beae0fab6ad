import assert from 'node:assert/strict';
import { test } from 'node:test';
import { carriedBytes } from './support/oracle.ts';
import { avscType, long, sized } from './support/randomAvro.ts';
import { readWith, record } from './support/reading.ts';

test('a carried null has its place in a nullable field and is E-FIELD-MISSING in another', () => {
  const schema = record({ it: ['string', 'null'] });
  const body = avscType(schema).toBuffer({ it: null });
  const carry = (schemaOut: unknown) =>
    readWith(schema, body, { carried: [{ path: ['it'], target: 'it', schema: schemaOut }] });
  assert.equal(carry('string').code, 'E-FIELD-MISSING');
  const { code, target, event } = carry(['null', 'string']);
  assert.equal(code, 'ok');
  assert.deepEqual(carriedBytes(target, event, 0), Buffer.from([0]));
});

test('an enum is carried by symbol, as text into a string, and an unknown symbol finds the default or is rejected', () => {
  const symbols = (list: string[], fallback?: string) => ({
    type: 'enum',
    name: 'E',
    symbols: list,
    ...(fallback && { default: fallback }),
  });
  const schema = record({ it: symbols(['A', 'B', 'C']) });
  const carry = (symbol: string, out: unknown): unknown => {
    const body = avscType(schema).toBuffer({ it: symbol });
    const { code, target, event } = readWith(schema, body, {
      carried: [{ path: ['it'], target: 'it', schema: out }],
    });
    return code === 'ok' ? avscType(out).fromBuffer(carriedBytes(target, event, 0)) : code;
  };
  assert.equal(carry('B', symbols(['B', 'A'])), 'B');
  assert.equal(carry('C', symbols(['B', 'A'])), 'E-FIELD-MISSING');
  assert.equal(carry('C', symbols(['B', 'A'], 'A')), 'A');
  assert.equal(carry('C', 'string'), 'C');
  assert.equal(carry('C', symbols(['X'])), 'E-SCHEMA-UNUSABLE');
});

test('a carried record finds its fields by name: reordered, dropped, added with a default', () => {
  const inner = record({ a: 'int', b: 'string', c: { type: 'array', items: 'int' } }, 'Inner');
  const schema = record({ it: inner });
  const out = {
    type: 'record',
    name: 'Other',
    fields: [
      { name: 'c', type: { type: 'array', items: 'double' } },
      { name: 'new', type: ['null', 'string'], default: null },
      { name: 'a', type: ['null', 'long'] },
    ],
  };
  const body = avscType(schema).toBuffer({ it: { a: 5, b: 'dropped', c: [1, -2] } });
  const { code, target, event } = readWith(schema, body, {
    carried: [{ path: ['it'], target: 'it', schema: out }],
  });
  assert.equal(code, 'ok');
  const decoded = avscType(out).fromBuffer(carriedBytes(target, event, 0));
  assert.deepEqual(JSON.parse(JSON.stringify(decoded, (_, v) => (typeof v === 'bigint' ? Number(v) : v))), {
    c: [1, -2],
    new: null,
    a: { long: 5 },
  });
});

test('records of one shape in a union are carried by their names, not their places', () => {
  const [a, b] = [record({ x: 'int' }, 'A'), record({ x: 'int' }, 'B')];
  const schema = record({ it: [a, b] });
  const body = avscType(schema).toBuffer({ it: { B: { x: 5 } } });
  const { target, event } = readWith(schema, body, {
    carried: [{ path: ['it'], target: 'it', schema: [b, a] }],
  });
  assert.deepEqual({ ...avscType([b, a]).fromBuffer(carriedBytes(target, event, 0)) }.B.x, 5);
});

test('a value goes into the branch of its own type before one that it can be promoted to', () => {
  const schema = record({ it: 'int' });
  const body = avscType(schema).toBuffer({ it: 5 });
  const out = ['null', 'double', 'int'];
  const { target, event } = readWith(schema, body, {
    carried: [{ path: ['it'], target: 'it', schema: out }],
  });
  assert.deepEqual({ ...avscType(out).fromBuffer(carriedBytes(target, event, 0)) }, { int: 5 });
});

test('a logical type is not carried into another one', () => {
  const decimal = (precision: number, scale: number) => ({
    type: 'bytes',
    logicalType: 'decimal',
    precision,
    scale,
  });
  const millis = { type: 'long', logicalType: 'timestamp-millis' };
  const carry = (from: unknown, schema: unknown) =>
    readWith(record({ it: from }), long(5n), { carried: [{ path: ['it'], target: 'it', schema }] }).code;
  const carryBytes = (from: unknown, schema: unknown) =>
    readWith(record({ it: from }), sized(Buffer.from([5])), {
      carried: [{ path: ['it'], target: 'it', schema }],
    }).code;
  assert.equal(carryBytes(decimal(4, 2), decimal(9, 2)), 'ok');
  assert.equal(carryBytes(decimal(4, 2), decimal(9, 3)), 'E-SCHEMA-UNUSABLE');
  assert.equal(carryBytes(decimal(9, 2), decimal(4, 2)), 'E-SCHEMA-UNUSABLE');
  assert.equal(carryBytes(decimal(4, 2), 'string'), 'E-SCHEMA-UNUSABLE');
  assert.equal(carryBytes('string', 'bytes'), 'ok');
  assert.equal(carry(millis, millis), 'ok');
  assert.equal(carry(millis, 'long'), 'ok');
  assert.equal(carry('long', millis), 'ok');
  assert.equal(carry(millis, { type: 'long', logicalType: 'timestamp-micros' }), 'E-SCHEMA-UNUSABLE');
});
