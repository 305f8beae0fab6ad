import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { digestOf, digestOfFile, packageDigest } from '../../src/model/digest.ts';
import { temporaryFolder } from './fixtures.ts';

const A = 'a'.repeat(64);
const B = 'b'.repeat(64);

test('a package’s digest is that of its files’ lines in the order of their paths', () => {
  const text = `${B}  a/z.bin\n${A}  model.yaml\n`;
  const expected = createHash('sha256').update(text).digest('hex');
  assert.equal(packageDigest({ 'model.yaml': A, 'a/z.bin': B }), expected);
  assert.equal(packageDigest({ 'a/z.bin': B, 'model.yaml': A }), expected);
});

test('paths are sorted by their UTF-8 bytes, as sort does under LC_ALL=C', () => {
  // U+FF5E sorts before U+1F600 in UTF-8 and after it in UTF-16.
  const text = `${A}  \uff5e\n${B}  \u{1f600}\n`;
  assert.equal(
    packageDigest({ '\u{1f600}': B, '\uff5e': A }),
    createHash('sha256').update(text).digest('hex'),
  );
});

test('another path or another content gives another digest', () => {
  const packages: Record<string, string>[] = [{ x: A }, { y: A }, { x: B }, { x: A, y: B }, { x: B, y: A }];
  const digests = packages.map(packageDigest);
  assert.equal(new Set(digests).size, digests.length);
});

test('a file’s digest is that of its bytes', async (t) => {
  const file = join(await temporaryFolder(t), 'x');
  await writeFile(file, 'abc');
  assert.equal(await digestOfFile(file), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  assert.equal(digestOf('abc'), await digestOfFile(file));
});
