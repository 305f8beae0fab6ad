import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parse, stringify } from 'yaml';
import { digestOf } from '../../src/model/digest.ts';
import { loadPackage, readPackage } from '../../src/model/package.ts';
import { failsWith, fixture, packFixture, temporaryFolder } from './fixtures.ts';

const LIMITS = { maxRows: 256 };

interface CardYaml {
  digests: Record<string, string>;
  inputs: { name: string; type: string; shape: (number | string)[] }[];
  outputs: Record<string, { tensor: string; column?: number }>;
  features: unknown[];
  tolerance: number;
}

async function packed(t: TestContext, request: Parameters<typeof packFixture>[1] = {}): Promise<string> {
  return (await packFixture(await temporaryFolder(t), request)).folder;
}

/** Changes model.yaml, and makes the digests true again. */
function edit(folder: string, change: (card: CardYaml) => void): void {
  const card = parse(readFileSync(join(folder, 'model.yaml'), 'utf8')) as CardYaml;
  change(card);
  for (const path of Object.keys(card.digests))
    card.digests[path] = digestOf(readFileSync(join(folder, path)));
  writeFileSync(join(folder, 'model.yaml'), stringify(card));
}

function flipBit(file: string, at: number): void {
  const bytes = readFileSync(file);
  bytes[at]! ^= 0x10;
  writeFileSync(file, bytes);
}

/** Where the weight 0.5, a float32, lies in the model. */
function weightAt(file: string): number {
  const at = readFileSync(file).indexOf(Buffer.from(Float32Array.of(0.5, -1.25).buffer));
  assert.ok(at > 0);
  return at;
}

test('a package loads with its card, digest and a scorer that is ready', async (t) => {
  const folder = await packed(t);
  const loaded = await loadPackage(folder, LIMITS);
  t.after(() => loaded.scorer.close());
  assert.equal(loaded.scorer.rowsPerRun, 256);
  assert.ok(loaded.runMs >= 0);
  assert.equal(loaded.scorer.digest, loaded.digest.slice(0, 16));
  assert.equal((await readPackage(folder)).digest, loaded.digest);
  const [input] = loaded.scorer.newInputs(1);
  const outputs = loaded.scorer.newOutputs(1);
  await loaded.scorer.run([input!], 1, outputs);
  assert.ok(Math.abs(Number(outputs[0]!.values[0]) - 1 / (1 + Math.exp(0.75))) < 1e-6);
});

test('the rows of a run are as many as fit into the time a chunk may take', async (t) => {
  let nowMs = 0;
  // Every look at the clock finds it 10 ms later: each measured run seems to take 10 ms, whatever its size.
  const monotonicMs = () => (nowMs += 10);
  const { scorer, runMs } = await loadPackage(await packed(t), { maxRows: 256, chunkMs: 15, monotonicMs });
  t.after(() => scorer.close());
  assert.equal(scorer.rowsPerRun, 1);
  assert.equal(runMs, 10);
});

test('a fixed batch dimension is the rows of a run', async (t) => {
  const folder = await packed(t, { model: 'linear-fixed-4' });
  const { scorer } = await loadPackage(folder, LIMITS);
  t.after(() => scorer.close());
  assert.equal(scorer.rowsPerRun, 4);
});

test('a flipped bit of any file is caught by its digest', async (t) => {
  for (const [file, request] of [
    ['model.onnx', {}],
    ['golden.json', {}],
    ['linear-external.onnx.data', { model: 'linear-external' }],
  ] as const) {
    const folder = await packed(t, request);
    const expected = digestOf(readFileSync(join(folder, file)));
    flipBit(join(folder, file), 12);
    const got = digestOf(readFileSync(join(folder, file)));
    await failsWith(loadPackage(folder, LIMITS), 'E-MODEL-DIGEST', [
      `${file}: SHA-256 is ${got}, expected ${expected}`,
    ]);
  }
});

test('a flipped bit of a weight under a digest made anew is caught by the golden vectors', async (t) => {
  const folder = await packed(t);
  flipBit(join(folder, 'model.onnx'), weightAt(join(folder, 'model.onnx')) + 2);
  edit(folder, () => undefined);
  await failsWith(loadPackage(folder, LIMITS), 'E-MODEL-GOLDEN', [
    'test-model 1.0.0 does not give its golden vectors',
    /rows\[\d+\], output score: expected [\d.e-]+, got [\d.e-]+, off by [\d.]+e[+-]\d+ relative, tolerance 0.00001/,
  ]);
});

test('another card gives another package digest', async (t) => {
  const folder = await packed(t);
  const before = (await readPackage(folder)).digest;
  edit(folder, (card) => {
    card.tolerance = 1e-4;
  });
  assert.notEqual((await readPackage(folder)).digest, before);
});

test('a file beside the package changes nothing', async (t) => {
  const folder = await packed(t);
  const before = (await readPackage(folder)).digest;
  writeFileSync(join(folder, 'README.md'), 'x');
  assert.equal((await readPackage(folder)).digest, before);
});

test('files that are missing are named', async (t) => {
  for (const [file, request] of [
    ['model.onnx', {}],
    ['golden.json', {}],
    ['linear-external.onnx.data', { model: 'linear-external' }],
  ] as const) {
    const folder = await packed(t, request);
    rmSync(join(folder, file));
    await failsWith(loadPackage(folder, LIMITS), 'E-MODEL-PACKAGE', [
      'is incomplete',
      `model.yaml lists ${file}, which does not exist`,
      'Copy the whole folder again',
    ]);
  }
  const folder = await packed(t);
  rmSync(join(folder, 'model.yaml'));
  await failsWith(loadPackage(folder, LIMITS), 'E-MODEL-PACKAGE', [
    'no complete model package',
    'model.yaml',
    'model.yaml does not exist',
  ]);
});

test('weights outside the digests are refused', async (t) => {
  const folder = await packed(t, { model: 'linear-external' });
  edit(folder, (card) => {
    delete card.digests['linear-external.onnx.data'];
  });
  await failsWith(loadPackage(folder, LIMITS), 'E-MODEL-PACKAGE', [
    'linear-external.onnx.data (not under digests in model.yaml)',
  ]);
});

test('every difference between model and card is told', async (t) => {
  const folder = await packed(t, { outputs: ['logit=logit'] });
  edit(folder, (card) => {
    card.inputs = [
      { name: 'X', type: 'float64', shape: ['N', 3] },
      { name: 'Y', type: 'float32', shape: ['N', 1] },
    ];
    card.outputs = { score: { tensor: 'scores' }, logit: { tensor: 'logit', column: 1 } };
  });
  await failsWith(loadPackage(folder, LIMITS), 'E-MODEL-SIGNATURE', [
    'test-model 1.0.0 is not what model.yaml says',
    'input Y: not in the model, which takes X (float32 [N, 4])',
    'input X: the model takes float32, model.yaml says float64',
    'output score: no tensor scores in the model (did you mean score?), which gives score (float32 [N, 1]), logit (float32 [N, 1])',
    'output logit: tensor logit has no column 1; the only column is 0',
  ]);
});

test('a wrong number of features is told with both shapes', async (t) => {
  const folder = await packed(t);
  edit(folder, (card) => {
    card.inputs[0]!.shape = ['N', 5];
    card.features.push('e');
    const golden = JSON.parse(readFileSync(join(folder, 'golden.json'), 'utf8'));
    golden.features.push('e');
    for (const row of golden.rows) row.push(0);
    writeFileSync(join(folder, 'golden.json'), JSON.stringify(golden));
  });
  await failsWith(loadPackage(folder, LIMITS), 'E-MODEL-SIGNATURE', [
    'input X: the model takes shape [N, 4], model.yaml says [N, 5] (5 features)',
  ]);
});

test('an input of the model that the card forgets is told', async (t) => {
  const folder = await packed(t, { model: 'columns' });
  edit(folder, (card) => {
    card.inputs.pop();
    card.features.pop();
    const golden = JSON.parse(readFileSync(join(folder, 'golden.json'), 'utf8'));
    golden.features.pop();
    for (const row of golden.rows) row.pop();
    writeFileSync(join(folder, 'golden.json'), JSON.stringify(golden));
  });
  await failsWith(loadPackage(folder, LIMITS), 'E-MODEL-SIGNATURE', ['input d: the model needs it']);
});

test('a ZipMap output as the score is refused with the fix', async (t) => {
  const folder = await packed(t, { model: 'logistic-zipmap', score: 'output_label' });
  edit(folder, (card) => {
    card.outputs.score = { tensor: 'output_probability', column: 1 };
  });
  await failsWith(loadPackage(folder, LIMITS), 'E-MODEL-SIGNATURE', [
    'output_probability is a ZipMap',
    "options={'zipmap': False}",
  ]);
});

test('a ZipMap output beside the score is no trouble', async (t) => {
  const { scorer } = await loadPackage(
    await packed(t, { model: 'logistic-zipmap', score: 'output_label' }),
    LIMITS,
  );
  await scorer.close();
});

test('a golden row that breaks the package’s own rules is told', async (t) => {
  const folder = await packed(t);
  const golden = JSON.parse(readFileSync(join(folder, 'golden.json'), 'utf8'));
  golden.rows[3][1] = null;
  writeFileSync(join(folder, 'golden.json'), JSON.stringify(golden));
  edit(folder, () => undefined);
  await failsWith(loadPackage(folder, LIMITS), 'E-MODEL-PACKAGE', [
    'golden.json is not valid',
    'rows[3]: b is missing and model.yaml says reject (E-FEATURE-MISSING)',
  ]);
});

test('a file that is no model is refused before ONNX Runtime sees it', async (t) => {
  const folder = await packed(t);
  writeFileSync(join(folder, 'model.onnx'), 'not a model');
  edit(folder, () => undefined);
  await failsWith(loadPackage(folder, LIMITS), 'E-MODEL-PACKAGE', ['model.onnx is not an ONNX model']);
});

test('a model that ONNX Runtime does not take is refused with its reason', async (t) => {
  const folder = await packed(t);
  const bytes = readFileSync(fixture('linear.onnx'));
  const at = bytes.indexOf('Sigmoid');
  bytes.write('Sigmoyd', at);
  writeFileSync(join(folder, 'model.onnx'), bytes);
  edit(folder, () => undefined);
  await failsWith(loadPackage(folder, LIMITS), 'E-MODEL-PACKAGE', ['ONNX Runtime cannot load', 'Sigmoyd']);
});

test('a folder in place of a file is no crash', async (t) => {
  const folder = await packed(t);
  rmSync(join(folder, 'golden.json'));
  await mkdir(join(folder, 'golden.json'));
  await failsWith(loadPackage(folder, LIMITS), 'E-MODEL-PACKAGE', ['golden.json, which is a folder']);
});
