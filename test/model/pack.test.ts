import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { parseGolden } from '../../src/model/golden.ts';
import { loadPackage, readPackage } from '../../src/model/package.ts';
import type { PackRequest } from '../../src/model/packOptions.ts';
import { failsWith, fixture, packFixture, temporaryFolder } from './fixtures.ts';

const PACKABLE: Record<string, Partial<PackRequest>> = {
  linear: { outputs: ['logit=logit:0'] },
  'linear-double': {},
  'linear-external': {},
  'linear-fixed-1': {},
  'linear-fixed-4': {},
  columns: { features: 'd,c,b,a' },
  logistic: { score: 'probabilities:1', outputs: ['label=label', 'other=probabilities:0'] },
  'logistic-open': { score: 'probabilities:1' },
  'logistic-zipmap': { score: 'output_label' },
  trees: { score: 'probabilities:1' },
  baked: { fixedRows: '1' },
  mixed: { features: 'amount,age,count,day,night,wide,channel', outputs: ['channel=channel_out'] },
  'mixed-fixed-3': { features: 'amount,age,count,day,night,wide,channel' },
};

for (const [model, request] of Object.entries(PACKABLE)) {
  test(`${model} is packed into a package that loads`, async (t) => {
    const result = await packFixture(await temporaryFolder(t), { model, ...request });
    const { scorer, card, digest, golden } = await loadPackage(result.folder, { maxRows: 100 });
    t.after(() => scorer.close());
    assert.equal(digest, result.digest);
    assert.equal(card.features.length, (request.features ?? 'a,b,c,d').split(',').length);
    assert.equal(golden.rows.length, 32);
    assert.deepEqual(result.golden, { origin: 'drawn', rows: 32 });
    assert.deepEqual(readdirSync(result.folder).sort(), [...result.files].sort());
  });
}

test('the same request makes the same package, byte for byte', async (t) => {
  const out = await temporaryFolder(t);
  const first = await packFixture(join(out, 'a'));
  const second = await packFixture(join(out, 'b'));
  assert.equal(first.digest, second.digest);
});

test('the card says what drawn vectors prove', async (t) => {
  const { folder } = await packFixture(await temporaryFolder(t));
  const { golden } = parse(readFileSync(join(folder, 'model.yaml'), 'utf8'));
  assert.equal(golden.origin, 'drawn');
  assert.match(golden.note, /guard against corruption, not against a wrong export/);
});

test('features come from a YAML file with their rules, drawn rows keep to them, training facts are carried', async (t) => {
  const out = await temporaryFolder(t);
  const features = join(out, 'features.yaml');
  const rules = [
    'features:',
    '  - amount',
    '  - { name: age, min: 18, max: 99 }',
    '  - { name: channel, categories: [web, pos], unknown: -1 }',
    '  - { name: risk, missing: nan }',
  ];
  writeFileSync(features, rules.join('\n'));
  const training = join(out, 'training.yaml');
  writeFileSync(training, 'data: May 2026\nmetrics: { auc: 0.87 }');
  const { folder } = await packFixture(out, { features, training });
  const { card, golden } = await readPackage(folder);
  assert.deepEqual(card.training, { data: 'May 2026', metrics: { auc: 0.87 } });
  assert.deepEqual(card.features[1], {
    name: 'age',
    input: 0,
    column: 1,
    type: 'float32',
    missing: 'reject',
    min: 18,
    max: 99,
    unknown: 'reject',
  });
  assert.ok(golden.rows.every(([, age]) => Number(age) >= 18 && Number(age) <= 99));
  assert.ok(golden.rows.some(([, , , risk]) => risk === null));
});

test('given rows are kept, with the scores this file gives them', async (t) => {
  const out = await temporaryFolder(t);
  const golden = join(out, 'rows.json');
  writeFileSync(golden, JSON.stringify([[0, 0, 0, 0], { a: 1, b: 0, d: true, c: 0 }]));
  const { folder } = await packFixture(out, { golden });
  const { card, golden: kept } = await readPackage(folder);
  assert.equal(card.golden.origin, 'rows-given');
  assert.deepEqual(kept.rows, [
    [0, 0, 0, 0],
    [1, 0, 0, true],
  ]);
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  assert.ok(Math.abs(Number(kept.outputs.score![0]) - sigmoid(-0.75)) < 1e-6);
  assert.ok(Math.abs(Number(kept.outputs.score![1]) - sigmoid(-0.75 + 0.5 + 0.125)) < 1e-6);
});

test('scores given by training are compared, and others refuse the package', async (t) => {
  const out = await temporaryFolder(t);
  const golden = join(out, 'rows.json');
  const give = (score: number) =>
    writeFileSync(
      golden,
      JSON.stringify({ features: ['a', 'b', 'c', 'd'], rows: [[0, 0, 0, 0]], outputs: { score: [score] } }),
    );
  const right = 1 / (1 + Math.exp(0.75));
  give(right);
  const { folder } = await packFixture(out, { golden });
  assert.equal((await readPackage(folder)).card.golden.origin, 'scores-given');
  give(right * 1.001);
  await failsWith(packFixture(out, { golden, version: '1.0.1' }), 'E-MODEL-GOLDEN', [
    'does not give the scores in',
    'rows[0], output score: expected 0.321',
    'relative, tolerance 0.00001',
    'order of the features',
    '--tolerance',
  ]);
  await packFixture(out, { golden, version: '1.0.1', tolerance: '0.01' });
});

test('faults of given rows are told all at once', async (t) => {
  const out = await temporaryFolder(t);
  const golden = join(out, 'rows.json');
  const given = {
    features: ['a', 'b', 'd', 'c'],
    rows: [[1, 2, 3], { a: 1, e: 2 }],
    outputs: { score: [1], probability: [1, 2] },
  };
  writeFileSync(golden, JSON.stringify(given));
  await failsWith(packFixture(out, { golden }), 'E-MODEL-PACKAGE', [
    'rows.json is not valid',
    'features: got ["a","b","d","c"], expected the order of --features: a, b, c, d',
    'rows[0]: 3 values, expected 4',
    'rows[1].e: no such feature, expected of a, b, c, d',
    'outputs.score: 1 values, expected 2',
    'outputs.probability: no such output, expected of score',
  ]);
  writeFileSync(golden, JSON.stringify([[1, 2, 3, null]]));
  await failsWith(packFixture(out, { golden }), 'E-MODEL-PACKAGE', [
    'rows[0]: d is missing',
    'E-FEATURE-MISSING',
  ]);
});

test('NaN in golden rows, which Python writes and JSON does not have, is told as such', async (t) => {
  const out = await temporaryFolder(t);
  const golden = join(out, 'rows.json');
  for (const row of ['[1, 2, NaN, 4]', '[-Infinity, 2, 3, 4]', '{"a": NaN, "b": 1, "c": 1, "d": 1}']) {
    writeFileSync(golden, `[${row}]`);
    await failsWith(packFixture(out, { golden }), 'E-MODEL-PACKAGE', [
      'rows.json is not JSON',
      'write a missing value as null, not as NaN',
    ]);
  }
});

test('a version that exists is kept unless told otherwise', async (t) => {
  const out = await temporaryFolder(t);
  const first = await packFixture(out);
  await failsWith(packFixture(out, { tolerance: '1e-4' }), 'E-MODEL-PACK', [
    'exists already',
    '--version',
    '--force',
  ]);
  assert.equal((await readPackage(first.folder)).digest, first.digest);
  const second = await packFixture(out, { tolerance: '1e-4', force: true });
  assert.equal((await readPackage(first.folder)).digest, second.digest);
  assert.notEqual(second.digest, first.digest);
  assert.deepEqual(readdirSync(join(out, 'test-model')), ['1.0.0']);
});

test('every fault of a request is told at once', async (t) => {
  const request = {
    name: 'no good',
    version: 'v1',
    features: 'a,,b',
    tolerance: 'much',
    fixedRows: '0',
    outputs: ['label', 'score=logit', '9x=logit'],
  };
  await failsWith(packFixture(await temporaryFolder(t), request), 'E-MODEL-PACK', [
    '--name: got "no good", expected letters',
    '--version: got "v1", expected a semantic version',
    '--features[1]',
    '--tolerance: got NaN, expected a relative tolerance',
    '--fixed-rows: got "0", expected a number of rows',
    '--output: got "label", expected NAME=TENSOR',
    '--output: got "score", expected each name once',
    '--output: got "9x", expected letters',
  ]);
});

test('what the model does not have is told with what it has', async (t) => {
  const out = await temporaryFolder(t);
  await failsWith(
    packFixture(out, { model: 'logistic', features: 'a,b,c', score: 'probs:1' }),
    'E-MODEL-PACK',
    [
      'features: 3 for input X, expected 4',
      'no tensor probs in the model, which gives label (int64 [?]), probabilities (float32 [?, 2])',
    ],
  );
  await failsWith(packFixture(out, { model: 'logistic', score: 'probabilities:2' }), 'E-MODEL-PACK', [
    'no column 2; columns are 0 to 1',
  ]);
  await failsWith(packFixture(out, { model: 'logistic', score: 'probabilities' }), 'E-MODEL-PACK', [
    'has 2 columns; say which one',
  ]);
  await failsWith(
    packFixture(out, { model: 'logistic-zipmap', score: 'output_probability' }),
    'E-MODEL-PACK',
    ['ZipMap', "{'zipmap': False}"],
  );
  await failsWith(packFixture(out, { model: 'logistic-zipmap', score: 'probabilities:1' }), 'E-MODEL-PACK', [
    'no tensor probabilities in the model',
    'output_probability is a ZipMap',
    "{'zipmap': False}",
  ]);
  await failsWith(packFixture(out, { model: 'linear-half' }), 'E-MODEL-PACK', [
    'input X is float16',
    'output score: score is float16',
    'Cast',
  ]);
  assert.deepEqual(readdirSync(out), []);
});

test('a batch baked into the model is refused with the way out', async (t) => {
  const out = await temporaryFolder(t);
  await failsWith(packFixture(out, { model: 'baked' }), 'E-MODEL-RUN', [
    'Reshape',
    '--fixed-rows 1',
    'dynamic batch',
  ]);
  assert.deepEqual(readdirSync(out), []);
});

test('missing weights and files are named', async (t) => {
  const out = await temporaryFolder(t);
  const file = join(out, 'm.onnx');
  await copyFile(fixture('linear-external.onnx'), file);
  await failsWith(packFixture(out, { file }), 'E-MODEL-PACKAGE', [
    'linear-external.onnx.data (not there)',
    'beside it',
  ]);
  await failsWith(packFixture(out, { file: join(out, 'none.onnx') }), 'E-MODEL-PACKAGE', [
    'none.onnx does not exist',
  ]);
  await failsWith(packFixture(out, { features: join(out, 'none.yaml') }), 'E-MODEL-PACK', [
    'none.yaml does not exist',
  ]);
});

test('a place that cannot be written is told', async (t) => {
  const out = join(await temporaryFolder(t), 'file');
  writeFileSync(out, '');
  await failsWith(packFixture(out), 'E-MODEL-PACKAGE', ['1.0.0 cannot be written', /ENOTDIR|EEXIST/]);
});

test('a tensor may have a colon in its name', async (t) => {
  const out = await temporaryFolder(t);
  await failsWith(packFixture(out, { score: 'a:b:3' }), 'E-MODEL-PACK', ['no tensor a:b in the model']);
});

test('golden rows that all give one score are warned of', async (t) => {
  const out = await temporaryFolder(t);
  const golden = join(out, 'rows.json');
  writeFileSync(
    golden,
    JSON.stringify([
      [0, 0, 0, 900],
      [0, 0, 0, 901],
    ]),
  );
  const { warnings, folder } = await packFixture(out, { golden });
  assert.match(warnings.join(), /every golden row gives score = 1, so a damaged model may pass/);
  const { card } = await readPackage(folder);
  const json = readFileSync(join(folder, 'golden.json'), 'utf8');
  assert.deepEqual(parseGolden(json, card, 'g').outputs, { score: [1, 1] });
});
