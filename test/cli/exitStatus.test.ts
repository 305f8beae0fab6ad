/** Every exit status that the help and docs/commands.md tell of is one that a command gives, and no other is told of. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { program } from '../../src/cli/program.ts';
import { cardFraudYaml, freshNames, temporaryFolder } from '../support/cardFraud.ts';
import { helpOf } from '../support/commands.ts';
import { TidemarkProcess } from '../support/tidemark.ts';

function pipelineWithoutKafka(t: TestContext): string {
  const file = join(temporaryFolder(t), 'pipeline.yaml');
  const nowhere = { brokers: ['127.0.0.1:1'], registryUrl: 'http://127.0.0.1:1' };
  writeFileSync(file, cardFraudYaml(freshNames(), nowhere, {}));
  return file;
}

async function stoppedBy(t: TestContext, signal: NodeJS.Signals, args: readonly string[]) {
  const process = new TidemarkProcess(t, ['run', '-c', pipelineWithoutKafka(t), ...args]);
  await process.says({ event: 'dependencyDown' });
  process.kill(signal);
  return process;
}

const ways: Readonly<Record<string, (t: TestContext) => Promise<TidemarkProcess>>> = {
  0: async (t) => new TidemarkProcess(t, ['check', '-c', 'config/card-fraud.yaml']),
  1: async (t) => new TidemarkProcess(t, ['topics', '-c', pipelineWithoutKafka(t)]),
  2: async (t) => new TidemarkProcess(t, ['check', '-c', 'no-such.yaml']),
  129: (t) => stoppedBy(t, 'SIGHUP', ['--until-end']),
  130: (t) => stoppedBy(t, 'SIGINT', ['--until-end']),
  143: (t) => stoppedBy(t, 'SIGTERM', ['--until-end']),
};

for (const [status, start] of Object.entries(ways)) {
  test(`exit status ${status} is given`, async (t) => {
    await (await start(t)).endsWith(Number(status));
  });
}

test('a run without --until-end that is stopped has done what it was asked to', async (t) => {
  await (await stoppedBy(t, 'SIGTERM', [])).endsWith(0);
});

test('the help and docs/commands.md tell of these and no others', () => {
  const [, told] = /\nExit status:\n((?: {2}.*\n)+)/.exec(helpOf(program))!;
  const inHelp = [...told!.matchAll(/^ {2}(\d+)/gm)].map(([, status]) => status);
  const page = readFileSync(new URL('../../docs/commands.md', import.meta.url), 'utf8');
  const inPage = [...page.matchAll(/^\| (\d+) \|/gm)].map(([, status]) => status);
  assert.deepEqual(inHelp, Object.keys(ways));
  assert.deepEqual(inPage, Object.keys(ways));
});
