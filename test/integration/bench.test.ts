import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { run } from '../../bench/harness/process.ts';
import { sharedStack } from '../support/stack.ts';

test('the benchmark compares Tidemark with a peer and its stages, gives it as JSON and draws it', async () => {
  const { brokers, registryUrl } = await sharedStack();
  const charts = mkdtempSync(join(tmpdir(), 'tidemark-charts-'));
  const env = { TIDEMARK_BROKERS: brokers.join(','), TIDEMARK_REGISTRY_URL: registryUrl };
  const few = ['--events', '2000', '--rounds', '1', '--peers', 'kafkajs', '--no-costs'];
  const wanted = ['--json', '--machine', 'two cores', '--charts', charts];
  const command = { file: process.execPath, args: ['bench/pipeline.ts', ...few, ...wanted] };
  const printed = JSON.parse(await run(command, env, AbortSignal.timeout(240_000)));
  const { machine, standings, stages, leftOut } = printed;
  assert.equal(machine, 'two cores');
  assert.deepEqual(leftOut, []);
  assert.deepEqual(
    standings.map(({ name, runs }: { name: string; runs: { scored: number }[] }) => [name, runs[0]?.scored]),
    [
      ['tidemark', 2000],
      ['kafkajs', 2000],
    ],
  );
  for (const { eventsPerSecond, cpuMicrosPerEvent, maxRssMiB } of standings) {
    for (const { least } of [eventsPerSecond, cpuMicrosPerEvent, maxRssMiB]) assert.ok(least > 0);
  }
  const names = stages.stages.map(({ name }: { name: string }) => name);
  assert.deepEqual(names, ['fetch and check', 'decode', 'score', 'encode', 'produce']);
  assert.deepEqual(readdirSync(charts).sort(), ['peers.svg', 'stages.svg']);
  rmSync(charts, { recursive: true });
  const subjects = (await (await fetch(`${registryUrl}/subjects`)).json()) as string[];
  assert.deepEqual(
    subjects.filter((subject) => subject.startsWith('bench-')),
    [],
    'it left subjects behind',
  );
});
