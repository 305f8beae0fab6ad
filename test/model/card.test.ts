import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse, stringify } from 'yaml';
import { isInsidePath, parseCard } from '../../src/model/card.ts';
import { cardText } from '../../src/model/cardText.ts';
import { failsWith } from './fixtures.ts';

const DIGEST = '0'.repeat(64);

function yamlOf(changes: Record<string, unknown> = {}): string {
  return stringify({
    name: 'card-fraud',
    version: '1.0.0',
    digests: { 'model.onnx': DIGEST, 'golden.json': DIGEST },
    inputs: [{ name: 'X', type: 'float32', shape: ['N', 2] }],
    outputs: { score: { tensor: 'probabilities', column: 1 }, label: { tensor: 'label' } },
    golden: { origin: 'drawn' },
    features: ['amount', { name: 'age', missing: 'nan', min: 0, max: 120 }],
    ...changes,
  });
}

test('a card is read into inputs, outputs and features in order', () => {
  const card = parseCard(
    yamlOf({ training: { trained_at: '2026-01-01', metrics: { auc: 0.87 } } }),
    'model.yaml',
  );
  assert.deepEqual(card.inputs, [
    { name: 'X', type: 'float32', shape: ['N', 2], columns: 2, fixedRows: undefined },
  ]);
  assert.deepEqual(card.outputs, [
    { name: 'score', tensor: 'probabilities', column: 1 },
    { name: 'label', tensor: 'label', column: undefined },
  ]);
  assert.equal(card.tolerance, 1e-5);
  assert.deepEqual(card.training, { trained_at: '2026-01-01', metrics: { auc: 0.87 } });
  assert.deepEqual(card.features, [
    { name: 'amount', input: 0, column: 0, type: 'float32', missing: 'reject', unknown: 'reject' },
    {
      name: 'age',
      input: 0,
      column: 1,
      type: 'float32',
      missing: Number.NaN,
      min: 0,
      max: 120,
      unknown: 'reject',
    },
  ]);
});

test('every fault of a card is told at once, with path, value and expectation', async () => {
  const yaml = yamlOf({
    name: 'card fraud',
    version: '1.0',
    digests: { 'model.onnx': 'abc', '../x': DIGEST },
    outputs: { Score: { tensor: 3, colum: 1 }, '9x': { tensor: 'a' } },
    tolerance: -1,
    golden: { origin: 'guessed' },
    traning: {},
    features: [
      { name: 'amount', mising: 'nan' },
      { name: 'age', min: 5, max: 1 },
      { name: 'age', categories: [] },
      { name: 'x', unknown: 1 },
      { min: 0 },
    ],
  });
  await failsWith(() => parseCard(yaml, 'models/m/model.yaml'), 'E-MODEL-PACKAGE', [
    'models/m/model.yaml is not valid',
    'name: got "card fraud", expected letters',
    'version: got "1.0", expected a semantic version',
    'digests.model.onnx: got "abc", expected a SHA-256',
    'expected a file inside the package other than model.yaml',
    'outputs: got {"Score"',
    'expected an output named score',
    'outputs.9x: as a name, expected letters, digits and underscore',
    'outputs.Score.tensor: got 3, expected the name of a model output',
    'outputs.Score: unknown key colum (did you mean column?)',
    'tolerance: got -1, expected 0 or more',
    'golden.origin: got "guessed", expected drawn, rows-given or scores-given',
    'the file: unknown key traning (did you mean training?)',
    'features[0]: unknown key mising (did you mean missing?)',
    'features[1].min: got 5, expected at most max (1)',
    'features[2].categories: got [], expected at least one category',
    'features[3].unknown: got 1, expected only together with categories',
    'features[4].name: missing, expected a name',
  ]);
});

test('a flood of faults is cut to a hundred and a count', async () => {
  const yaml = yamlOf({ features: Array.from({ length: 120 }, () => 3) });
  await failsWith(() => parseCard(yaml, 'm'), 'E-MODEL-PACKAGE', ['features[99]: got 3', 'and 20 more']);
});

test('features that do not fit the inputs are told along with faults elsewhere', async () => {
  const yaml = yamlOf({ version: 1, features: ['a', 'b', 'c'] });
  await failsWith(() => parseCard(yaml, 'model.yaml'), 'E-MODEL-PACKAGE', [
    'version: got 1, expected a semantic version',
    'features[2]: c has no column left',
  ]);
});

test('a digest of golden.json and of model.onnx is asked for', async () => {
  await failsWith(() => parseCard(yamlOf({ digests: {} }), 'm'), 'E-MODEL-PACKAGE', [
    'model.onnx',
    'golden.json',
  ]);
});

test('shapes must say how many columns there are, and one batch size for all', async () => {
  const inputs = (shapes: unknown[]) => shapes.map((shape, i) => ({ name: `i${i}`, type: 'float32', shape }));
  await failsWith(() => parseCard(yamlOf({ inputs: inputs([['N', 'F']]) }), 'm'), 'E-MODEL-PACKAGE', [
    'inputs[0].shape: got ["N","F"], expected fixed numbers after the batch dimension',
  ]);
  await failsWith(() => parseCard(yamlOf({ inputs: inputs([[]]) }), 'm'), 'E-MODEL-PACKAGE', [
    'inputs[0].shape',
  ]);
  await failsWith(() => parseCard(yamlOf({ inputs: inputs([[1], [2]]) }), 'm'), 'E-MODEL-PACKAGE', [
    'fixed batch dimensions differ (i0: 1, i1: 2)',
  ]);
  const twice = [inputs([['N']])[0], inputs([['N']])[0]];
  await failsWith(() => parseCard(yamlOf({ inputs: twice }), 'm'), 'E-MODEL-PACKAGE', ['i0 is listed twice']);
  assert.equal(parseCard(yamlOf({ inputs: inputs([[8], ['N']]) }), 'm').inputs[0]!.fixedRows, 8);
});

test('YAML that does not parse, or that explodes, is refused in words', async () => {
  await failsWith(() => parseCard('name: [', 'model.yaml'), 'E-MODEL-PACKAGE', [
    'model.yaml is not valid',
    'line 1',
  ]);
  await failsWith(() => parseCard('name: a\nname: b', 'm'), 'E-MODEL-PACKAGE', ['unique']);
  await failsWith(() => parseCard('', 'm'), 'E-MODEL-PACKAGE', ['expected the keys of a model card']);
  const bomb = [
    'a: &a [x, x]',
    ...'bcdefghijklmnop'.split('').map((c, i) => `${c}: &${c} [${`*${'abcdefghijklmnop'[i]}, `.repeat(9)}]`),
  ];
  await failsWith(() => parseCard(bomb.join('\n'), 'm'), 'E-MODEL-PACKAGE', [/alias/i]);
});

test('what is written for a card is read back as the same card', () => {
  const card = parseCard(yamlOf({ training: { data: 'May', rows: 12 } }), 'm');
  const text = cardText({
    ...card,
    origin: card.golden.origin,
    features: ['amount', { name: 'age', missing: 'nan', min: 0, max: 120 }].map((f) =>
      typeof f === 'string' ? { name: f } : f,
    ),
  });
  assert.match(text, /- amount\n {2}- \{ name: age, missing: nan, min: 0, max: 120 \}/);
  assert.match(text, /corruption, not against a wrong export/);
  const { golden, ...again } = parseCard(text, 'm');
  assert.equal(golden.origin, 'drawn');
  assert.deepEqual({ ...again, golden: card.golden }, card);
  assert.equal(parse(text).features[0], 'amount');
});

test('a path of a package stays inside it', () => {
  for (const path of ['model.onnx', 'weights/a.bin']) assert.ok(isInsidePath(path), path);
  for (const path of ['', '/etc/x', '../x', 'a/../../x', 'a//b', './a', 'a\\b', 'a\0b']) {
    assert.ok(!isInsidePath(path), path);
  }
});
