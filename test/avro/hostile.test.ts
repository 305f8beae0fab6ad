import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { outputFieldSchema } from '../../src/avro/eventWriter.ts';
import { parseSchema, parseSchemaText } from '../../src/avro/parseSchema.ts';
import type { RowPlan } from '../../src/avro/plan.ts';
import { analyseSchema, compileRowReader } from '../../src/avro/rowReader.ts';
import type { FeaturePlan, RowReader } from '../../src/pipeline/ports.ts';
import { pathsOf, ROW, targetFor } from './support/oracle.ts';
import { framed, long, RandomAvro, sized, toSchema } from './support/randomAvro.ts';

const COLUMNS = 40;
const NOTHING: RowPlan = { features: [], carried: [] };

function readerOf(schema: unknown, plan: RowPlan = NOTHING): RowReader {
  return compileRowReader(7, JSON.stringify(schema), [], plan);
}

/** Bytes that count each look at them and know the last place looked at. */
function watched(bytes: Uint8Array): { bytes: Uint8Array; looks: () => number; last: () => number } {
  let [looks, last] = [0, -1];
  const proxy = new Proxy(bytes, {
    get: (target, key) => {
      if (typeof key === 'string' && /^[0-9]+$/.test(key)) {
        looks++;
        last = Math.max(last, Number(key));
      }
      const value = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return { bytes: proxy, looks: () => looks, last: () => last };
}

interface Outcome {
  readonly code: string;
  readonly looks: number;
}

/** Reads `event` in a block whose neighbours differ: neither the result nor the row may depend on them. */
function read(reader: RowReader, event: Uint8Array, carried = 0): Outcome {
  const outcomes = [0x00, 0xff, 0x02].map((poison) => {
    const block = new Uint8Array(event.length + 40).fill(poison);
    block.set(event, 20);
    const target = targetFor('float64', COLUMNS, carried);
    const { bytes, looks, last } = watched(block);
    const result = reader.read(bytes, 20, 20 + event.length, ROW, target);
    assert.ok(
      last() < 20 + event.length,
      `read byte ${last()} of an event that ends at ${20 + event.length}`,
    );
    const code = result === 0 ? 'ok' : result === 1 ? 'skipped' : reader.explain(result).code;
    return { code, looks: looks(), row: result === 0 ? target : undefined };
  });
  assert.deepEqual(outcomes[0], outcomes[1]);
  assert.deepEqual(outcomes[0], outcomes[2]);
  return outcomes[0]!;
}

function codeOf(schema: unknown, body: readonly Buffer[], plan?: RowPlan): string {
  return read(readerOf(schema, plan), framed(Buffer.concat(body))).code;
}

const array = (items: unknown) => ({ type: 'array', items });
const map = (values: unknown) => ({ type: 'map', values });
const bytes = (...values: number[]) => Buffer.from(values);
const list = { type: 'record', name: 'List', fields: [{ name: 'next', type: ['null', 'List'] }] };

const corpus: readonly (readonly [what: string, schema: unknown, body: Buffer[], code: string])[] = [
  ['20 million nulls in four bytes', array('null'), [long(20_000_000n)], 'E-AVRO-LIMIT'],
  ['2^63 nulls', array('null'), [long(2n ** 63n - 1n)], 'E-AVRO-LIMIT'],
  ['many blocks of nulls', array('null'), [...Array(2000).fill(long(9n)), long(0n)], 'E-AVRO-LIMIT'],
  ['a few nulls', array('null'), [long(3n), long(0n)], 'ok'],
  [
    'empty records without end',
    array({ type: 'record', name: 'E', fields: [] }),
    [long(2n ** 40n)],
    'E-AVRO-LIMIT',
  ],
  ['more items than bytes', array('int'), [long(2n ** 62n), long(1n)], 'E-AVRO-TRUNCATED'],
  ['more doubles than bytes', array('double'), [long(2n), Buffer.alloc(15)], 'E-AVRO-TRUNCATED'],
  ['the least count', array('int'), [long(-(2n ** 63n)), long(1n)], 'E-AVRO-TRUNCATED'],
  ['a negative block size', array('int'), [long(-1n), long(-1n), long(1n), long(0n)], 'E-AVRO-INVALID'],
  [
    'a block size too small',
    array('int'),
    [long(-2n), long(1n), long(1n), long(1n), long(0n)],
    'E-AVRO-INVALID',
  ],
  [
    'a block size before the end of its item',
    array('int'),
    [long(-1n), long(1n), long(500n), long(0n)],
    'E-AVRO-INVALID',
  ],
  ['a block size too large', array('int'), [long(-1n), long(2n), long(1n), long(0n)], 'E-AVRO-INVALID'],
  ['a block size beyond the end', array('int'), [long(-1n), long(2n ** 50n), long(1n)], 'E-AVRO-TRUNCATED'],
  ['a right block size', array('int'), [long(-2n), long(3n), long(1n), long(500n), long(0n)], 'ok'],
  ['an array without its end', array('int'), [long(1n), long(1n)], 'E-AVRO-TRUNCATED'],
  ['more map entries than bytes', map('null'), [long(1000n), sized(Buffer.from('k'))], 'E-AVRO-TRUNCATED'],
  ['__proto__ as a key', map('int'), [long(1n), sized(Buffer.from('__proto__')), long(1n), long(0n)], 'ok'],
  ['a negative length', 'string', [long(-1n)], 'E-AVRO-INVALID'],
  ['the least length', 'bytes', [long(-(2n ** 63n))], 'E-AVRO-INVALID'],
  ['a length beyond the end', 'string', [long(2n), bytes(65)], 'E-AVRO-TRUNCATED'],
  ['a long text without its last byte', 'string', [long(100n), Buffer.alloc(99, 65)], 'E-AVRO-TRUNCATED'],
  ['a length beyond 2^32', 'string', [long(2n ** 32n + 1n), bytes(65)], 'E-AVRO-TRUNCATED'],
  ['text that is no UTF-8', 'string', [long(2n), bytes(0xff, 0xfe)], 'ok'],
  ['an int of 33 bits', 'int', [bytes(0xff, 0xff, 0xff, 0xff, 0x1f)], 'E-AVRO-INVALID'],
  ['the largest int', 'int', [bytes(0xff, 0xff, 0xff, 0xff, 0x0f)], 'ok'],
  ['an int of ten bytes', 'int', [bytes(...Array(9).fill(0x80), 0)], 'E-AVRO-INVALID'],
  ['a long of ten bytes', 'long', [bytes(...Array(9).fill(0xff), 1)], 'ok'],
  ['a long of 65 bits', 'long', [bytes(...Array(9).fill(0xff), 2)], 'E-AVRO-INVALID'],
  ['a varint without end', 'long', [Buffer.alloc(1000, 0x80)], 'E-AVRO-INVALID'],
  ['a varint cut off', 'long', [bytes(0x80)], 'E-AVRO-TRUNCATED'],
  ['a branch that is not there', ['null', 'int'], [long(2n), long(0n)], 'E-AVRO-INVALID'],
  ['a negative branch', ['null', 'int'], [long(-1n)], 'E-AVRO-INVALID'],
  ['a symbol that is not there', { type: 'enum', name: 'E', symbols: ['A'] }, [long(1n)], 'E-AVRO-INVALID'],
  ['a negative symbol', { type: 'enum', name: 'E', symbols: ['A'] }, [long(-1n)], 'E-AVRO-INVALID'],
  ['a boolean of 2', 'boolean', [bytes(2)], 'E-AVRO-INVALID'],
  ['a list of 200', list, [Buffer.alloc(200, 2), long(0n)], 'ok'],
  ['a list of 100,000', list, [Buffer.alloc(100_000, 2)], 'E-AVRO-LIMIT'],
  [
    'a record that holds itself',
    { type: 'record', name: 'R', fields: [{ name: 'r', type: 'R' }] },
    [long(0n)],
    'E-AVRO-LIMIT',
  ],
  [
    'an array of records that hold themselves',
    array({ type: 'record', name: 'R', fields: [{ name: 'r', type: 'R' }] }),
    [long(1n), Buffer.alloc(100)],
    'E-AVRO-LIMIT',
  ],
  ['nothing where something is due', 'int', [], 'E-AVRO-TRUNCATED'],
  ['something where nothing is due', 'null', [bytes(0)], 'E-AVRO-TRAILING'],
];

for (const [what, schema, body, code] of corpus) {
  test(`${what}: ${code}`, () => {
    assert.equal(codeOf(schema, body), code, 'skipped');
    const record = { type: 'record', name: 'Event', fields: [{ name: 'it', type: schema }] };
    assert.equal(codeOf(record, body), code, 'as a field');
    if (schema === 'null') return;
    const field = outputFieldSchema(parseSchema(record), 'it');
    const wrapped = Array.isArray(field) ? [...field, 'bytes'].reverse() : ['null', field];
    for (const carriedAs of [field, wrapped]) {
      const carried = [{ path: ['it'], target: 'it', schema: carriedAs }];
      const reader = readerOf(record, { features: [], carried });
      assert.equal(
        read(reader, framed(Buffer.concat(body)), 1).code,
        code,
        `carried as ${JSON.stringify(carriedAs)}`,
      );
    }
  });
}

test('what is transcoded is bounded as what is skipped', () => {
  const recursive = (value: string, name: string) => ({
    type: 'record',
    name,
    fields: [
      { name: 'value', type: value },
      { name: 'next', type: ['null', name] },
    ],
  });
  const transcoded: readonly (readonly [from: unknown, to: unknown, body: Buffer, code: string])[] = [
    [recursive('int', 'L'), recursive('double', 'L'), Buffer.alloc(100, 2), 'E-AVRO-TRUNCATED'],
    [recursive('int', 'L'), recursive('double', 'L'), Buffer.alloc(100_000, 2), 'E-AVRO-LIMIT'],
    [
      array('int'),
      array('double'),
      Buffer.concat([long(-1n), long(1n), long(500n), long(0n)]),
      'E-AVRO-INVALID',
    ],
    [
      array('int'),
      array('double'),
      Buffer.concat([long(-1n), long(2n), long(1n), long(0n)]),
      'E-AVRO-INVALID',
    ],
    [array('int'), array('double'), Buffer.concat([long(2n ** 40n), long(1n)]), 'E-AVRO-TRUNCATED'],
    [array('null'), array(['int', 'null']), long(20_000_000n), 'E-AVRO-LIMIT'],
    [map('float'), map('double'), Buffer.concat([long(1n), long(4n)]), 'E-AVRO-TRUNCATED'],
    [['int', 'float'], 'double', Buffer.concat([long(2n), long(0n)]), 'E-AVRO-INVALID'],
    ['float', 'double', Buffer.alloc(3), 'E-AVRO-TRUNCATED'],
  ];
  for (const [from, to, body, code] of transcoded) {
    const schema = { type: 'record', name: 'Event', fields: [{ name: 'it', type: from }] };
    const reader = readerOf(schema, { features: [], carried: [{ path: ['it'], target: 'it', schema: to }] });
    assert.equal(read(reader, framed(body), 1).code, code, JSON.stringify(to));
  }
});

test('bytes that are not framed are E-AVRO-FRAME', () => {
  const reader = readerOf('null');
  for (const frame of [[], [0], [0, 0, 0, 0], [1, 0, 0, 0, 7]]) {
    assert.equal(read(reader, Uint8Array.from(frame)).code, 'E-AVRO-FRAME');
  }
  assert.equal(read(reader, Uint8Array.of(0, 0, 0, 0, 7)).code, 'ok');
});

test('a claim of items is refused before the first is looked at', () => {
  for (const items of ['null', 'int', 'double', 'string']) {
    const { looks } = read(readerOf(array(items)), framed(Buffer.concat([long(2n ** 60n), long(1n)])));
    assert.ok(looks < 20, `${looks} looks at ${items}`);
  }
});

/** Every look at a byte counts; a byte may be looked at by the walk, by a feature below an array, and by a carried field. */
const LOOKS_PER_BYTE = 60;

/** A random event of a random schema, and a plan that wants as much of it as the schema can serve. */
function sample(g: fc.GeneratorValue) {
  const random = new RandomAvro(g);
  const ast = random.record(3);
  const schema = toSchema(ast);
  const node = parseSchemaText(JSON.stringify(schema));
  const fill = { input: 0, missing: Number.NaN, unknown: 'reject', type: 'float64' } as const;
  const wanted: FeaturePlan[] = pathsOf(ast)
    .slice(0, COLUMNS)
    .map((path, column) => ({ ...fill, name: `f${column}`, path, column }));
  const features = wanted.filter(
    (plan) => !analyseSchema(node, { features: [plan], carried: [] }).some((fault) => fault.blocks),
  );
  const carried = ast.fields.flatMap(({ name, type }) => {
    if (type.kind === 'null') return [];
    const same = { path: [name], target: name, schema: outputFieldSchema(node, name) };
    return type.kind === 'union' ? [same] : [same, { ...same, schema: ['null', same.schema] }];
  });
  const plan = { features, carried, eventTime: [ast.fields[0]?.name ?? 'none'] };
  return {
    random,
    reader: readerOf(schema, plan),
    event: framed(random.encode(ast, random.value(ast))),
    carried: carried.length,
  };
}

function assertHarmless(reader: RowReader, event: Uint8Array, carried: number): string {
  const { code, looks } = read(reader, event, carried);
  const bound = (event.length + 20) * LOOKS_PER_BYTE * Math.max(1, carried);
  assert.ok(looks <= bound, `${looks} looks at ${event.length} bytes`);
  return code;
}

test('no cut, flipped or random bytes make a reader throw, look past the end or look too often', () => {
  const codes = new Set<string>();
  const property = fc.property(fc.gen(), (g) => {
    const { random, reader, event, carried } = sample(g);
    for (let end = 0; end < event.length; end += 1 + (event.length >> 5)) {
      codes.add(assertHarmless(reader, event.slice(0, end), carried));
    }
    for (let i = 0; i < 20; i++) {
      const flipped = event.slice();
      const at = g(fc.integer, { min: 0, max: event.length - 1 });
      flipped[at] = random.pick([
        flipped[at]! ^ (1 << g(fc.integer, { min: 0, max: 7 })),
        0,
        1,
        0x7f,
        0x80,
        0xff,
      ]);
      codes.add(assertHarmless(reader, flipped, carried));
    }
    const noise = framed(Buffer.from(g(fc.uint8Array, { maxLength: 60 })));
    codes.add(assertHarmless(reader, noise, carried));
  });
  fc.assert(property, { numRuns: 150 });
  for (const code of [
    'ok',
    'E-AVRO-FRAME',
    'E-AVRO-TRUNCATED',
    'E-AVRO-TRAILING',
    'E-AVRO-INVALID',
    'E-FEATURE-RANGE',
  ]) {
    assert.ok(codes.has(code), `the samples never reach ${code}`);
  }
});
