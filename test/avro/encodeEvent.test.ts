import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import avro from 'avsc';
import fc from 'fast-check';
import { encodeEvent } from '../../src/avro/encodeEvent.ts';
import { parseSchema, parseSchemaText } from '../../src/avro/parseSchema.ts';

const OWN = join(import.meta.dirname, '..', 'fixtures', 'own');
const schemaText = readFileSync(join(OWN, 'biopsy.avsc'), 'utf8');
const lines = readFileSync(join(OWN, 'events.jsonl'), 'utf8').trimEnd().split('\n');
const biopsy = parseSchemaText(schemaText);
const oracle = avro.Type.forSchema(JSON.parse(schemaText), { wrapUnions: true });

function bodyOf(json: unknown, schema = biopsy): Buffer {
  const encoded = encodeEvent(schema, 7, json);
  assert.ok(encoded.kind === 'encoded', JSON.stringify(encoded));
  assert.deepEqual([...encoded.bytes.subarray(0, 5)], [0, 0, 0, 0, 7]);
  return Buffer.from(encoded.bytes.subarray(5));
}

/** Values of unions as they are, instead of under the name of their branch. */
function unwrapped(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unwrapped);
  if (typeof value !== 'object' || value === null) return value;
  const [[name, inner] = ['', undefined], ...more] = Object.entries(value);
  if (more.length === 0 && ['int', 'double', 'clinic.Measures'].includes(name)) return unwrapped(inner);
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, unwrapped(one)]));
}

describe('encodeEvent', () => {
  test('writes what avsc writes, from Avro’s JSON and from plain JSON alike', () => {
    for (const line of lines) {
      const expected = oracle.toBuffer(oracle.fromString(line));
      assert.deepEqual(bodyOf(JSON.parse(line)), expected);
      assert.deepEqual(bodyOf(unwrapped(JSON.parse(line))), expected);
    }
  });

  test('holds every long, beyond 2^53 in digits', () => {
    const schema = parseSchema('long');
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        const tap = bodyOf(String(value), schema);
        let zigzag = 0n;
        for (const [at, byte] of tap.entries()) zigzag |= BigInt(byte & 0x7f) << BigInt(7 * at);
        assert.equal((zigzag >> 1n) ^ -(zigzag & 1n), value);
      }),
    );
    assert.deepEqual(bodyOf('123', schema), bodyOf(123, schema));
    assert.equal(encodeEvent(schema, 1, '9223372036854775808').kind, 'unfit');
  });

  test('takes defaults for fields left out, and texts for what JSON has no number for', () => {
    const schema = parseSchema({
      type: 'record',
      name: 'E',
      fields: [
        { name: 'a', type: 'double' },
        { name: 'b', type: ['null', 'string'], default: null },
      ],
    });
    assert.deepEqual(bodyOf({ a: 'NaN' }, schema), bodyOf({ a: 'NaN', b: null }, schema));
    assert.equal(bodyOf({ a: '-Infinity' }, schema).readDoubleLE(0), Number.NEGATIVE_INFINITY);
  });

  test('a value that names its branch is of that branch, though another would take it', () => {
    const json = ['null', { type: 'map', values: 'int' }, 'int'];
    const schema = avro.Type.forSchema(json as avro.Schema, { wrapUnions: true });
    for (const text of ['{"int": 5}', '{"map": {"int": 5}}', 'null'])
      assert.deepEqual(bodyOf(JSON.parse(text), parseSchema(json)), schema.toBuffer(schema.fromString(text)));
  });

  const event = JSON.parse(lines[0]!);
  const faults: readonly [what: string, change: object, said: RegExp][] = [
    ['a field left out', { taken_at: undefined }, /^taken_at: is missing .* long \(timestamp-millis\)$/],
    ['a misspelt field', { takenAt: 1 }, /^takenAt: record clinic.Biopsy has no such field/],
    [
      'a wrong type in a record',
      { mean: { ...event.mean, radius: 'big' } },
      /^mean\.radius: "big" is no double/,
    ],
    ['a wrong branch', { mean: { ...event.mean, texture: 'rough' } }, /^mean\.texture: "rough" is no union/],
    [
      'a fault inside a branch',
      { worst: { ...event.mean, radius: 'x' } },
      /^worst\.radius: "x" is no double/,
    ],
    ['an unknown symbol', { side: 'MIDDLE' }, /^side: "MIDDLE" is no enum; enum clinic.Side$/],
    ['an item of an array', { thickness: [1, 'x'] }, /^thickness\[1\]: "x" is no float/],
    ['a value of a map', { labs: { 'ca 15-3': 'x' } }, /^labs\["ca 15-3"\]: "x" is no double/],
    ['a record that is none', { patient: [] }, /^patient: \[\] is no record/],
  ];
  for (const [what, change, said] of faults) {
    test(`says where: ${what}`, () => {
      const encoded = encodeEvent(biopsy, 1, { ...event, ...change });
      assert.ok(encoded.kind === 'unfit');
      assert.match(
        `${encoded.path}: ${encoded.problem}; ${encoded.expected}`.replace('; expected', ';'),
        said,
      );
    });
  }
});
