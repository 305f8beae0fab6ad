import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CustomerHistories, TerminalHistories } from '../../../tools/simulator/histories.ts';
import { simulate } from '../../../tools/simulator/simulate.ts';
import type { SimulatedTransaction } from '../../../tools/simulator/transaction.ts';

const DAY_MS = 86_400_000;
const DAY_SECONDS = 86_400;

/** The slow, obvious way: look through all payments up to this one. */
function history(
  payments: readonly SimulatedTransaction[],
  upTo: number,
  who: 'customer_id' | 'terminal_id',
  days: number,
  delayDays: number,
) {
  const now = payments[upTo]!;
  const end = now.event_time - delayDays * DAY_MS;
  const within = payments
    .slice(0, upTo + 1)
    .filter((p) => p[who] === now[who] && p.event_time <= end && p.event_time > end - days * DAY_MS);
  const count = within.length;
  return {
    count,
    meanAmount: within.reduce((sum, p) => sum + p.amount, 0) / count,
    risk: count === 0 ? null : within.filter((p) => p.fraud).length / count,
  };
}

test('features equal those of a plain search through all payments', () => {
  const payments = [...simulate({ seed: 11, days: 45, customers: 12, terminals: 400 })];
  assert.ok(payments.length > 400);
  payments.forEach((payment, index) => {
    const customer = (days: number) => history(payments, index, 'customer_id', days, 0);
    const terminal = (days: number) => history(payments, index, 'terminal_id', days, 7);
    for (const days of [1, 7, 30] as const) {
      const at = `${payment.transaction_id}, ${days} days`;
      assert.equal(payment.customer[`count_${days}d`], customer(days).count, at);
      assert.ok(Math.abs(payment.customer[`mean_amount_${days}d`] - customer(days).meanAmount) < 1e-9, at);
      assert.equal(payment.terminal[`count_${days}d`], terminal(days).count, at);
      const risk = terminal(days).risk;
      assert.equal(payment.terminal[`risk_${days}d`], days === 30 ? risk : (risk ?? 0), at);
    }
  });
});

test('a window is open at its start and closed at its end', () => {
  const customers = new CustomerHistories(1);
  customers.add(0, 0, 100);
  assert.equal(customers.add(0, DAY_SECONDS - 1, 200).count_1d, 2);
  const next = customers.add(0, DAY_SECONDS, 300);
  assert.equal(next.count_1d, 2);
  assert.equal(next.mean_amount_1d, 2.5);

  const terminals = new TerminalHistories(1);
  terminals.add(0, 0, true);
  assert.equal(terminals.add(0, 7 * DAY_SECONDS - 1, false).count_1d, 0);
  const known = terminals.add(0, 7 * DAY_SECONDS, false);
  assert.deepEqual([known.count_1d, known.risk_1d, known.risk_30d], [1, 1, 1]);
  const forgotten = terminals.add(0, 37 * DAY_SECONDS, false);
  assert.deepEqual([forgotten.count_30d, forgotten.risk_30d], [2, 0]);
});

test('a terminal without payments in its windows has no known risk', () => {
  const nothing = { count_1d: 0, risk_1d: 0, count_7d: 0, risk_7d: 0, count_30d: 0, risk_30d: null };
  assert.deepEqual(new TerminalHistories(1).add(0, 0, true), nothing);
});

test('counts hold however long the gaps and however crowded the seconds', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(3 * DAY_SECONDS), { minLength: 1, maxLength: 200 }), (gaps) => {
      const customers = new CustomerHistories(1);
      const seconds: number[] = [];
      let now = 0;
      for (const gap of gaps) {
        // Most payments follow at once, so that many share a window and the ring has to grow.
        now += gap % 3 === 0 ? gap : gap % 5;
        seconds.push(now);
        const found = customers.add(0, now, 1);
        for (const days of [1, 7, 30] as const) {
          assert.equal(
            found[`count_${days}d`],
            seconds.filter((second) => second > now - days * DAY_SECONDS).length,
          );
        }
      }
    }),
  );
});
