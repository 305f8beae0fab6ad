import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parseDocument } from 'yaml';
import { type Settings, setKeys, temporaryFolder } from '../support/cardFraud.ts';
import { TidemarkProcess } from '../support/tidemark.ts';

const EXAMPLE = new URL('../../config/card-fraud.yaml', import.meta.url);

function exampleWith(t: TestContext, settings: Settings): string {
  const document = parseDocument(readFileSync(EXAMPLE, 'utf8'));
  setKeys(document, settings);
  const file = join(temporaryFolder(t), 'pipeline.yaml');
  writeFileSync(file, document.toString());
  return file;
}

async function check(t: TestContext, status: number, ...args: string[]): Promise<string> {
  return (await new TidemarkProcess(t, ['check', '-c', ...args]).endsWith(status)).stdout;
}

for (const [file, features] of [
  ['config/card-fraud.yaml', 15],
  ['config/click-intent.yaml', 26],
] as const) {
  test(`${file} holds together, and check says what that rests on`, async (t) => {
    const report = await check(t, 0, file);
    const name = basename(file, '.yaml');
    assert.match(report, new RegExp(`✔ model +${name} 1\\.0\\.0 .*${features} features`));
    assert.match(report, /holds together\n$/);
  });
}

test('what does not fit together is told at its line of the file, all of it', async (t) => {
  const file = exampleWith(t, {
    'input.time': 'event_tmie',
    'features.terminal_risk_30d': 'terminal.risk_30',
    'decision.on': 'scroe',
    'output.fields.model_version': 'event.customer',
  });
  const report = await check(t, 2, file);
  const lines = readFileSync(file, 'utf8').split('\n');
  for (const [path, key, suggestion] of [
    ['input.time', 'time: event_tmie', 'event_time'],
    ['features.terminal_risk_30d', 'terminal_risk_30d:', 'terminal.risk_30d'],
    ['decision.on', 'on: scroe', 'score'],
  ] as const) {
    const line = lines.findIndex((text) => text.includes(key)) + 1;
    const told = new RegExp(
      `${file}:${line}:\\d+ {2}${path}: .*\\n {4}expected .*\\n {4}did you mean ${suggestion}\\?`,
    );
    assert.match(report, told);
  }
  assert.match(report, /output\.fields\.model_version: record .* does not fit string/);
  assert.match(report, /\n4 faults in /);
  const json = JSON.parse(await check(t, 2, file, '--json'));
  assert.equal(json.ok, false);
  assert.deepEqual(
    json.faults.map(({ path, line }: { path: string; line: number }) => [path, typeof line]),
    [
      ['input.time', 'number'],
      ['features.terminal_risk_30d', 'number'],
      ['decision.on', 'number'],
      ['output.fields.model_version', 'number'],
    ],
  );
});

test('features without places come with the lines to write', async (t) => {
  const report = await check(t, 2, exampleWith(t, { features: undefined }));
  const [, block] = report.split('If these are the places that were meant, write:\n\n');
  assert.match(block ?? report, /^features:\n(?: {2}\w+: \w+\.\w+\n){12}$/);
});

test('faults of the file and of the parts are told in one go, without those that only follow from others', async (t) => {
  const file = exampleWith(t, {
    'batching.max_delay': 5,
    'features.terminal_risk_1d': 'terminal.risk',
    'output.fields.score': 'model.scor',
    'output.fields.amount': 'evnt.amount',
  });
  const report = await check(t, 2, file);
  assert.match(report, /batching\.max_delay: is a whole number: 5\n {4}expected a duration/);
  assert.match(report, /features\.terminal_risk_1d: /);
  assert.match(report, /output\.fields\.score: .* has no output scor/);
  assert.equal(report.match(/output\.fields\.amount/g)?.length, 1);
  assert.match(report, /\n4 faults in /);
});

test('what the chosen client cannot do is a fault of the configuration', async (t) => {
  const file = exampleWith(t, {
    'kafka.client': 'kafkajs',
    'kafka.instance_id': 'scorer-1',
    'output.compression': 'zstd',
  });
  const report = await check(t, 2, file);
  assert.match(report, /kafka\.client: .*kafkajs cannot do compression: zstd; it offers none, gzip/);
  assert.match(report, /cannot do static membership \(kafka\.instance_id\).*E-KAFKA-CAPABILITY/);
});
