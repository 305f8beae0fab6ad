import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cardInput } from '../../src/model/card.ts';
import { type CardFeature, featuresSchema, placeFeatures } from '../../src/model/features.ts';
import { type EventValue, fillRow } from '../../src/model/rowValues.ts';
import { newInputBuffer } from '../../src/model/tensors.ts';
import type { TensorType } from '../../src/pipeline/ports.ts';

/** What a value becomes in a tensor of `type` under a feature's rules, or the code of its rejection. */
function filled(value: EventValue, type: TensorType, rules: object = {}): unknown {
  const input = cardInput({ name: 'X', type, shape: ['N', 1] });
  const { features, faults } = placeFeatures(featuresSchema.parse([{ name: 'a', ...rules }]), [input]);
  assert.deepEqual(faults, []);
  const buffer = newInputBuffer(input, 3);
  const fault = fillRow(features as CardFeature[], [value], [buffer], 1);
  if (fault !== undefined) return fault.code;
  if (buffer.type !== 'int64') return buffer.values[1];
  return Number(new BigInt64Array(buffer.values.buffer)[1]);
}

test('numbers and booleans are taken as they are', () => {
  assert.equal(filled(1.5, 'float32'), 1.5);
  assert.equal(filled(true, 'float64'), 1);
  assert.equal(filled(-7, 'int32'), -7);
  assert.equal(filled(true, 'bool'), 1);
  assert.equal(filled('web', 'string'), 'web');
});

test('an int64 is written as its two words', () => {
  fc.assert(fc.property(fc.maxSafeInteger(), (value) => assert.equal(filled(value, 'int64'), value)));
});

test('null and NaN are missing', () => {
  assert.equal(filled(null, 'float32'), 'E-FEATURE-MISSING');
  assert.equal(filled(Number.NaN, 'float32'), 'E-FEATURE-MISSING');
  assert.equal(filled(null, 'float32', { missing: 'nan' }), Number.NaN);
  assert.equal(filled(null, 'int64', { missing: -1 }), -1);
  assert.equal(filled(null, 'string', { missing: 'none' }), 'none');
});

test('ranges hold, ends included', () => {
  const range = { min: 0, max: 10 };
  assert.equal(filled(0, 'float32', range), 0);
  assert.equal(filled(10, 'float32', range), 10);
  assert.equal(filled(-0.1, 'float32', range), 'E-FEATURE-RANGE');
  assert.equal(filled(10.1, 'float32', range), 'E-FEATURE-RANGE');
  assert.equal(filled(Number.POSITIVE_INFINITY, 'float32'), 'E-FEATURE-RANGE');
  assert.equal(filled(1e39, 'float32'), 'E-FEATURE-RANGE');
  assert.equal(filled(1e39, 'float64'), 1e39);
  assert.equal(filled(0.5, 'int32'), 'E-FEATURE-RANGE');
  assert.equal(filled('1', 'float32'), 'E-FEATURE-RANGE');
  assert.equal(filled(1, 'string'), 'E-FEATURE-CATEGORY');
});

test('a category becomes its index, or passes as text', () => {
  const categories = { categories: ['web', 'pos'] };
  assert.equal(filled('pos', 'float32', categories), 1);
  assert.equal(filled('pos', 'string', categories), 'pos');
  assert.equal(filled('atm', 'float32', categories), 'E-FEATURE-CATEGORY');
  assert.equal(filled('atm', 'int64', { ...categories, unknown: -1 }), -1);
  assert.equal(filled('atm', 'string', { ...categories, unknown: 'other' }), 'other');
});
