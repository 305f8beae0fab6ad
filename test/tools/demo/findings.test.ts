import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Decision, Findings, type ScoredTransaction } from '../../../tools/demo/findings.ts';
import { type Place, summaryLines } from '../../../tools/demo/summary.ts';
import type { FraudScenario } from '../../../tools/simulator/transaction.ts';

const truth = new Map<string, FraudScenario>([
  ['P1', 'none'],
  ['P2', 'amount'],
  ['P3', 'terminal'],
]);

const scored = (id: string, decision: Decision): ScoredTransaction => ({
  transaction_id: id,
  customer_id: 'C1',
  terminal_id: 'T1',
  amount: 1,
  event_time: 0,
  score: 0.5,
  decision,
  model_version: '1.0.0',
  scored_at: 0,
});

const add = (findings: Findings, id: string, decision: Decision) =>
  findings.add(scored(id, decision), () => ({
    partition: 0,
    offset: '7',
    key: 'C1',
    headers: { source: 'in/0@7' },
  }));

const run = { scored: 3, deadLettered: 0, skipped: 0, seconds: 0.5, eventsPerSecond: 6 };
const place: Place = {
  brokers: 'localhost:9092',
  registryUrl: 'http://localhost:8081',
  topic: 'out',
  partitions: 1,
  subject: 'out-value',
  deadLetterTopic: 'dead',
  deadLetters: 0,
};

test('each transaction counts once, by what was decided and what it is in truth', () => {
  const findings = new Findings(truth);
  add(findings, 'P1', 'allow');
  assert.equal(findings.missing, 2);
  add(findings, 'P2', 'block');
  add(findings, 'P2', 'block');
  add(findings, 'P3', 'allow');
  add(findings, 'P9', 'block');
  assert.deepEqual(findings.events, { block: 1, review: 0, allow: 2 });
  assert.deepEqual(findings.frauds, { block: 1, review: 0, allow: 1 });
  assert.equal(findings.scored, 3);
  assert.equal(findings.missing, 0);
  assert.equal(findings.repeated, 1);
  assert.equal(findings.strange, 1);
});

test('the example is the first blocked fraud, or else the first event', () => {
  const findings = new Findings(truth);
  add(findings, 'P1', 'block');
  assert.equal(findings.example?.value.transaction_id, 'P1');
  add(findings, 'P3', 'block');
  add(findings, 'P2', 'block');
  assert.equal(findings.example?.value.transaction_id, 'P3');
});

test('the summary says what was left out, repeated or not ours, and only then', () => {
  const findings = new Findings(truth);
  add(findings, 'P1', 'allow');
  add(findings, 'P1', 'allow');
  add(findings, 'P9', 'allow');
  const unhappy = summaryLines(run, findings, place).join('\n');
  for (const line of ['not scored      2', 'scored again    1', 'not ours        1']) {
    assert.ok(unhappy.includes(line), `${line} is missing from:\n${unhappy}`);
  }
  const happy = new Findings(truth);
  for (const id of truth.keys()) add(happy, id, 'allow');
  const lines = summaryLines(run, happy, place).join('\n');
  assert.match(lines, /3 transactions scored in 0\.5 s: 6 a second/);
  assert.match(lines, /source +in\/0@7/);
  assert.doesNotMatch(lines, /not scored|scored again|not ours/);
});
