import assert from 'node:assert/strict';
import { test } from 'node:test';
import avro from 'avsc';
import { cardFraud } from '../../../../tools/demo/worlds/cardFraud.ts';

const signal = new AbortController().signal;

test('the world begins on the first day of the handbook’s tests, with the frauds before it known, told as it goes', async () => {
  const phrases: string[] = [];
  const stream = await cardFraud.open({ seed: 0, signal, onProgress: (phrase) => phrases.push(phrase) });
  assert.match(phrases[0]!, /^history up to 2018-04-01$/);
  const eventType = avro.Type.forSchema(JSON.parse(cardFraud.eventSchema));
  const labelType = avro.Type.forSchema(JSON.parse(cardFraud.labelSchema));
  const { value: first } = stream.events.next();
  assert.equal(new Date(first.simulatedMs).toISOString().slice(0, 10), '2018-08-08');
  const event = eventType.fromBuffer(eventType.toBuffer(first.value(1_800_000_000_000))) as unknown as Record<
    string,
    number
  >;
  assert.equal(event.event_time, 1_800_000_000_000);
  assert.equal(event.simulated_time, first.simulatedMs);
  const label = labelType.fromBuffer(labelType.toBuffer(first.label.value)) as unknown as {
    transaction_id: string;
  };
  assert.equal(label.transaction_id, first.id);
  const known = stream.known.map(({ value }) => value as { transaction_time: number; fraud: boolean });
  assert.ok(known.length > 500 && known.every(({ fraud }) => fraud));
  const times = known.map(({ transaction_time }) => transaction_time);
  assert.equal(new Date(Math.min(...times)).toISOString().slice(0, 10), '2018-07-25');
  assert.ok(Math.max(...times) < stream.span.fromMs);
});

test('a world that is interrupted while it is made stops at once', async () => {
  const reason = new Error('enough');
  await assert.rejects(
    cardFraud.open({ seed: 0, signal: AbortSignal.abort(reason), onProgress: () => {} }),
    reason,
  );
});

test('what is flagged is what the rules do not allow', () => {
  const scored = { transaction_id: 'P1', customer_id: 'C1', terminal_id: 'T1', amount: 12.5, score: 0.7 };
  assert.equal(cardFraud.readScored({ ...scored, decision: 'allow' }).flagged, false);
  const review = cardFraud.readScored({ ...scored, decision: 'review' });
  assert.equal(review.flagged, true);
  assert.equal(review.describe(), 'C1 pays   12.50 at T1');
});
