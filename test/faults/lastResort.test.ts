import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

const MODULE = new URL('../../src/service/lastResort.ts', import.meta.url).href;

function runScript(script: string) {
  const text = `import { startLastResort } from ${JSON.stringify(MODULE)};\n${script}`;
  return spawnSync(process.execPath, ['--input-type=module', '-e', text], {
    encoding: 'utf8',
    timeout: 60_000,
    killSignal: 'SIGTERM',
  });
}

test('a main thread that never turns again is killed, and why is on standard error', () => {
  const { signal, stderr } = runScript('startLastResort(1); for (;;);');
  assert.equal(signal, 'SIGKILL');
  const line = JSON.parse(stderr.trim().split('\n').at(-1)!);
  assert.equal(line.code, 'E-WATCHDOG');
});

test('a main thread that turns is left alone, and the watch keeps no process up', () => {
  const turning =
    'const until = Date.now() + 13_000; const timer = setInterval(() => { if (Date.now() > until) clearInterval(timer); }, 100);';
  const { status, stderr } = runScript(`startLastResort(1); ${turning}`);
  assert.equal(status, 0, stderr);
});
