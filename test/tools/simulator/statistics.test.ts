/**
 * Worlds of several seeds against the handbook's own draw: what its pages tell (chapter 3, "Transaction data simulator") and what was
 * counted in the data that they publish (https://github.com/Fraud-Detection-Handbook/simulated-data-transformed).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simulate } from '../../../tools/simulator/simulate.ts';
import type { SimulatedTransaction } from '../../../tools/simulator/transaction.ts';

const SEEDS = [1, 2, 3];
/** Whole weeks, which fill the windows of 37 days and the 28 days over which compromised terminals add up. */
const DAYS = 42;
const FILLED_FROM_DAY = 37;
const STEADY_FROM_DAY = 28;
const FIRST_DAY_MS = Date.UTC(2018, 3, 1);
const DAY_MS = 86_400_000;

const PUBLISHED_DAYS = 183;
const PUBLISHED_PAYMENTS = 1_754_155;
/** 2 terminals a day for 28 days, 3 customers a day for 14. */
const terminalDays = (days: number): number => 2 * daysCompromised(days, 28);
const customerDays = (days: number): number => 3 * daysCompromised(days, 14);

/** The days that fall within the first `days` when on each of them somebody is compromised for `each` days. */
function daysCompromised(days: number, each: number): number {
  return Array.from({ length: days }, (_, day) => Math.min(each, days - day)).reduce((sum, n) => sum + n, 0);
}

const second = (t: SimulatedTransaction): number => (t.event_time % DAY_MS) / 1000;

/** Means over all payments: what of a payment, and the published figure. */
const ofPayments = {
  amount: [(t) => t.amount, 53.63],
  night: [(t) => Number(t.night), 0.17386],
  // Two days of seven; the published 183 days have one more weekend.
  weekend: [(t) => Number(t.weekend), 2 / 7],
  'second of the day': [second, 43_201],
  'distance from noon, squared': [(t) => (second(t) - 43_200) ** 2, 18_188 ** 2],
} satisfies Means;

/** Means over the payments of days on which all windows are full. */
const ofFilledWindows = {
  customer_count_1d: [(t) => t.customer.count_1d, 3.566],
  customer_count_7d: [(t) => t.customer.count_7d, 18.98],
  customer_count_30d: [(t) => t.customer.count_30d, 78.06],
  customer_mean_amount_30d: [(t) => t.customer.mean_amount_30d, 53.65],
  terminal_count_1d: [(t) => t.terminal.count_1d, 1.0],
  terminal_count_7d: [(t) => t.terminal.count_7d, 7.009],
  terminal_count_30d: [(t) => t.terminal.count_30d, 30.02],
} satisfies Means;

/** Frauds, each in a figure that does not depend on how many days a world has; the first weeks have fewer. */
const ofFrauds = {
  'frauds by amount, of payments': 973 / PUBLISHED_PAYMENTS,
  'frauds at a compromised terminal a day': 9_077 / terminalDays(PUBLISHED_DAYS),
  'frauds on a compromised customer a day': 4_631 / customerDays(PUBLISHED_DAYS),
  'frauds, of payments, in 183 days': 0.00837,
  'defrauded cards a day': 75.1,
};

type Means = Readonly<Record<string, readonly [of: (t: SimulatedTransaction) => number, published: number]>>;

/** Every statistic of a world as a multiple of the published one. */
function comparedWithPublished(seed: number): Record<string, number> {
  const all = new Averages(ofPayments);
  const filled = new Averages(ofFilledWindows);
  const frauds = { none: 0, amount: 0, terminal: 0, customer: 0 };
  const defrauded = new Set<string>();
  for (const payment of simulate({ seed, days: DAYS })) {
    const day = Math.floor((payment.event_time - FIRST_DAY_MS) / DAY_MS);
    all.add(payment);
    if (day >= FILLED_FROM_DAY) filled.add(payment);
    frauds[payment.scenario]++;
    if (payment.fraud && day >= STEADY_FROM_DAY) defrauded.add(`${day} ${payment.customer_id}`);
  }
  const payments = (all.count / DAYS) * PUBLISHED_DAYS;
  const byAmount = frauds.amount / all.count;
  const atTerminal = frauds.terminal / terminalDays(DAYS);
  const onCustomer = frauds.customer / customerDays(DAYS);
  const byTheft = atTerminal * terminalDays(PUBLISHED_DAYS) + onCustomer * customerDays(PUBLISHED_DAYS);
  const found: Record<keyof typeof ofFrauds, number> = {
    'frauds by amount, of payments': byAmount,
    'frauds at a compromised terminal a day': atTerminal,
    'frauds on a compromised customer a day': onCustomer,
    'frauds, of payments, in 183 days': byAmount + byTheft / payments,
    'defrauded cards a day': defrauded.size / (DAYS - STEADY_FROM_DAY),
  };
  const compared = Object.entries(ofFrauds).map(([name, published]) => [
    name,
    found[name as keyof typeof ofFrauds] / published,
  ]);
  return {
    payments: payments / PUBLISHED_PAYMENTS,
    ...all.compared(),
    ...filled.compared(),
    ...Object.fromEntries(compared),
  };
}

class Averages {
  count = 0;
  readonly #means: Means;
  readonly #sums: Record<string, number>;

  constructor(means: Means) {
    this.#means = means;
    this.#sums = Object.fromEntries(Object.keys(means).map((name) => [name, 0]));
  }

  add(payment: SimulatedTransaction): void {
    this.count++;
    for (const name in this.#means) this.#sums[name]! += this.#means[name]![0](payment);
  }

  compared(): Record<string, number> {
    const entries = Object.entries(this.#means);
    return Object.fromEntries(
      entries.map(([name, [, published]]) => [name, this.#sums[name]! / this.count / published]),
    );
  }
}

/**
 * How far from the published figure one world may be, and the mean of them, as a share of it: three to four times what chance makes of
 * so few customers, thefts and frauds. The published draw is one of chance too.
 */
const TOLERANCES: Readonly<Record<string, readonly [world: number, mean: number]>> = {
  night: [0.02, 0.01],
  weekend: [0.015, 0.01],
  'second of the day': [0.005, 0.003],
  'distance from noon, squared': [0.02, 0.01],
  'frauds by amount, of payments': [0.4, 0.25],
  'frauds at a compromised terminal a day': [0.15, 0.1],
  'frauds on a compromised customer a day': [0.2, 0.12],
  'frauds, of payments, in 183 days': [0.12, 0.08],
  'defrauded cards a day': [0.15, 0.1],
};
const OTHERWISE = [0.05, 0.035] as const;

test('worlds of any seed have the statistics that the handbook publishes', () => {
  const worlds = SEEDS.map(comparedWithPublished);
  const off: string[] = [];
  for (const name of Object.keys(worlds[0]!)) {
    const [ofWorld, ofMean] = TOLERANCES[name] ?? OTHERWISE;
    const ratios = worlds.map((world) => world[name]!);
    const mean = ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length;
    const within = ratios.every((ratio) => Math.abs(ratio - 1) <= ofWorld) && Math.abs(mean - 1) <= ofMean;
    if (!within)
      off.push(`${name}: ${ratios.map((ratio) => ratio.toFixed(3)).join(', ')} times the published figure`);
  }
  assert.deepEqual(off, []);
});
