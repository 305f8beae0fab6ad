import assert from 'node:assert/strict';
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { describe } from '../../src/model/describe.ts';
import { readPackage } from '../../src/model/package.ts';
import { failsWith, fixture, packFixture, temporaryFolder } from './fixtures.ts';

test('a model is described with what to say of it when packing', async () => {
  const model = await describe(fixture('logistic.onnx'));
  assert.equal(model.refused, undefined);
  assert.deepEqual(model.notes, []);
  assert.equal(model.bytes, 547);
  assert.match(model.pack, /--features features\.yaml --score probabilities:1 --out models$/);
  assert.deepEqual(parse(model.card), {
    inputs: [{ name: 'X', type: 'float32', shape: ['N', 4] }],
    outputs: { score: { tensor: 'probabilities', column: 1 } },
  });
});

test('what is said of the score and the features packs as it stands', async (t) => {
  const { pack } = await describe(fixture('columns.onnx'));
  const [, features, score] = /--features (\S+) --score (\S+)/.exec(pack)!;
  await packFixture(await temporaryFolder(t), { model: 'columns', features: features!, score: score! });
});

test('what will not work is told with the fix', async (t) => {
  assert.match(
    (await describe(fixture('logistic-zipmap.onnx'))).notes.join(),
    /output_probability is a ZipMap.*'zipmap': False/,
  );
  assert.match(
    (await describe(fixture('linear-half.onnx'))).notes.join(),
    /input X is float16.*output score is float16/s,
  );
  assert.match((await describe(fixture('logistic-zipmap.onnx'))).pack, /--score TENSOR\[:COLUMN\]/);
  const folder = await temporaryFolder(t);
  await copyFile(fixture('linear-external.onnx'), join(folder, 'm.onnx'));
  const alone = await describe(join(folder, 'm.onnx'));
  assert.deepEqual(alone.externalFiles, [{ path: 'linear-external.onnx.data', bytes: undefined }]);
  assert.match(alone.notes.join(), /weights file linear-external.onnx.data is not beside the model/);
  assert.match(alone.refused!, /ONNX Runtime cannot load/);
});

test('a colon in a name, as TensorFlow has them, is no column', async (t) => {
  const file = fileURLToPath(new URL('../fixtures/tutorials/keras/churn.onnx', import.meta.url));
  const { pack, card } = await describe(file);
  const score = /--score (\S+)/.exec(pack)![1]!;
  assert.equal(score, 'Identity:0');
  assert.deepEqual(parse(card).outputs, { score: { tensor: 'Identity:0' } });
  const out = await temporaryFolder(t);
  for (const [asked, column] of [
    ['Identity:0', undefined],
    ['Identity:0:0', 0],
  ] as const) {
    const { folder } = await packFixture(out, { file, score: asked, force: true });
    const { outputs } = (await readPackage(folder)).card;
    assert.deepEqual(outputs, [{ name: 'score', tensor: 'Identity:0', column }]);
  }
});

test('a batch that is fixed is told, and a constant that an export left among the inputs', async (t) => {
  assert.match((await describe(fixture('linear-fixed-4.onnx'))).notes.join(), /exactly 4 rows a run/);
  const file = fileURLToPath(new URL('../fixtures/tutorials/keras/adapted.onnx', import.meta.url));
  const wanted = /input functional\S+ has shape \[1, 4\].*where input features takes any number of rows/;
  const { notes } = await describe(file);
  assert.equal(notes.length, 2);
  for (const note of notes) assert.match(note, wanted);
  await failsWith(packFixture(await temporaryFolder(t), { file, score: 'Identity:0' }), 'E-MODEL-PACK', [
    wanted,
    'Rescaling instead of Normalization',
  ]);
});

test('weights beside the file are found', async () => {
  const { externalFiles, refused } = await describe(fixture('linear-external.onnx'));
  assert.deepEqual(externalFiles, [{ path: 'linear-external.onnx.data', bytes: 20 }]);
  assert.equal(refused, undefined);
});

test('what is no model is refused', async (t) => {
  const file = join(await temporaryFolder(t), 'x.onnx');
  await failsWith(describe(file), 'E-MODEL-PACKAGE', ['x.onnx does not exist']);
  await writeFile(file, 'pickle');
  await failsWith(describe(file), 'E-MODEL-PACKAGE', ['is not an ONNX model']);
});
