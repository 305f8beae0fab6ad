import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type ErrorCode, TidemarkError } from '../../src/errors.ts';
import { pack } from '../../src/model/pack.ts';
import type { PackRequest } from '../../src/model/packOptions.ts';

/** Made by make.py beside them. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`../fixtures/models/${name}`, import.meta.url));
}

export async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-model-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Packs a fixture into `out`; by default the linear model with features a, b, c, d. */
export function packFixture(out: string, request: Partial<PackRequest> & { model?: string } = {}) {
  const { model = 'linear', ...rest } = request;
  return pack({
    file: fixture(`${model}.onnx`),
    name: 'test-model',
    version: '1.0.0',
    features: 'a,b,c,d',
    score: 'score',
    outputs: [],
    force: false,
    out,
    ...rest,
  });
}

/** The promise (or call) fails with the code, and its message holds every one of the words. */
export async function failsWith(
  attempt: Promise<unknown> | (() => unknown),
  code: ErrorCode,
  words: readonly (string | RegExp)[],
): Promise<void> {
  const error = await Promise.resolve()
    .then(() => (typeof attempt === 'function' ? attempt() : attempt))
    .then(
      () => assert.fail(`expected ${code}, but nothing failed`),
      (thrown: unknown) => thrown,
    );
  assert.ok(error instanceof TidemarkError, `expected ${code}, got ${String(error)}`);
  assert.equal(error.code, code, error.message);
  for (const word of words) {
    const found = typeof word === 'string' ? error.message.includes(word) : word.test(error.message);
    assert.ok(found, `expected ${String(word)} in: ${error.message}`);
  }
}
