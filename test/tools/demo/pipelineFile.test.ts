import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parse } from 'yaml';
import {
  chooseVersion,
  freshNames,
  modelVersions,
  writePipelineFile,
} from '../../../tools/demo/pipelineFile.ts';

const example = new URL('../../../config/card-fraud.yaml', import.meta.url);
const names = {
  events: 'in',
  scored: 'out',
  deadLetters: 'dead',
  group: 'scorer',
  labels: 'in.labels',
  control: 'in.control',
  audit: 'in.audit',
};

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'tidemark-test-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

test('names stay as they are where all are free', () => {
  assert.deepEqual(freshNames(names, new Set(['other'])), names);
});

test('one name that is taken moves all of them to the next number that is free', () => {
  const taken = new Set(['dead', 'scorer-2']);
  assert.deepEqual(freshNames(names, taken), {
    events: 'in-3',
    scored: 'out-3',
    deadLetters: 'dead-3',
    group: 'scorer-3',
    labels: 'in.labels-3',
    control: 'in.control-3',
    audit: 'in.audit-3',
  });
});

test('the pipeline of the demo is the worked example but for its names, its model, its port and the topics of commands', (t) => {
  const expected = parse(readFileSync(example, 'utf8'));
  const { path, names: found } = writePipelineFile(
    folder(t),
    { pipeline: 'card-fraud', version: '1.0.0' },
    new Set([expected.output.topic]),
  );
  expected.input.topic += '-2';
  expected.output.topic += '-2';
  expected.dead_letter.topic += '-2';
  expected.kafka.group += '-2';
  expected.control = { topic: 'transactions.control-2', audit_topic: 'transactions.audit-2' };
  expected.http.port = 0;
  expected.model.package = 'models/card-fraud/1.0.0';
  assert.deepEqual(parse(readFileSync(path, 'utf8')), expected);
  assert.equal(found.scored, expected.output.topic);
});

test('the newest model is taken unless a version is named, and a version that is not there is refused', () => {
  const versions = modelVersions('card-fraud');
  assert.ok(versions.includes('1.0.0'));
  assert.equal(chooseVersion('card-fraud', undefined), versions.at(-1));
  assert.equal(chooseVersion('card-fraud', '1.0.0'), '1.0.0');
  assert.throws(
    () => chooseVersion('card-fraud', '9.9.9'),
    /models\/card-fraud has no version 9\.9\.9; it has 1\.0\.0/,
  );
});
