import { Random } from 'random';
import { Frauds } from './frauds.ts';
import { CustomerHistories, FEEDBACK_DELAY_DAYS, TerminalHistories, WINDOW_DAYS } from './histories.ts';
import { type Payment, paymentsOfDay, SECONDS_PER_DAY } from './payments.ts';
import type { CustomerHistory, FraudScenario, SimulatedTransaction, TerminalHistory } from './transaction.ts';
import { type Customer, makeCustomers } from './world.ts';

export const FIRST_DAY_MS = Date.UTC(2018, 3, 1);
const LAST_NIGHT_HOUR = 6;
const FIRST_WEEKDAY = new Date(FIRST_DAY_MS).getUTCDay();
const SECONDS_PER_HOUR = 3_600;
const SUNDAY = 0;
const SATURDAY = 6;
/** From this day on every window can be full. */
export const WARM_UP_DAYS = FEEDBACK_DELAY_DAYS + WINDOW_DAYS[2];

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
  const { days = 183 } = world;
  const simulation = new Simulation(world);
  while (simulation.day < days) yield* simulation.nextDay();
}

/** The same world, a day at a time. */
export class Simulation {
  readonly #customers: readonly Customer[];
  readonly #payments: Random;
  readonly #frauds: Frauds;
  readonly #customerHistories: CustomerHistories;
  readonly #terminalHistories: TerminalHistories;
  readonly #customerIds: readonly string[];
  readonly #terminalIds: readonly string[];
  #day = 0;
  #serial = 0;

  constructor({ seed, customers = 5_000, terminals = 10_000 }: World) {
    // A stream of chances for each part of the world: a change to one leaves the others as they were.
    this.#customers = makeCustomers(customers, terminals, new Random(`${seed} world`));
    this.#payments = new Random(`${seed} payments`);
    this.#frauds = new Frauds(customers, terminals, new Random(`${seed} frauds`));
    this.#customerHistories = new CustomerHistories(customers);
    this.#terminalHistories = new TerminalHistories(terminals);
    this.#customerIds = ids('C', customers);
    this.#terminalIds = ids('T', terminals);
  }

  /** The day that comes next, 0 for the first. */
  get day(): number {
    return this.#day;
  }

  /** The payments of the next day. */
  *nextDay(): Generator<SimulatedTransaction, void, undefined> {
    for (const payment of this.#drawDay()) {
      const scenario = this.#frauds.judge(payment);
      const customer = this.#customerHistories.add(payment.customer, payment.second, payment.amountCents);
      const terminal = this.#terminalHistories.add(payment.terminal, payment.second, scenario !== 'none');
      yield this.#describe(payment, scenario, customer, terminal);
    }
  }

  /**
   * Lives through the next day without keeping it in anybody's history, in a third of the time. Payments are right again
   * `WARM_UP_DAYS` after the last day that was skipped.
   */
  skipDay(): void {
    for (const payment of this.#drawDay()) {
      this.#frauds.judge(payment);
      this.#serial++;
    }
  }

  #describe(
    payment: Payment,
    scenario: FraudScenario,
    customer: CustomerHistory,
    terminal: TerminalHistory,
  ): SimulatedTransaction {
    const weekday = (FIRST_WEEKDAY + Math.floor(payment.second / SECONDS_PER_DAY)) % 7;
    const hour = Math.floor((payment.second % SECONDS_PER_DAY) / SECONDS_PER_HOUR);
    return {
      transaction_id: `P${String(this.#serial++).padStart(9, '0')}`,
      customer_id: this.#customerIds[payment.customer]!,
      terminal_id: this.#terminalIds[payment.terminal]!,
      event_time: FIRST_DAY_MS + payment.second * 1000,
      amount: payment.amountCents / 100,
      weekend: weekday === SATURDAY || weekday === SUNDAY,
      night: hour <= LAST_NIGHT_HOUR,
      customer,
      terminal,
      fraud: scenario !== 'none',
      scenario,
    };
  }

  #drawDay(): Payment[] {
    const day = this.#day++;
    this.#frauds.beginDay(day);
    return paymentsOfDay(day, this.#customers, this.#payments);
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

function ids(letter: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${letter}${String(index).padStart(5, '0')}`);
}
