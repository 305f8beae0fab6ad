import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cardInput } from '../../src/model/card.ts';
import { drawRows } from '../../src/model/drawRows.ts';
import { featuresSchema, placeFeatures } from '../../src/model/features.ts';
import { differences, parseGolden, toExpected } from '../../src/model/golden.ts';
import { fillRow } from '../../src/model/rowValues.ts';
import { newInputBuffer } from '../../src/model/tensors.ts';
import type { OutputValues, TensorType } from '../../src/pipeline/ports.ts';
import { failsWith } from './fixtures.ts';

const scores = (...values: number[]): OutputValues[] => [
  { name: 'score', kind: 'number', values: Float64Array.from(values) },
];
const { features } = placeFeatures(featuresSchema.parse(['a', 'b']), [
  cardInput({ name: 'X', type: 'float32', shape: ['N', 2] }),
]);
const card = { features, outputs: [{ name: 'score', tensor: 's', column: undefined }] };

test('outputs within the tolerance agree', () => {
  assert.deepEqual(differences({ score: [1, 0.5] }, scores(1.000009, 0.5), 1e-5), []);
  assert.deepEqual(differences({ score: [0, 1] }, scores(-0, 1), 0), []);
});

test('a difference says row, output, both values, how far and how far it may be', () => {
  assert.deepEqual(differences({ score: [1, 0.5] }, scores(1, 0.75), 1e-5), [
    'rows[1], output score: expected 0.5, got 0.75, off by 5.0e-1 relative, tolerance 0.00001',
  ]);
});

test('near zero, values are compared against the output’s own scale', () => {
  assert.deepEqual(differences({ score: [1, 1e-7] }, scores(1, 1.01e-7), 1e-5), []);
  assert.equal(differences({ score: [1e-7, 1e-7] }, scores(1e-7, 1.01e-7), 1e-5).length, 1);
});

test('many differences are told by the first few and a count', () => {
  const got = scores(...Array.from({ length: 20 }, () => 2));
  const lines = differences({ score: Array.from({ length: 20 }, () => 1) }, got, 1e-5);
  assert.equal(lines.length, 6);
  assert.equal(lines[5], 'and 15 more');
});

test('values that are not finite agree only with themselves, and text with equal text', () => {
  const got = scores(Number.NaN, Number.NEGATIVE_INFINITY);
  const expected = toExpected(got);
  assert.deepEqual(expected, { score: ['NaN', '-Infinity'] });
  assert.deepEqual(differences(expected, got, 1e-5), []);
  assert.equal(differences(expected, scores(1, 1), 1e-5).length, 2);
  assert.equal(differences({ score: [1] }, scores(Number.NaN), 1e-5).length, 1);
  const labels: OutputValues[] = [{ name: 'label', kind: 'string', values: ['NaN', 'b'] }];
  assert.deepEqual(differences({ label: ['NaN', 'c'] }, labels, 1), [
    'rows[1], output label: expected c, got b',
  ]);
});

test('golden.json is checked against the card, all faults at once', async () => {
  const golden = { features: ['b', 'a'], rows: [[1, 2], [1]], outputs: { score: [1] } };
  await failsWith(() => parseGolden(JSON.stringify(golden), card, 'g.json'), 'E-MODEL-PACKAGE', [
    'g.json is not valid',
    'features: got b, a, expected those of model.yaml in order: a, b',
    'rows[1]: 1 values, expected 2',
    'outputs.score: 1 values, expected 2 (one per row)',
  ]);
  await failsWith(() => parseGolden('{', card, 'g.json'), 'E-MODEL-PACKAGE', ['g.json is not JSON']);
  await failsWith(() => parseGolden('{"rows":[]}', card, 'g.json'), 'E-MODEL-PACKAGE', [
    'at least one row',
    'features: missing',
  ]);
  const nested = JSON.stringify({ ...golden, rows: [[{}, 1]] });
  await failsWith(() => parseGolden(nested, card, 'g.json'), 'E-MODEL-PACKAGE', [
    'rows[0][0]: got {}, expected a number, true, false, text or null',
  ]);
});

test('drawn rows always satisfy the features they are drawn for, and never change', () => {
  const number = fc.double({ min: -1e6, max: 1e6, noNaN: true });
  const numeric = fc.record(
    {
      missing: fc.constantFrom('reject', 0, 1),
      min: number,
      span: fc.double({ min: 1, max: 1e5, noNaN: true }),
    },
    { requiredKeys: ['missing'] },
  );
  const rules = fc.oneof(
    numeric.map(({ min, span, ...rest }) => ({
      ...rest,
      ...(min !== undefined && { min }),
      ...(span !== undefined && { max: (min ?? 0) + span }),
    })),
    fc.constantFrom({ categories: ['x', 'y'] }, { categories: ['x', 'y'], unknown: 1 }),
  );
  const type = fc.constantFrom<TensorType>('float32', 'float64', 'int32', 'int64');
  fc.assert(
    fc.property(fc.array(rules, { minLength: 1, maxLength: 4 }), type, (list, tensorType) => {
      const input = cardInput({ name: 'X', type: tensorType, shape: ['N', list.length] });
      const raw = list.map((rule, i) => ({ name: `f${i}`, ...rule }));
      const placed = placeFeatures(featuresSchema.parse(raw), [input]);
      assert.deepEqual(placed.faults, []);
      const rows = drawRows(placed.features, 32);
      const buffer = newInputBuffer(input, 1);
      for (const row of rows) assert.equal(fillRow(placed.features, row, [buffer], 0), undefined);
      assert.deepEqual(drawRows(placed.features, 32), rows);
    }),
  );
});

test('drawn rows try fills, unknown categories and every category', () => {
  const placed = placeFeatures(
    featuresSchema.parse([
      { name: 'a', missing: 'nan' },
      { name: 'b', categories: ['x', 'y', 'z'], unknown: -1 },
    ]),
    [cardInput({ name: 'X', type: 'float32', shape: ['N', 2] })],
  );
  const rows = drawRows(placed.features, 32);
  assert.ok(rows.some(([a]) => a === null));
  assert.deepEqual(new Set(rows.map(([, b]) => b)), new Set(['x', 'y', 'z', '(unknown)']));
});
