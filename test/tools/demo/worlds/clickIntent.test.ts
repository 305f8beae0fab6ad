import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import avro from 'avsc';
import { parse } from 'yaml';
import { clickIntent } from '../../../../tools/demo/worlds/clickIntent.ts';

const file = (path: string) => readFileSync(new URL(`../../../../${path}`, import.meta.url), 'utf8');
const MS_PER_HOUR = 3_600_000;

const open = (seed: number) =>
  clickIntent.open({ seed, signal: new AbortController().signal, onProgress: () => {} });

test('the world begins where training tests the model, with whole sessions, and gives events and labels in the shape of their schemas', async () => {
  const { events, known, span } = await open(1);
  assert.deepEqual(known, []);
  assert.equal(new Date(span.fromMs).toISOString(), '2018-06-01T00:00:00.000Z');
  assert.equal((span.untilMs - span.fromMs) / (24 * MS_PER_HOUR), 14);
  const eventType = avro.Type.forSchema(JSON.parse(clickIntent.eventSchema));
  const labelType = avro.Type.forSchema(JSON.parse(clickIntent.labelSchema));
  let latest = span.fromMs;
  const sessionBegan = new Map<string, number>();
  for (let at = 0; at < 3000; at++) {
    const event = events.next().value;
    assert.ok(event.simulatedMs >= latest);
    latest = event.simulatedMs;
    const value = eventType.fromBuffer(eventType.toBuffer(event.value(1_790_000_000_000)));
    const label = labelType.fromBuffer(labelType.toBuffer(event.label.value));
    assert.deepEqual(
      [value.click_id, value.session_id, value.event_time, value.simulated_time],
      [event.id, event.key, 1_790_000_000_000, event.simulatedMs],
    );
    assert.deepEqual([event.label.id, label.click_id], [event.id, event.id]);
    assert.ok(!('intent' in value), 'the event tells its own truth');
    const began = sessionBegan.get(event.key) ?? latest;
    if (began === latest) assert.equal(value.session.clicks, 1, 'a session without its beginning');
    sessionBegan.set(event.key, began);
    // The label of the session's first click must not come before its last click.
    assert.ok(latest - began < clickIntent.labelDelayMs, event.key);
  }
});

test('the same seed gives the same events, another one others', async () => {
  const ids = async (seed: number) => {
    const { events } = await open(seed);
    return Array.from({ length: 50 }, () => JSON.stringify(events.next().value.value(0)));
  };
  const first = await ids(1);
  assert.deepEqual(await ids(1), first);
  assert.notDeepEqual(await ids(2), first);
});

test('making the world heeds the signal and tells how far it is', async () => {
  const told: string[] = [];
  const stop = new AbortController();
  const opened = clickIntent.open({
    seed: 1,
    signal: stop.signal,
    onProgress: (phrase) => {
      told.push(phrase);
      stop.abort(new Error('enough'));
    },
  });
  await assert.rejects(opened, (error: Error) => error.name === 'AbortError' || error.message === 'enough');
  assert.match(told[0]!, /^history up to 2018-04-\d\d$/);
});

test('decisions are those of the pipeline, and a likely buyer is flagged', () => {
  const { decision } = parse(file('config/click-intent.yaml'));
  assert.deepEqual(
    clickIntent.decisions.map(({ name }) => name),
    decision.rules.map((rule: { is: string }) => rule.is),
  );
  const value = {
    click_id: 'K1',
    session_id: 'S1',
    page: 'CART',
    clicks: 7,
    referrer: null,
    browse: 0.1,
    compare: 0.2,
    buy: 0.7,
    decision: 'assist',
  };
  const event = clickIntent.readScored(value);
  assert.deepEqual([event.id, event.decision, event.score, event.flagged], ['K1', 'assist', 0.7, true]);
  assert.equal(event.describe(), 'S1 opens CART, click 7, came by itself');
  assert.equal(clickIntent.readScored({ ...value, decision: 'watch' }).flagged, false);
  assert.match(clickIntent.readScored({ ...value, referrer: 'ads' }).describe(), /from ads$/);
});

test('the verdict stands beside the figures of the model’s card and counts only what was scored', () => {
  const judge = clickIntent.judge({ version: '1.0.0' });
  assert.equal(judge.verdict().measures[0]!.here, undefined);
  const label = (intent: string, hour: number) => ({
    intent,
    click_time: Date.UTC(2018, 5, 1) + hour * MS_PER_HOUR,
  });
  judge.add(label('browse', 0), [0.8, 0.1, 0.1]);
  judge.add(label('compare', 1), [0.1, 0.8, 0.1]);
  judge.add(label('buy', 30), [0.5, 0.1, 0.4]);
  judge.add(label('buy', 99), undefined);
  const { covers, measures, published } = judge.verdict();
  assert.equal(covers, '3 clicks whose session is over, the latest of 2018-06-02');
  const { training } = parse(file('models/click-intent/1.0.0/model.yaml'));
  const [accuracy, logLoss, macroAuc] = measures;
  assert.deepEqual(
    measures.map(({ name, published: beside }) => [name, beside]),
    [
      ['accuracy', training.accuracy],
      ['log loss', training.log_loss],
      ['macro AUC', training.macro_auc],
    ],
  );
  assert.ok(Math.abs(accuracy!.here! - 2 / 3) < 1e-12);
  assert.ok(Math.abs(logLoss!.here! - -(2 * Math.log(0.8) + Math.log(0.4)) / 3) < 1e-6);
  assert.equal(macroAuc!.here, 1);
  assert.match(published!, /the model's card/);
});
