import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';

/** Makes objects that live long enough to be moved, and says how large the space for new ones has become, MiB. */
const PROGRAM = `
  import { getHeapSpaceStatistics } from 'node:v8';
  const kept = [];
  for (let i = 0; i < 3_000_000; i++) kept[i % 100_000] = { i, text: [i] };
  const { space_size } = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
  console.log(space_size / 2 ** 20);
`;

function newSpaceMiB(first: string): number {
  const args = ['--input-type=module', '--eval', `${first}\n${PROGRAM}`];
  return Number(execFileSync(process.execPath, args, { encoding: 'utf8' }));
}

test('new objects go to a space of the size that scoring needs, which does not grow', () => {
  const setting = new URL('../../src/cli/youngGeneration.ts', import.meta.url);
  const small = newSpaceMiB(`await import(${JSON.stringify(setting.href)});`);
  assert.equal(small, 8);
  // Else V8 no longer needs to be told.
  assert.ok(newSpaceMiB('') > small);
});
