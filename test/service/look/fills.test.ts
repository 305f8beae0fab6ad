import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeEvent } from '../../../src/avro/encodeEvent.ts';
import { fillProblem } from '../../../src/avro/featureCode.ts';
import { parseSchema } from '../../../src/avro/parseSchema.ts';
import { compileRowReader } from '../../../src/avro/rowReader.ts';
import { type FeaturePlan, type InputBuffer, READ_OK, type RowTarget } from '../../../src/pipeline/ports.ts';
import { probePlan, rowValues } from '../../../src/service/look/fills.ts';

const feature = (change: Partial<FeaturePlan>): FeaturePlan => {
  const plain = { name: 'f', path: ['f'], input: 0, column: 0, type: 'float32' } as const;
  return { ...plain, missing: 'reject', unknown: 'reject', ...change };
};

test('what is filled in instead is another value that the input holds, whatever the fill', () => {
  const cases: readonly Partial<FeaturePlan>[] = [
    { missing: Number.NaN },
    { missing: 0 },
    { missing: -1 },
    { type: 'float64', missing: 1e300 },
    { type: 'int32', missing: 2 ** 31 - 1 },
    { type: 'int64', missing: 0 },
    { type: 'bool', missing: 1 },
    { type: 'bool', missing: 0 },
    { type: 'string', missing: 'none' },
    { categories: ['a', 'b'], missing: 'a' },
    { type: 'string', categories: ['a'], missing: 'a' },
  ];
  for (const change of cases) {
    const plan = probePlan({ features: [feature(change)], carried: [] }, 'missing');
    const [other] = plan!.features;
    assert.notEqual(other!.missing, change.missing);
    assert.equal(fillProblem(other!), undefined, JSON.stringify(change));
  }
  assert.equal(probePlan({ features: [feature({})], carried: [] }, 'missing'), undefined);
});

test('longs of an int64 input are shown exactly', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
      const words = new Int32Array(new BigInt64Array([0n, value]).buffer);
      const inputs: InputBuffer[] = [{ name: 'i', columns: 1, type: 'int64', values: words }];
      const [shown] = rowValues([feature({ type: 'int64' })], { inputs }, 1);
      assert.equal(BigInt(shown!), value);
    }),
  );
});

test('a value that was filled in differs between two readings, and one that was read does not', () => {
  const schema = parseSchema({
    type: 'record',
    name: 'E',
    fields: [
      { name: 'amount', type: ['null', 'double'] },
      { name: 'plan', type: 'string' },
    ],
  });
  const plan = {
    carried: [],
    features: [
      feature({ name: 'amount', path: ['amount'], missing: -1 }),
      feature({ name: 'plan', path: ['plan'], column: 1, categories: ['basic', 'pro'], unknown: 7 }),
    ],
  };
  const read = (of: typeof plan | ReturnType<typeof probePlan>, json: object) => {
    const values = new Float32Array(2);
    const target: RowTarget = {
      inputs: [{ name: 'x', columns: 2, type: 'float32', values }],
      spans: new Int32Array(0),
      side: { bytes: new Uint8Array(0), length: 0 },
      eventTimes: new Float64Array(1),
      missing: new Uint32Array(2),
      unknown: new Uint32Array(2),
    };
    const text = JSON.stringify({
      type: 'record',
      name: 'E',
      fields: [
        { name: 'amount', type: ['null', 'double'] },
        { name: 'plan', type: 'string' },
      ],
    });
    const encoded = encodeEvent(schema, 1, json);
    assert.ok(encoded.kind === 'encoded');
    const { bytes } = encoded;
    assert.equal(compileRowReader(1, text, [], of!).read(bytes, 0, bytes.length, 0, target), READ_OK);
    return [...values];
  };
  for (const [json, expected, differs] of [
    [{ amount: 5, plan: 'pro' }, [5, 1], [false, false]],
    [{ amount: null, plan: 'pro' }, [-1, 1], [true, false]],
    [{ amount: -1, plan: 'gold' }, [-1, 7], [false, true]],
  ] as const) {
    const values = read(plan, json);
    assert.deepEqual(values, expected);
    const others = [read(probePlan(plan, 'missing'), json), read(probePlan(plan, 'unknown'), json)];
    assert.deepEqual(
      values.map((value, at) => others.some((other) => other[at] !== value)),
      differs,
    );
  }
});
