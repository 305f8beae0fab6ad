import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const command = fileURLToPath(new URL('../../src/cli/model.ts', import.meta.url));
const usage = fileURLToPath(new URL('../../src/cli/usage.ts', import.meta.url));
const models = fileURLToPath(new URL('../fixtures/models/', import.meta.url));
const program = `
  const { modelCommand } = await import(${JSON.stringify(pathToFileURL(command).href)});
  const { explainUsage } = await import(${JSON.stringify(pathToFileURL(usage).href)});
  const command = modelCommand();
  explainUsage(command);
  await command.parseAsync(process.argv.slice(1), { from: 'user' });`;

async function model(...args: string[]): Promise<{ stdout: string; stderr: string; status: number }> {
  return promisify(execFile)(process.execPath, ['--input-type=module', '-e', program, '--', ...args]).then(
    ({ stdout, stderr }) => ({ stdout, stderr, status: 0 }),
    ({ stdout, stderr, code }) => ({ stdout, stderr, status: code }),
  );
}

test('tidemark model describe tells what goes in, what comes out, and how to pack it', async () => {
  const { stdout } = await model('describe', join(models, 'logistic-zipmap.onnx'));
  assert.match(stdout, /X {2}float32 \[\?, 4\]/);
  assert.match(stdout, /trained_on: breast cancer/);
  assert.match(stdout, /is a ZipMap .*'zipmap': False/);
  assert.match(stdout, /pack it\n {2}tidemark model pack .*\n {2}features\.yaml: a list of names/);
  const json = JSON.parse((await model('describe', join(models, 'linear.onnx'), '--json')).stdout);
  assert.deepEqual(json.outputs[0], {
    name: 'score',
    kind: 'tensor',
    type: 'float32',
    shape: ['N', 1],
    zipMap: false,
  });
});

test('tidemark model pack makes a package and says what to do next', async (t) => {
  const out = await mkdtemp(join(tmpdir(), 'tidemark-cli-'));
  t.after(() => rm(out, { recursive: true, force: true }));
  const request = [
    'pack',
    join(models, 'logistic.onnx'),
    '--name',
    'm',
    '--features',
    'a,b,c,d',
    '--out',
    out,
  ];
  const outputs = ['--score', 'probabilities:1', '--output', 'label=label', '--output', 'no=probabilities:0'];
  const { stdout } = await model(...request, ...outputs, '--version', '1.0.0');
  assert.match(stdout, /Packed m 1\.0\.0/);
  assert.match(stdout, /32 rows drawn: they guard against corruption, not against a wrong export/);
  assert.match(stdout, /Next: put {2}model: \{ package: .*1\.0\.0 \}/);
  const json = JSON.parse((await model(...request, ...outputs, '--version', '1.0.1', '--json')).stdout);
  assert.equal(json.folder, join(out, 'm', '1.0.1'));
  assert.match(json.digest, /^[0-9a-f]{64}$/);
  assert.equal((await model(...request, ...outputs, '--version', '1.0.1', '--force')).status, 0);
  const again = await model(...request, ...outputs, '--version', '1.0.1');
  assert.notEqual(again.status, 0);
  assert.match(again.stderr, /exists already/);
});

test('wrong usage exits 2 and says what is missing', async () => {
  const { status, stderr } = await model('pack', 'x.onnx', '--name', 'm');
  assert.equal(status, 2);
  assert.match(stderr, /missing --version, --features, --score/);
});

test('tidemark model verify prints the digest, and exits 1 for another package', async () => {
  const folder = fileURLToPath(new URL('../../models/card-fraud/1.0.0', import.meta.url));
  const { stdout, status } = await model('verify', folder, '--json');
  assert.equal(status, 0);
  const { name, version, digest } = JSON.parse(stdout);
  assert.deepEqual([name, version], ['card-fraud', '1.0.0']);
  assert.match((await model('verify', folder, '--digest', digest)).stdout, /whole and the one that is meant/);
  const other = await model('verify', folder.replace('1.0.0', '2.0.0'), '--digest', digest);
  assert.match(other.stderr, /E-MODEL-DIGEST/);
});
