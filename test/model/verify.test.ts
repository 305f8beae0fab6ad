import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { verifyPackage } from '../../src/model/verify.ts';
import { failsWith, packFixture, temporaryFolder } from './fixtures.ts';

test('a package is verified against the digest that packing printed, however it is written', async (t) => {
  const { folder, digest } = await packFixture(await temporaryFolder(t));
  for (const expected of [undefined, digest, digest.toUpperCase(), `sha256:${digest}`]) {
    assert.equal((await verifyPackage(folder, expected)).digest, digest);
  }
});

test('a package that is whole but another one is refused, with both digests', async (t) => {
  const { digest } = await packFixture(await temporaryFolder(t));
  const other = await packFixture(await temporaryFolder(t), { version: '9.0.0' });
  await failsWith(verifyPackage(other.folder, digest), 'E-MODEL-DIGEST', [
    `${other.digest}, expected ${digest}`,
  ]);
});

test('a package whose bytes changed is refused, whether or not a digest was given', async (t) => {
  const { folder, digest } = await packFixture(await temporaryFolder(t));
  const file = join(folder, 'golden.json');
  writeFileSync(file, `${readFileSync(file, 'utf8')} `);
  await failsWith(verifyPackage(folder), 'E-MODEL-DIGEST', []);
  await failsWith(verifyPackage(folder, digest), 'E-MODEL-DIGEST', []);
});

test('a changed card, which agrees with its files, is caught by the digest only', async (t) => {
  const { folder, digest } = await packFixture(await temporaryFolder(t));
  const file = join(folder, 'model.yaml');
  writeFileSync(file, `${readFileSync(file, 'utf8')}# another threshold, perhaps\n`);
  await verifyPackage(folder);
  await failsWith(verifyPackage(folder, digest), 'E-MODEL-DIGEST', []);
});

test('what is no whole digest is wrong usage', async (t) => {
  const { folder, digest } = await packFixture(await temporaryFolder(t));
  for (const text of [digest.slice(0, 16), '', `${digest}0`, `md5:${digest}`, 'g'.repeat(64)]) {
    await failsWith(verifyPackage(folder, text), 'E-USAGE', []);
  }
});
