/** What the verbs that command a group refuse before any broker is asked. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { parseDocument } from 'yaml';
import { setKeys, temporaryFolder } from '../support/cardFraud.ts';
import { TidemarkProcess } from '../support/tidemark.ts';

const EXAMPLE = new URL('../../config/card-fraud.yaml', import.meta.url);
const control = { topic: 'control', audit_topic: 'audit' };

function run(t: TestContext, args: readonly string[], settings: object): TidemarkProcess {
  const document = parseDocument(readFileSync(EXAMPLE, 'utf8'));
  setKeys(document, { 'kafka.brokers': ['127.0.0.1:1'], ...settings });
  const file = join(temporaryFolder(t), 'pipeline.yaml');
  writeFileSync(file, document.toString());
  return new TidemarkProcess(t, [args[0]!, '-c', file, ...args.slice(1)]);
}

describe('a command to a group', () => {
  const cases: readonly (readonly [what: string, args: readonly string[], says: RegExp])[] = [
    ['without a reason', ['pause'], /--why <text>' not specified/],
    ['with a reason of nothing', ['pause', '--why', ' '], /E-USAGE why: expected why it is asked for/],
    ['with a level that is none', ['log-level', 'all', '--why', 'x'], /Allowed choices are debug/],
    ['with a time that is none', ['drain', '--why', 'x', '--timeout', '5'], /at least 1s, such as 10s/],
    [
      'with a count and a place',
      ['skip', '--partition', '0', '--count', '2', '--to', '9', '--why', 'x'],
      /not both/,
    ],
    [
      'with a time without its zone',
      ['seek', '--partition', '0', '--to', '2026-01-31T08:00', '--why', 'x'],
      /with its zone/,
    ],
    ['to go back, with nobody to ask', ['seek', '--partition', '0', '--to', '5', '--why', 'x'], /Give --yes/],
  ];
  for (const [what, args, says] of cases) {
    test(`${what} is wrong usage`, async (t) => {
      const process = run(t, args, { control });
      assert.equal((await process.endsWith(2)).stdout, '');
      assert.match(process.story(), says);
    });
  }

  for (const args of [['pause', '--why', 'x'], ['audit']]) {
    test(`${args[0]} names the keys to add where the file has none`, async (t) => {
      const process = run(t, args, {});
      assert.equal((await process.endsWith(2)).stdout, '');
      assert.match(
        process.story(),
        /E-CONFIG the pipeline file has no `control` section.*control\.audit_topic/,
      );
    });
  }

  test('names brokers that do not answer, and the exit status tells', async (t) => {
    const process = run(t, ['pause', '--why', 'x'], { control });
    assert.equal((await process.endsWith(1)).stdout, '');
    assert.match(process.story(), /E-KAFKA-UNREACHABLE/);
  });
});
