import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CaseCost, CaseRun } from '../../bench/harness/costs.ts';
import { run } from '../../bench/harness/process.ts';

test('a process tells what card payments cost in memory: the whole and each stage', async () => {
  const asked: CaseRun = { file: 'config/card-fraud.yaml', workload: undefined, seconds: 0.001 };
  const command = { file: process.execPath, args: ['bench/inMemory.ts', JSON.stringify(asked)] };
  const costs: CaseCost = JSON.parse(await run(command, {}, AbortSignal.timeout(60_000)));
  assert.deepEqual(Object.keys(costs), ['whole', 'decode', 'score', 'encode']);
  for (const [name, { seconds, cpuSeconds }] of Object.entries(costs)) {
    assert.ok(seconds > 0 && cpuSeconds > 0, name);
  }
});
