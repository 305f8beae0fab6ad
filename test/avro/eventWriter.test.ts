import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { append, newByteBuffer } from '../../src/avro/byteBuffer.ts';
import { compileEventWriter, type EventWriterPlan, outputFieldSchema } from '../../src/avro/eventWriter.ts';
import { schemaIdOf } from '../../src/avro/framing.ts';
import { parseSchema } from '../../src/avro/parseSchema.ts';
import { TidemarkError } from '../../src/errors.ts';
import type { Block, FieldSource, ModelOutput, OutputValues, RowTarget } from '../../src/pipeline/ports.ts';
import { avscType, sized } from './support/randomAvro.ts';

const millis = { type: 'long', logicalType: 'timestamp-millis' };
const micros = { type: 'long', logicalType: 'timestamp-micros' };
const decisions = ['block', 'review', 'allow'];
const outputs: readonly ModelOutput[] = [
  { name: 'score', type: 'float32' },
  { name: 'count', type: 'int64' },
  { name: 'label', type: 'string' },
  { name: 'flag', type: 'bool' },
];
const model = { name: 'card-fraud', version: '1.0.0', digest: '0123456789abcdef' };

interface Field {
  readonly name: string;
  readonly type: unknown;
  readonly default?: unknown;
}

const record = (fields: readonly Field[]) => ({ type: 'record', name: 'Scored', fields });

function planOf(fields: Record<string, FieldSource>, more: Partial<EventWriterPlan> = {}): EventWriterPlan {
  return {
    schemaId: 0xfedcba98,
    carried: 2,
    outputs,
    decisions,
    model,
    fields: new Map(Object.entries(fields)),
    ...more,
  };
}

function faultsOf(schema: unknown, plan: EventWriterPlan): readonly string[] {
  const compiled = compileEventWriter(parseSchema(schema), plan);
  return compiled.kind === 'unfit' ? compiled.faults.map((fault) => fault.field) : [];
}

interface Scored {
  readonly score?: number;
  readonly count?: number;
  readonly label?: string;
  readonly flag?: number;
  readonly decision?: number;
  readonly timestamp?: number;
  readonly topic?: string;
}

const ROW = 1;
/** A carried string in the event's bytes and a carried long at the side. */
const carriedText = sized(Buffer.from('tx-1 é'));
const carriedAside = Buffer.from([8]);

function write(schema: unknown, fields: Record<string, FieldSource>, scored: Scored = {}): Buffer {
  const compiled = compileEventWriter(parseSchema(schema), planOf(fields));
  assert.equal(compiled.kind, 'writer', JSON.stringify(compiled));
  if (compiled.kind !== 'writer') throw new Error('unreachable');
  const bytes = new Uint8Array([9, 9, ...carriedText, 9]);
  const side = newByteBuffer(4);
  append(side, Uint8Array.of(7, ...carriedAside), 0, 2);
  const spans = Int32Array.of(0, 0, 0, 0, 2, carriedText.length, -2, 1);
  const target: RowTarget = {
    inputs: [],
    spans,
    side,
    eventTimes: new Float64Array(2),
    missing: new Uint32Array(0),
    unknown: new Uint32Array(0),
  };
  const values: OutputValues[] = [
    { name: 'score', kind: 'number', values: Float64Array.of(0, scored.score ?? 0.5) },
    { name: 'count', kind: 'number', values: Float64Array.of(0, scored.count ?? 3) },
    { name: 'label', kind: 'string', values: ['', scored.label ?? 'fraud'] },
    { name: 'flag', kind: 'number', values: Float64Array.of(0, scored.flag ?? 1) },
  ];
  const lease = {
    topic: scored.topic ?? 'transactions',
    partition: 3,
    generation: 1,
    state: { kind: 'held' } as const,
  };
  const block: Block = {
    lease,
    bytes,
    count: 1,
    spans: new Int32Array(6),
    offsets: Float64Array.of(2 ** 40),
    timestamps: Float64Array.of(scored.timestamp ?? 1_700_000_000_123),
    nextOffset: 0,
    endOffset: 0,
  };
  const out = newByteBuffer(1);
  append(out, Uint8Array.of(1, 2, 3), 0, 3);
  compiled.writer.write(out, ROW, target, values, scored.decision ?? 0, block, 0, 1_700_000_001_000);
  assert.deepEqual([...out.bytes.subarray(0, 3)], [1, 2, 3], 'what was written before stays');
  assert.equal(schemaIdOf(out.bytes, 3, out.length), 0xfedcba98);
  return Buffer.from(out.bytes.subarray(8, out.length));
}

function decoded(schema: unknown, bytes: Buffer): unknown {
  const value = avscType(schema).fromBuffer(bytes);
  return JSON.parse(JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? Number(inner) : inner)));
}

test('every source is written as avsc reads it', () => {
  const schema = record([
    { name: 'id', type: 'string' },
    { name: 'count_carried', type: 'long' },
    { name: 'score', type: 'double' },
    { name: 'score_float', type: ['null', 'float'] },
    { name: 'count', type: 'long' },
    { name: 'label', type: 'string' },
    { name: 'flag', type: 'boolean' },
    { name: 'decision', type: { type: 'enum', name: 'Decision', symbols: ['allow', 'block', 'review'] } },
    { name: 'note', type: ['null', 'string'], default: null },
    {
      name: 'model',
      type: {
        type: 'record',
        name: 'Model',
        fields: ['name', 'version', 'digest'].map((name) => ({ name, type: 'string' })),
      },
    },
    { name: 'topic', type: 'string' },
    { name: 'partition', type: 'int' },
    { name: 'offset', type: ['null', 'long'] },
    { name: 'at', type: millis },
    { name: 'scored_at', type: micros },
    { name: 'reasons', type: { type: 'array', items: 'string' }, default: ['none'] },
  ]);
  const bytes = write(schema, {
    id: { from: 'event', slot: 0 },
    count_carried: { from: 'event', slot: 1 },
    score: { from: 'model', output: 0 },
    score_float: { from: 'model', output: 0 },
    count: { from: 'model', output: 1 },
    label: { from: 'model', output: 2 },
    flag: { from: 'model', output: 3 },
    decision: { from: 'decision' },
    'model.name': { from: 'model-name' },
    'model.version': { from: 'model-version' },
    'model.digest': { from: 'model-digest' },
    topic: { from: 'record', fact: 'topic' },
    partition: { from: 'record', fact: 'partition' },
    offset: { from: 'record', fact: 'offset' },
    at: { from: 'record', fact: 'timestamp' },
    scored_at: { from: 'scored-at' },
  });
  assert.deepEqual(decoded(schema, bytes), {
    id: 'tx-1 é',
    count_carried: 4,
    score: 0.5,
    score_float: { float: 0.5 },
    count: 3,
    label: 'fraud',
    flag: true,
    decision: 'block',
    note: null,
    model,
    topic: 'transactions',
    partition: 3,
    offset: { long: 2 ** 40 },
    at: 1_700_000_000_123,
    scored_at: 1_700_000_001_000_000,
    reasons: ['none'],
  });
});

test('any score, count, text, time and decision comes back', () => {
  const schema = record([
    { name: 'score', type: 'double' },
    { name: 'count', type: 'long' },
    { name: 'label', type: ['null', 'string'] },
    { name: 'decision', type: 'string' },
    { name: 'at', type: ['null', millis] },
    { name: 'topic', type: 'string' },
  ]);
  const fields = {
    score: { from: 'model', output: 0 },
    count: { from: 'model', output: 1 },
    label: { from: 'model', output: 2 },
    decision: { from: 'decision' },
    at: { from: 'record', fact: 'timestamp' },
    topic: { from: 'record', fact: 'topic' },
  } as const;
  const scored = fc.record({
    score: fc.double({ noNaN: true, noDefaultInfinity: true }),
    count: fc.maxSafeInteger(),
    label: fc.string({ unit: 'grapheme', maxLength: 300 }),
    decision: fc.nat(2),
    timestamp: fc.oneof(fc.constant(-1), fc.nat(2 ** 42)),
    topic: fc.constantFrom('a', 'b'.repeat(200)),
  });
  const property = fc.property(scored, (values) => {
    const { score, count, label, decision, timestamp, topic } = values;
    const value = avscType(schema).fromBuffer(write(schema, fields, values));
    assert.equal(value.score, score);
    assert.equal(value.count, BigInt(count));
    assert.equal(value.label.string, label);
    assert.equal(value.decision, decisions[decision]);
    assert.equal(value.at === null ? -1 : Number(value.at.long), timestamp);
    assert.equal(value.topic, topic);
  });
  fc.assert(property);
});

test('a text that is no symbol takes the default of the enum', () => {
  const label = { type: 'enum', name: 'Label', symbols: ['fraud', 'other'], default: 'other' };
  const schema = record([{ name: 'label', type: ['null', label] }]);
  const fields = { label: { from: 'model', output: 2 } } as const;
  assert.deepEqual(decoded(schema, write(schema, fields, { label: 'fraud' })), { label: { Label: 'fraud' } });
  assert.deepEqual(decoded(schema, write(schema, fields, { label: 'news' })), { label: { Label: 'other' } });
});

test('no decision is null where there is a place for it, and a bug where not', () => {
  const fields = { decision: { from: 'decision' } } as const;
  const nullable = record([{ name: 'decision', type: ['string', 'null'] }]);
  assert.deepEqual(decoded(nullable, write(nullable, fields, { decision: -1 })), { decision: null });
  const plain = record([{ name: 'decision', type: 'string' }]);
  assert.throws(
    () => write(plain, fields, { decision: -1 }),
    (thrown) => thrown instanceof TidemarkError && thrown.code === 'E-INTERNAL',
  );
});

test('everything that does not fit is told at once, by the path of the field', () => {
  const schema = record([
    { name: 'bare', type: 'int' },
    { name: 'score', type: 'int' },
    { name: 'label', type: 'double' },
    { name: 'count', type: 'int' },
    { name: 'decision', type: { type: 'enum', name: 'D', symbols: ['block'] } },
    { name: 'version', type: { type: 'enum', name: 'V', symbols: ['one'] } },
    { name: 'text', type: { type: 'enum', name: 'L', symbols: ['fraud'] } },
    { name: 'offset', type: 'int' },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-nanos' } },
    { name: 'wrong_default', type: 'int', default: 'x' },
    {
      name: 'inner',
      type: [
        'null',
        {
          type: 'record',
          name: 'I',
          fields: [
            { name: 'x', type: 'double' },
            { name: 'y', type: 'int' },
          ],
        },
      ],
    },
    { name: 'fits', type: 'double' },
  ]);
  const faults = faultsOf(
    schema,
    planOf({
      score: { from: 'model', output: 0 },
      label: { from: 'model', output: 2 },
      count: { from: 'model', output: 1 },
      decision: { from: 'decision' },
      version: { from: 'model-version' },
      text: { from: 'model', output: 2 },
      offset: { from: 'record', fact: 'offset' },
      at: { from: 'scored-at' },
      'inner.x': { from: 'model', output: 0 },
      'inner.z': { from: 'model', output: 0 },
      'fits.below': { from: 'model', output: 0 },
      unknown: { from: 'model', output: 0 },
    }),
  );
  const expected = [
    'bare',
    'score',
    'label',
    'count',
    'decision',
    'version',
    'text',
    'offset',
    'at',
    'wrong_default',
    'inner.y',
    'inner.z',
    'fits',
    'unknown',
  ];
  assert.deepEqual([...faults].sort(), expected.sort());
});

test('a decision without rules, an output that is not there and a schema that is no record are faults', () => {
  const schema = record([{ name: 'it', type: 'string' }]);
  assert.deepEqual(faultsOf(schema, planOf({ it: { from: 'decision' } }, { decisions: [] })), ['it']);
  assert.deepEqual(faultsOf(schema, planOf({ it: { from: 'model', output: 9 } })), ['it']);
  assert.deepEqual(faultsOf('string', planOf({})), ['']);
});

test('the schema of an output field stands alone', () => {
  const inner = { type: 'record', name: 'a.Inner', fields: [{ name: 'x', type: 'Inner2' }] };
  const schema = parseSchema(
    record([
      { name: 'first', type: { type: 'fixed', name: 'a.Inner2', size: 3 } },
      { name: 'second', type: ['null', inner] },
    ]),
  );
  const field = outputFieldSchema(schema, 'second.x');
  assert.equal(parseSchema(field).kind, 'fixed');
  assert.equal(parseSchema(outputFieldSchema(schema, 'second')).kind, 'union');
  assert.equal(outputFieldSchema(schema, 'second.y'), undefined);
  assert.equal(outputFieldSchema(schema, 'third'), undefined);
});
