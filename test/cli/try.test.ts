import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { exitStatus } from '../../src/cli/output.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { TidemarkError } from '../../src/errors.ts';
import { parseEvents, tryEvents } from '../../src/service/look/try.ts';
import { cardFraudYaml, freshNames, temporaryFolder } from '../support/cardFraud.ts';
import { TidemarkProcess } from '../support/tidemark.ts';

/** Nobody listens on either: neither is asked. */
const NOWHERE = { brokers: ['localhost:1'], registryUrl: 'http://localhost:1' };

const customer = {
  count_1d: 1,
  mean_amount_1d: 2,
  count_7d: 3,
  mean_amount_7d: 4,
  count_30d: 5,
  mean_amount_30d: 6,
};
const terminal = { count_1d: 1, risk_1d: 0, count_7d: 2, risk_7d: 0, count_30d: 3, risk_30d: null };
const payment = {
  transaction_id: 't1',
  customer_id: 'c1',
  terminal_id: 'm1',
  event_time: 1767239340000,
  amount: 12.5,
  weekend: false,
  night: true,
  customer,
  terminal,
};

function tried(t: TestContext, events: string, ...flags: string[]): TidemarkProcess {
  const folder = temporaryFolder(t);
  const file = join(folder, 'pipeline.yaml');
  writeFileSync(file, cardFraudYaml(freshNames(), NOWHERE, {}));
  writeFileSync(join(folder, 'events.json'), events);
  return new TidemarkProcess(t, ['try', '-c', file, '--events', join(folder, 'events.json'), ...flags]);
}

test('each event is shown as the model sees it, with what was filled in, its score and the decision', async (t) => {
  const { stdout } = await tried(
    t,
    JSON.stringify([payment, { ...payment, terminal: { ...terminal, risk_30d: { double: 0.25 } } }]),
  ).endsWith(0);
  const [first, second] = stdout.split(/^event 2.*$/m);
  assert.match(first!, /^event 1\n/);
  assert.match(first!, /\n {2}amount +12\.5\n/);
  assert.match(first!, /\n {2}night +1\n/);
  assert.match(first!, /\n {2}customer_count_30d +5\n/);
  assert.match(first!, /\n {2}terminal_risk_30d +\S+ {2}missing, filled in\n/);
  assert.match(second!, /\n {2}terminal_risk_30d +0\.25\n/);
  assert.match(second!, /\n {2}→ score [\d.e-]+ {2}decision (allow|review|block)\n/);
});

test('as JSON it is one object a line, with what would be published', async (t) => {
  const lines = `${JSON.stringify(payment)}\n\n${JSON.stringify(payment)}\n`;
  const { stdout } = await tried(t, lines, '--json').endsWith(0);
  const [event, ...more] = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.equal(more.length, 1);
  const { published, outputs, decision, eventTimeMs, features } = event.outcome;
  assert.equal(published.transaction_id, 't1');
  assert.equal(published.score, outputs.score);
  assert.equal(published.decision, decision);
  assert.equal(eventTimeMs, payment.event_time);
  assert.equal(features.length, 15);
});

test('whoever reads late reads all of it', async (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, 'pipeline.yaml');
  writeFileSync(file, cardFraudYaml(freshNames(), NOWHERE, {}));
  const count = 300;
  writeFileSync(join(folder, 'events.jsonl'), `${JSON.stringify(payment)}\n`.repeat(count));
  const args = ['src/cli/main.ts', 'try', '-c', file, '--events', join(folder, 'events.jsonl'), '--json'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  // More than a pipe holds: it ends while nobody reads only if it gives up what is left.
  await Promise.race([once(child, 'exit'), delay(4_000)]);
  assert.equal((await text(child.stdout)).trimEnd().split('\n').length, count);
});

test('what run would dead-letter is shown with its code and reason, and the status says so', async (t) => {
  const infinite = { ...payment, amount: 'Infinity' };
  const { stdout } = await tried(t, JSON.stringify([infinite, payment])).endsWith(1);
  assert.match(stdout, /^event 1\n {2}E-FEATURE-RANGE {2}amount .*\n {2}What to do: /);
  assert.match(stdout, /\nevent 2\n {2}amount +12\.5/);
});

const wrong: readonly [what: string, events: string, said: RegExp][] = [
  [
    'no JSON',
    '{"a": 1',
    /line 1 of .*events\.json is no JSON .*: give a JSON array of events, or one event a line/,
  ],
  ['an array that does not end', '[\n{"a": 1},\n', /E-USAGE \S*events\.json is no JSON/],
  ['no events', '[]', /events\.json holds no events: give a JSON array/],
  ['an empty file', '\n', /events\.json holds no events: give a JSON array/],
  [
    'a misspelt field',
    JSON.stringify({ ...payment, ammount: 1 }),
    /event 1 of .*: ammount: record tidemark\.demo\.Transaction has no such field; expected one of /,
  ],
  [
    'a field left out',
    JSON.stringify({ ...payment, amount: undefined }),
    /: amount: is missing and has no default; expected double/,
  ],
  [
    'a wrong type',
    JSON.stringify([payment, { ...payment, night: 'yes' }]),
    /event 2 of .*: night: "yes" is no boolean/,
  ],
];
for (const [what, events, said] of wrong) {
  // In this process, for there are many.
  test(`events that are ${what} are told with their place`, async () => {
    const loaded = loadConfig('config/card-fraud.yaml');
    assert.ok(loaded.ok);
    const thrown = await (async () => tryEvents(loaded.config, parseEvents(events, 'events.json')))().then(
      () => assert.fail('they were taken'),
      (cause: TidemarkError) => cause,
    );
    assert.match(`${thrown.code} ${thrown.message}`, said);
    assert.equal(exitStatus(thrown), 2);
  });
}

test('a file that is not there is told, and the status is that of wrong usage', async (t) => {
  const process = new TidemarkProcess(t, ['try', '-c', 'config/card-fraud.yaml', '--events', 'no.json']);
  assert.equal((await process.endsWith(2)).stdout, '');
  assert.match(process.story(), /no\.json/);
});
