import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseSchema, parseSchemaText } from '../../src/avro/parseSchema.ts';
import { compileRowReader } from '../../src/avro/rowReader.ts';
import type { AvroNode, RecordNode } from '../../src/avro/schema.ts';
import { schemaJson } from '../../src/avro/schemaJson.ts';
import { TidemarkError } from '../../src/errors.ts';
import { RandomAvro, toSchema } from './support/randomAvro.ts';

function fieldsOf(node: AvroNode): RecordNode['fields'] {
  assert.equal(node.kind, 'record');
  return (node as RecordNode).fields;
}

function logicalOf(json: unknown): unknown {
  const node = parseSchema(json);
  return 'logical' in node ? node.logical : undefined;
}

test('names are resolved in their namespace, then as they stand', () => {
  const node = parseSchema({
    type: 'record',
    name: 'shop.Order',
    fields: [
      { name: 'a', type: { type: 'enum', name: 'Color', symbols: ['RED'] } },
      { name: 'b', type: 'Color' },
      { name: 'c', type: 'shop.Color' },
      { name: 'd', type: { type: 'fixed', name: 'Id', namespace: 'other', size: 2 } },
      { name: 'e', type: 'other.Id' },
      { name: 'f', type: ['null', 'Order'] },
    ],
  });
  const [a, b, c, d, e, f] = fieldsOf(node).map((field) => field.type);
  assert.equal(a, b);
  assert.equal(a, c);
  assert.equal(d, e);
  assert.deepEqual(f, { kind: 'union', branches: [{ kind: 'null' }, node] });
});

test('references are resolved whatever their order, and on top of each other', () => {
  const references = [
    {
      name: 'shop.Order',
      schema: JSON.stringify({
        type: 'record',
        name: 'shop.Order',
        fields: [{ name: 'id', type: 'shop.Id' }],
      }),
    },
    { name: 'shop.Id', schema: JSON.stringify({ type: 'fixed', name: 'shop.Id', size: 4 }) },
  ];
  const node = parseSchemaText(JSON.stringify({ type: 'array', items: 'shop.Order' }), references);
  assert.equal(node.kind === 'array' && fieldsOf(node.items)[0]!.type.kind, 'fixed');
});

test('logical types are kept where they fit their base, and ignored where not', () => {
  assert.deepEqual(logicalOf({ type: 'long', logicalType: 'timestamp-micros' }), {
    kind: 'timestamp-micros',
  });
  assert.deepEqual(logicalOf({ type: 'bytes', logicalType: 'decimal', precision: 5 }), {
    kind: 'decimal',
    precision: 5,
    scale: 0,
  });
  assert.deepEqual(logicalOf({ type: 'fixed', name: 'U', size: 16, logicalType: 'uuid' }), { kind: 'uuid' });
  for (const json of [
    { type: 'int', logicalType: 'timestamp-millis' },
    { type: 'bytes', logicalType: 'decimal', precision: 2, scale: 3 },
    { type: 'fixed', name: 'U', size: 15, logicalType: 'uuid' },
    { type: 'fixed', name: 'D', size: 8, logicalType: 'duration' },
    { type: 'string', logicalType: 'constructor' },
  ]) {
    assert.equal(logicalOf(json), undefined, JSON.stringify(json));
  }
});

const invalid: readonly unknown[] = [
  null,
  3,
  {},
  'Unknown',
  { type: 'nothing' },
  { type: 'record', name: 'R' },
  { type: 'record', name: '1R', fields: [] },
  { type: 'record', fields: [] },
  { type: 'record', name: 'R', fields: [{ name: 'a' }] },
  { type: 'record', name: 'R', fields: [{ name: 'a b', type: 'int' }] },
  { type: 'record', name: 'R', fields: [null] },
  { type: 'record', name: 'int', fields: [] },
  {
    type: 'record',
    name: 'R',
    fields: [
      { name: 'a', type: 'int' },
      { name: 'a', type: 'int' },
    ],
  },
  { type: 'enum', name: 'E', symbols: ['A', 'A'] },
  { type: 'enum', name: 'E', symbols: 'A' },
  { type: 'enum', name: 'E', symbols: ['a-b'] },
  { type: 'fixed', name: 'F', size: -1 },
  { type: 'fixed', name: 'F', size: 1e300 },
  { type: 'array' },
  ['int', 'int'],
  ['int', ['null']],
  [
    { type: 'fixed', name: 'F', size: 1 },
    { type: 'fixed', name: 'F', size: 1 },
  ],
];

test('what is no Avro schema is told, and a reader for it rejects every event', () => {
  const texts = ['', '{', ...invalid.map((json) => JSON.stringify(json))];
  for (const text of texts) {
    assert.throws(
      () => parseSchemaText(text),
      (thrown) => thrown instanceof TidemarkError && thrown.code === 'E-SCHEMA-UNUSABLE',
      text,
    );
    const reader = compileRowReader(7, text, [], { features: [], carried: [] });
    const row = {
      inputs: [],
      spans: new Int32Array(0),
      side: { bytes: new Uint8Array(0), length: 0 },
      eventTimes: new Float64Array(1),
      missing: new Uint32Array(1),
      unknown: new Uint32Array(1),
    };
    const result = reader.read(Uint8Array.of(0, 0, 0, 0, 7), 0, 5, 0, row);
    assert.equal(reader.explain(result).code, 'E-SCHEMA-UNUSABLE', text);
    assert.equal(reader.idOf(Uint8Array.of(0, 0, 0, 0, 7), 0, 5), undefined);
  }
});

test('schemas nested or chained without end are refused or served, never a crash', () => {
  const nested = `${'{"type":"array","items":'.repeat(10_000)}"int"${'}'.repeat(10_000)}`;
  const chain = Array.from({ length: 20_000 }, (_, i) => ({
    type: 'record',
    name: `R${i}`,
    fields: [{ name: 'next', type: i === 0 ? 'int' : `R${i - 1}` }],
  }));
  for (const schema of [nested, JSON.stringify({ type: 'map', values: chain })]) {
    const reader = compileRowReader(7, schema, [], { features: [], carried: [] });
    const row = {
      inputs: [],
      spans: new Int32Array(0),
      side: { bytes: new Uint8Array(0), length: 0 },
      eventTimes: new Float64Array(1),
      missing: new Uint32Array(1),
      unknown: new Uint32Array(1),
    };
    // One entry with an empty key, and the deepest record of the chain.
    const event = Uint8Array.of(0, 0, 0, 0, 7, 2, 0, 0xbe, 0xb8, 2, 0, 0);
    assert.notEqual(reader.read(event, 0, event.length, 0, row), 0);
  }
});

test('a schema written out again is the same schema', () => {
  const property = fc.property(fc.gen(), (g) => {
    const node = parseSchema(toSchema(new RandomAvro(g).record(3)));
    assert.deepEqual(parseSchema(schemaJson(node)), node);
  });
  fc.assert(property);
});
