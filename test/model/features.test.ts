import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type FeatureEntry,
  featuresSchema,
  type InputColumns,
  placeFeatures,
} from '../../src/model/features.ts';
import type { TensorType } from '../../src/pipeline/ports.ts';

const entries = (raw: unknown[]): FeatureEntry[] => featuresSchema.parse(raw);
const input = (name: string, columns: number, type: TensorType = 'float32'): InputColumns => ({
  name,
  columns,
  type,
});
const places = (raw: unknown[], inputs: InputColumns[]) => {
  const { features, faults } = placeFeatures(entries(raw), inputs);
  assert.deepEqual(faults, []);
  return features.map((feature) => `${feature.name}>${feature.input}.${feature.column}`);
};
const faultsOf = (raw: unknown[], inputs: InputColumns[]) =>
  placeFeatures(entries(raw), inputs).faults.join('\n');

test('one input is filled in the order of the list', () => {
  assert.deepEqual(places(['a', 'b', 'c'], [input('X', 3)]), ['a>0.0', 'b>0.1', 'c>0.2']);
});

test('several inputs take consecutive features', () => {
  assert.deepEqual(places(['a', 'b', 'c'], [input('X', 2), input('Y', 1)]), ['a>0.0', 'b>0.1', 'c>1.0']);
});

test('a one-column input takes the feature of its own name, in whatever order', () => {
  const inputs = [input('a', 1), input('b', 1), input('X', 2)];
  assert.deepEqual(places(['b', 'x', 'a', 'y'], inputs), ['b>1.0', 'x>2.0', 'a>0.0', 'y>2.1']);
  assert.deepEqual(places(['b', { name: 'x', input: 'c' }], [input('c', 1), input('b', 1)]), [
    'b>1.0',
    'x>0.0',
  ]);
});

test('where inputs go by name, a name of none is refused instead of filling what is left', () => {
  const astray = faultsOf(['incme', 'age'], [input('age', 1), input('income', 1)]);
  assert.match(
    astray,
    /features\[0\]: incme is the name of no input \(did you mean income\?\); expected income, or \{ name: incme, input/,
  );
  assert.match(astray, /features: none for input income, expected one each/);
});

test('a feature that names its input goes there, and the others to what is left', () => {
  const inputs = [input('X', 2), input('Y', 2)];
  const raw = ['a', { name: 'b', input: 'Y' }, 'c', { name: 'd', input: 'Y' }];
  assert.deepEqual(places(raw, inputs), ['a>0.0', 'b>1.0', 'c>0.1', 'd>1.1']);
});

test('with no faults, every column of every input has exactly one feature', () => {
  const inputsArbitrary = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(inputsArbitrary, fc.infiniteStream(fc.boolean()), (columns, names) => {
      const inputs = columns.map((count, i) => input(`i${i}`, count));
      const slots = inputs.flatMap(({ name, columns: count }) => Array.from({ length: count }, () => name));
      const raw = slots.map((name, i) => (names.next().value ? { name: `f${i}`, input: name } : `f${i}`));
      const { features, faults } = placeFeatures(entries(raw), inputs);
      assert.deepEqual(faults, []);
      const taken = new Set(features.map((feature) => `${feature.input}.${feature.column}`));
      assert.equal(taken.size, slots.length);
    }),
  );
});

test('too few, too many, double and misdirected features are told', () => {
  assert.match(
    faultsOf(['a'], [input('X', 2)]),
    /features: 1 for input X, expected 2, in the order of its columns/,
  );
  assert.match(faultsOf(['a', 'b'], [input('X', 1)]), /features\[1\]: b has no column left/);
  assert.match(
    faultsOf(['a', 'a'], [input('X', 2)]),
    /features\[1\]\.name: got "a", expected each feature once/,
  );
  const astray = faultsOf([{ name: 'a', input: 'Z' }], [input('X', 1), input('Y', 1)]);
  assert.match(astray, /features\[0\]\.input: got "Z", expected one of the model's inputs: X, Y/);
});

test('fills must be values the tensor holds', () => {
  const fault = (entry: object, type: TensorType) =>
    faultsOf([{ name: 'a', ...entry }], [input('X', 1, type)]);
  assert.match(fault({ missing: 'nan' }, 'int64'), /missing: got "nan", expected reject or an integer/);
  assert.match(fault({ missing: 0.5 }, 'int32'), /missing: got 0.5, expected reject or an int32/);
  assert.match(fault({ missing: 2 }, 'bool'), /expected reject or 0 or 1/);
  assert.match(fault({ missing: 'none' }, 'float32'), /expected reject, nan or a number/);
  assert.match(fault({ missing: 1 }, 'string'), /expected reject or a text/);
  assert.match(fault({ missing: 1e300 }, 'float32'), /missing: got 1e\+300/);
  assert.match(fault({ categories: ['x'], unknown: 'nan' }, 'float32'), /unknown: got "nan"/);
  assert.match(fault({ categories: ['x', 'y', 'z'] }, 'bool'), /at most two/);
  assert.match(fault({ min: 0 }, 'string'), /min: got 0, expected no range/);
  for (const [entry, type] of [
    [{ missing: 'nan' }, 'float64'],
    [{ missing: -1 }, 'int64'],
    [{ missing: 'other' }, 'string'],
    [{ categories: ['x'], unknown: -1 }, 'float32'],
    [{ categories: ['x'], unknown: 'other' }, 'string'],
  ] as const) {
    assert.equal(fault(entry, type), '');
  }
});

test('a list of features must hold features', () => {
  const messages = (raw: unknown) =>
    featuresSchema.safeParse(raw).error?.issues.map(({ message }) => message) ?? [];
  assert.deepEqual(messages('a'), ['expected a list of features']);
  assert.deepEqual(messages([]), ['expected at least one feature']);
  assert.match(messages([3])[0]!, /expected a name, or \{ name/);
  assert.match(messages(['']).join(), /not empty/);
  assert.match(messages([{ name: 'a', categories: ['x', 'x'] }]).join(), /each category once/);
  assert.match(messages([{ name: 'a', categories: ['x'], min: 0, max: 1 }]).join(), /no range/);
  assert.match(messages([{ name: 'a', categories: [1] }]).join(), /quote numbers/);
});
