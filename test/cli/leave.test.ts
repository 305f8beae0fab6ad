import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parseDocument } from 'yaml';
import { type Settings, setKeys, temporaryFolder } from '../support/cardFraud.ts';
import { TidemarkProcess } from '../support/tidemark.ts';

const EXAMPLE = new URL('../../config/card-fraud.yaml', import.meta.url);

function leave(t: TestContext, settings: Settings): TidemarkProcess {
  const document = parseDocument(readFileSync(EXAMPLE, 'utf8'));
  setKeys(document, settings);
  const file = join(temporaryFolder(t), 'pipeline.yaml');
  writeFileSync(file, document.toString());
  return new TidemarkProcess(t, ['leave', '-c', file]);
}

test('without kafka.instance_id there is nobody to take out of the group, which is said', async (t) => {
  const process = leave(t, { 'kafka.instance_id': undefined });
  assert.equal((await process.endsWith(2)).stdout, '');
  assert.match(process.story(), /E-CONFIG kafka\.instance_id is not set/);
});

test('a file with faults is refused before any broker is asked', async (t) => {
  const process = leave(t, { 'kafka.instance_id': 'scorer-0', 'kafka.grup': 'scorers' });
  await process.endsWith(2);
  assert.match(process.story(), /kafka\.grup/);
});

test('brokers that do not answer are named, and the exit status tells', async (t) => {
  const process = leave(t, { 'kafka.instance_id': 'scorer-0', 'kafka.brokers': ['127.0.0.1:1'] });
  assert.equal((await process.endsWith(1)).stdout, '');
  assert.match(process.story(), /E-KAFKA-UNREACHABLE taking scorer-0 out of group .*127\.0\.0\.1:1/);
});
