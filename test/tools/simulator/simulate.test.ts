import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { Simulation, simulate, transactions, WARM_UP_DAYS } from '../../../tools/simulator/simulate.ts';
import type { Transaction } from '../../../tools/simulator/transaction.ts';

const DAY_MS = 86_400_000;
const FIRST_DAY_MS = Date.UTC(2018, 3, 1);

function digest(payments: Iterable<Transaction>): string {
  const hash = createHash('sha256');
  for (const payment of payments) hash.update(JSON.stringify(payment));
  return hash.digest('hex');
}

function* first<T>(count: number, items: Iterable<T>): Generator<T> {
  let left = count;
  for (const item of items) {
    yield item;
    if (--left === 0) return;
  }
}

test('the first thousand payments of a seed are the same everywhere and for ever', () => {
  assert.equal(
    digest(first(1000, simulate({ seed: 1 }))),
    'a5682fd5f94a63ca3c5cd468bb0f524dae06a5c70d6df19a29e2ee81ebe4be09',
    'a change of the world changes the demo and the model trained on it: train again and say so in the changelog',
  );
});

test('another seed is another world', () => {
  const small = { days: 3, customers: 50, terminals: 100 };
  assert.notEqual(digest(simulate({ seed: 1, ...small })), digest(simulate({ seed: 2, ...small })));
});

test('a shorter world is the beginning of a longer one', () => {
  const small = { seed: 3, customers: 50, terminals: 100 };
  const short = [...simulate({ ...small, days: 5 })];
  assert.deepEqual(short, [...first(short.length, simulate({ ...small, days: 9 }))]);
});

test('skipped days leave the payments as they are, once the windows have filled again', () => {
  const small = { seed: 8, customers: 50, terminals: 100 };
  const skipped = 6;
  const whole = new Simulation(small);
  const hasty = new Simulation(small);
  for (let day = 0; day < skipped; day++) {
    for (const _ of whole.nextDay());
    hasty.skipDay();
  }
  for (let day = skipped; day < skipped + WARM_UP_DAYS; day++) {
    for (const _ of whole.nextDay());
    for (const _ of hasty.nextDay());
  }
  assert.deepEqual([...hasty.nextDay()], [...whole.nextDay()]);
});

test('payments come in time order, each once, from the first day to the last', () => {
  let latest = FIRST_DAY_MS;
  const ids = new Set<string>();
  for (const payment of simulate({ seed: 4, days: 20, customers: 300, terminals: 500 })) {
    assert.ok(payment.event_time >= latest, `${payment.transaction_id} is earlier than the one before`);
    assert.ok(!ids.has(payment.transaction_id), `${payment.transaction_id} comes twice`);
    latest = payment.event_time;
    ids.add(payment.transaction_id);
  }
  assert.equal(Math.floor((latest - FIRST_DAY_MS) / DAY_MS), 19);
});

test('weekend and night are what the calendar says', () => {
  for (const payment of simulate({ seed: 5, days: 8, customers: 100, terminals: 500 })) {
    const date = new Date(payment.event_time).toUTCString();
    assert.equal(payment.weekend, /^(Sat|Sun)/.test(date), date);
    assert.equal(payment.night, / 0[0-6]:/.test(date), date);
  }
});

test('the demo starts when the windows have filled and gives as many payments as asked for', () => {
  const payments = [...transactions(500, 6)];
  assert.equal(payments.length, 500);
  assert.ok(payments[0]!.event_time >= FIRST_DAY_MS + 37 * DAY_MS);
  assert.ok(payments[0]!.event_time < FIRST_DAY_MS + 37 * DAY_MS + 3_600_000);
  assert.deepEqual([...transactions(0, 6)], []);
});

test('every payment over 220 is a fraud, and one is called a fraud by amount for no other reason', () => {
  for (const { amount, fraud, scenario } of simulate({
    seed: 7,
    days: 60,
    customers: 2000,
    terminals: 4000,
  })) {
    assert.equal(fraud, scenario !== 'none');
    if (amount > 220) assert.ok(fraud, `${amount} passes for honest`);
    if (scenario === 'amount') assert.ok(amount > 220, `${amount} is a fraud by amount`);
  }
});
