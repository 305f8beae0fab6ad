import { Random } from 'random';
import { Frauds } from './frauds.ts';
import { CustomerHistories, FEEDBACK_DELAY_DAYS, TerminalHistories, WINDOW_DAYS } from './histories.ts';
import { type Payment, paymentsOfDay, SECONDS_PER_DAY } from './payments.ts';
import type { CustomerHistory, FraudScenario, SimulatedTransaction, TerminalHistory } from './transaction.ts';
import { makeCustomers } from './world.ts';

const FIRST_DAY_MS = Date.UTC(2018, 3, 1);
const LAST_NIGHT_HOUR = 6;
const SUNDAY = 0;
const SATURDAY = 6;
/** From this day on every window can be full. */
const WARM_UP_DAYS = FEEDBACK_DELAY_DAYS + WINDOW_DAYS[2];

export interface World {
  readonly seed: number;
  /** 183 unless given, which is 2018-04-01 to 2018-09-30. */
  readonly days?: number;
  readonly customers?: number;
  readonly terminals?: number;
}

/**
 * The card payments of the Fraud Detection Handbook's simulated world
 * (https://fraud-detection-handbook.github.io/fraud-detection-handbook/, chapter 3), in time order, by its published rules.
 * The same world always gives the same payments. Memory is that of one day's payments and 37 days of history.
 */
export function* simulate(world: World): Generator<SimulatedTransaction, void, undefined> {
  const { seed, days = 183, customers: customerCount = 5_000, terminals: terminalCount = 10_000 } = world;
  // A stream of chances for each part of the world: a change to one leaves the others as they were.
  const customers = makeCustomers(customerCount, terminalCount, new Random(`${seed} world`));
  const payments = new Random(`${seed} payments`);
  const frauds = new Frauds(customerCount, terminalCount, new Random(`${seed} frauds`));
  const customerHistories = new CustomerHistories(customerCount);
  const terminalHistories = new TerminalHistories(terminalCount);
  let serial = 0;
  for (let day = 0; day < days; day++) {
    frauds.beginDay(day);
    for (const payment of paymentsOfDay(day, customers, payments)) {
      const scenario = frauds.judge(payment);
      const customer = customerHistories.add(payment.customer, payment.second, payment.amountCents);
      const terminal = terminalHistories.add(payment.terminal, payment.second, scenario !== 'none');
      yield describe(serial++, payment, scenario, customer, terminal);
    }
  }
}

/** The first `count` payments after the windows have filled, for as many days as that takes. */
export function* transactions(count: number, seed: number): Generator<SimulatedTransaction, void, undefined> {
  const fromMs = FIRST_DAY_MS + WARM_UP_DAYS * SECONDS_PER_DAY * 1000;
  let given = 0;
  if (count === 0) return;
  for (const transaction of simulate({ seed, days: Number.POSITIVE_INFINITY })) {
    if (transaction.event_time < fromMs) continue;
    yield transaction;
    if (++given === count) return;
  }
}

function describe(
  serial: number,
  payment: Payment,
  scenario: FraudScenario,
  customer: CustomerHistory,
  terminal: TerminalHistory,
): SimulatedTransaction {
  const eventTime = FIRST_DAY_MS + payment.second * 1000;
  const date = new Date(eventTime);
  const weekday = date.getUTCDay();
  return {
    transaction_id: `P${String(serial).padStart(9, '0')}`,
    customer_id: `C${String(payment.customer).padStart(5, '0')}`,
    terminal_id: `T${String(payment.terminal).padStart(5, '0')}`,
    event_time: eventTime,
    amount: payment.amountCents / 100,
    weekend: weekday === SATURDAY || weekday === SUNDAY,
    night: date.getUTCHours() <= LAST_NIGHT_HOUR,
    customer,
    terminal,
    fraud: scenario !== 'none',
    scenario,
  };
}
