/** Documents that are made from the code, or that list what the code has, are current. */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { catalogue } from '../../src/errors.ts';
import { definitionType } from '../../tools/definitionType.ts';
import { errorsDoc } from '../../tools/errorsDoc.ts';
import { keysDoc } from '../../tools/keysDoc.ts';
import { metricsDoc } from '../../tools/metricsDoc.ts';

const root = join(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');

test('docs/errors.md is what tools/errorsDoc.ts writes, and has every code', () => {
  assert.equal(read('docs/errors.md'), errorsDoc(), 'run `node tools/errorsDoc.ts`');
  for (const code of Object.keys(catalogue))
    assert.ok(read('docs/errors.md').includes(`### ${code}\n`), code);
});

test('docs/keys.md is what tools/keysDoc.ts writes', () => {
  assert.equal(read('docs/keys.md'), keysDoc(), 'run `node tools/keysDoc.ts`');
});

test('docs/metrics.md is what tools/metricsDoc.ts writes', () => {
  assert.equal(read('docs/metrics.md'), metricsDoc(), 'run `node tools/metricsDoc.ts`');
});

test('src/config/pipelineDefinition.ts is what tools/definitionType.ts writes', async () => {
  const written = read('src/config/pipelineDefinition.ts');
  assert.equal(written, await definitionType(), 'run `node tools/definitionType.ts`');
});

test('docs/dependencies.md has one line for each dependency of package.json, and no other', () => {
  const { dependencies, devDependencies } = JSON.parse(read('package.json'));
  const [shipped, development] = read('docs/dependencies.md').split('\n## Development');
  const listed = (section: string | undefined) =>
    [...(section ?? '').matchAll(/^\| `([^`]+)` \|/gm)].map((row) => row[1]!);
  assert.deepEqual(listed(shipped).sort(), Object.keys(dependencies).sort());
  assert.deepEqual(listed(development).sort(), Object.keys(devDependencies).sort());
});

test('links between documents lead somewhere', () => {
  for (const file of globSync(['*.md', 'docs/**/*.md', 'tools/**/*.md'], { cwd: root })) {
    const text = read(file).replace(/<!--[\s\S]*?-->/g, '');
    for (const [, target] of text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)) {
      assert.ok(existsSync(join(root, file, '..', target!)), `${file} links to ${target}`);
    }
  }
});
