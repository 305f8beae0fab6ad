import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';

const runner = join(import.meta.dirname, '../../tools/test.ts');
const passing = `import { test } from 'node:test'; test('holds', () => {});`;
const failing = `import { test, suite } from 'node:test';
suite('outer', () => { test('breaks', () => { console.log('printed'); throw new Error('the reason'); }); });`;

interface Ran {
  readonly code: number;
  readonly out: string;
}

/** Runs the runner on a project of these files; with `interruptAfter`, sends SIGINT once it has printed that. */
async function runOn(files: Record<string, string>, args: string[], interruptAfter?: string): Promise<Ran> {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-runner-'));
  try {
    for (const [file, source] of Object.entries({ 'package.json': '{"type":"module"}', ...files })) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), source);
    }
    // Inside a test, node:test would take the runner for one of its own test processes.
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const child = spawn(process.execPath, [runner, ...args], {
      cwd: folder,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    const heard = (chunk: Buffer): void => {
      out += chunk;
      if (interruptAfter !== undefined && out.includes(interruptAfter)) child.kill('SIGINT');
    };
    child.stdout.on('data', heard);
    child.stderr.on('data', heard);
    const [code] = await once(child, 'close');
    return { code, out };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('the test runner', { concurrency: true }, () => {
  test('passes when all pass, with a line per file and a summary, without colour in a pipe', async () => {
    const { code, out } = await runOn({ 'test/a/one.test.ts': passing, 'test/two.test.ts': passing }, [
      'unit',
    ]);
    assert.equal(code, 0, out);
    assert.match(out, /^ok {3}test\/a\/one\.test\.ts {2}1 passed {2}\d+\.\d s$/m);
    assert.match(out, /^2 files: 2 passed, 0 failed, 0 skipped in \d+ s$/m);
    assert.ok(!out.includes('\u001b'));
  });

  test('tells a failure at once and again at the end, with its suite, reason and output', async () => {
    const { code, out } = await runOn({ 'test/bad.test.ts': failing, 'test/good.test.ts': passing }, [
      'unit',
    ]);
    assert.equal(code, 1);
    for (const wanted of ['outer > breaks', 'Error: the reason', 'printed']) {
      assert.equal(out.split(wanted).length - 1, 2, `${wanted} in\n${out}`);
    }
  });

  test('fails a file that cannot start or has no tests', async () => {
    const files = { 'test/empty.test.ts': '', 'test/throws.test.ts': `throw new Error('at import');` };
    const { code, out } = await runOn(files, ['unit']);
    assert.equal(code, 1);
    assert.match(out, /It has no tests/);
    assert.match(out, /at import/);
    assert.match(out, /2 files: 0 passed, 2 failed/);
  });

  test('fails when nothing matches', async () => {
    const { code, out } = await runOn({ 'test/good.test.ts': passing }, ['test/avro']);
    assert.equal(code, 1);
    assert.match(out, /No test file matches: test\/avro/);
  });

  test('runs only the files of the paths and kinds it is given', async () => {
    const files = {
      'test/avro/a.test.ts': passing,
      'test/b.test.ts': failing,
      'test/integration/c.test.ts': failing,
    };
    assert.equal((await runOn(files, ['test/avro'])).code, 0);
    assert.match((await runOn(files, ['unit', 'test/avro'])).out, /^1 files/m);
  });

  test('tells why a test was skipped, once for each reason', async () => {
    const skipping = `import { test } from 'node:test';
test('one', { skip: 'needs a moon' }, () => {}); test('two', { skip: 'needs a moon' }, () => {}); test('holds', () => {});`;
    const { code, out } = await runOn({ 'test/moon.test.ts': skipping }, ['unit']);
    assert.equal(code, 0, out);
    assert.match(out, /moon\.test\.ts {2}1 passed, 2 skipped/);
    assert.equal(out.split('skipped: needs a moon').length - 1, 1, out);
  });

  test('counts a suite that is skipped, also where the file has nothing else', async () => {
    const skipping = `import { describe, it } from 'node:test';
describe('tides', { skip: 'needs a moon' }, () => { it('rises', () => {}); it('falls', () => {}); });`;
    const { code, out } = await runOn({ 'test/good.test.ts': passing, 'test/moon.test.ts': skipping }, [
      'unit',
    ]);
    assert.equal(code, 0, out);
    assert.match(out, /moon\.test\.ts {2}0 passed, 1 skipped/);
    assert.match(out, /skipped: needs a moon/);
    assert.match(out, /^2 files: 1 passed, 0 failed, 1 skipped/m);
  });

  test('takes tutorials for unit tests no more than heavy ones: each runs by its word', async () => {
    const files = {
      'test/a.test.ts': passing,
      'test/tutorials/b.test.ts': passing,
      'test/heavy/c.test.ts': failing,
    };
    assert.match((await runOn(files, ['unit'])).out, /^1 files/m);
    assert.match((await runOn(files, ['unit', 'tutorials'])).out, /^2 files: 2 passed/m);
    assert.equal((await runOn(files, ['heavy'])).code, 1);
  });

  test('an interrupt ends the run and the test in hand', { timeout: 60_000 }, async () => {
    const hanging = `import { test } from 'node:test'; test('hangs', () => new Promise(() => setInterval(() => {}, 1000)));`;
    const files = { 'test/good.test.ts': passing, 'test/hangs.test.ts': hanging };
    const { code, out } = await runOn(files, ['unit'], 'ok   test/good.test.ts');
    assert.equal(code, 130, out);
    assert.ok(!out.includes('hangs.test.ts'), 'what was cut off is not told as a failure');
  });
});
