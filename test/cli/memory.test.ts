import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryFolder } from '../support/cardFraud.ts';

/** Makes objects that live long enough to be moved, and says what it runs with. */
const PROGRAM = `
  import { getHeapSpaceStatistics } from 'node:v8';
  const kept = [];
  for (let i = 0; i < 3_000_000; i++) kept[i % 100_000] = { i, text: [i] };
  const { space_size } = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
  const { env: { MALLOC_ARENA_MAX: arenas }, argv: [, , ...args], ppid } = process;
  console.log(JSON.stringify({ newSpaceMiB: space_size / 2 ** 20, arenas, args, ppid }));
`;

interface Seen {
  readonly newSpaceMiB: number;
  readonly arenas?: string;
  readonly args: readonly string[];
  readonly ppid: number;
}

function seen(
  t: TestContext,
  first: string,
  flags: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
): Seen {
  const file = join(temporaryFolder(t), 'program.mjs');
  writeFileSync(file, `${first}\n${PROGRAM}`);
  const args = [...flags, file, 'run', '-c', 'a b.yaml'];
  return JSON.parse(
    execFileSync(process.execPath, args, { encoding: 'utf8', env: { ...process.env, ...env } }),
  );
}

const memory = new URL('../../src/cli/memory.ts', import.meta.url);
const SETTLED = `import { settleMemory } from ${JSON.stringify(memory.href)};\nsettleMemory();`;

test('new objects go to a space of the size that scoring needs, in the same process with the same arguments', (t) => {
  const settled = seen(t, SETTLED);
  assert.equal(settled.newSpaceMiB, 8);
  assert.equal(settled.arenas, '2');
  assert.deepEqual(settled.args, ['run', '-c', 'a b.yaml']);
  assert.equal(settled.ppid, process.pid);
  // Else V8 no longer needs to be told.
  assert.ok(seen(t, '').newSpaceMiB > settled.newSpaceMiB);
});

test('what somebody chose is left alone', (t) => {
  assert.equal(seen(t, SETTLED, [], { MALLOC_ARENA_MAX: '7' }).arenas, '7');
  for (const [flags, env] of [
    [['--max-semi-space-size=2'], {}],
    [[], { NODE_OPTIONS: '--max-semi-space-size=2' }],
  ] as const) {
    assert.ok(seen(t, SETTLED, flags, env).newSpaceMiB <= 4);
  }
});
