import { SECONDS_PER_DAY } from './payments.ts';
import { SlidingSums } from './slidingSums.ts';
import type { CustomerHistory, TerminalHistory } from './transaction.ts';

/** A fraud is known only a week after it happened: windows over a terminal's payments end that long ago. */
export const FEEDBACK_DELAY_DAYS = 7;
export const WINDOW_DAYS = [1, 7, 30] as const;

const customerAges = WINDOW_DAYS.map((days) => days * SECONDS_PER_DAY);
const terminalAges = [0, ...WINDOW_DAYS].map((days) => (FEEDBACK_DELAY_DAYS + days) * SECONDS_PER_DAY);

/** What each customer paid, over windows that include the payment itself. */
export class CustomerHistories {
  readonly #sums: readonly SlidingSums[];

  constructor(customers: number) {
    this.#sums = Array.from({ length: customers }, () => new SlidingSums(customerAges));
  }

  /** Adds a payment and gives the customer's history with it. Payments come in time order. */
  add(customer: number, second: number, amountCents: number): CustomerHistory {
    const sums = this.#sums[customer]!;
    sums.advance(second);
    sums.add(second, amountCents);
    const count = (window: number): number => sums.count - sums.olderCount[window]!;
    const meanAmount = (window: number): number => (sums.sum - sums.olderSum[window]!) / count(window) / 100;
    return {
      count_1d: count(0),
      mean_amount_1d: meanAmount(0),
      count_7d: count(1),
      mean_amount_7d: meanAmount(1),
      count_30d: count(2),
      mean_amount_30d: meanAmount(2),
    };
  }
}

/** How many payments each terminal took and how many were frauds, over windows that end `FEEDBACK_DELAY_DAYS` ago. */
export class TerminalHistories {
  readonly #sums: readonly SlidingSums[];

  constructor(terminals: number) {
    this.#sums = Array.from({ length: terminals }, () => new SlidingSums(terminalAges));
  }

  /** Adds a payment and gives the terminal's history, which does not yet know of it. Payments come in time order. */
  add(terminal: number, second: number, fraud: boolean): TerminalHistory {
    const sums = this.#sums[terminal]!;
    sums.advance(second);
    sums.add(second, fraud ? 1 : 0);
    const count = (window: number): number => sums.olderCount[0]! - sums.olderCount[window + 1]!;
    const risk = (window: number): number | null =>
      count(window) === 0 ? null : (sums.olderSum[0]! - sums.olderSum[window + 1]!) / count(window);
    return {
      count_1d: count(0),
      risk_1d: risk(0) ?? 0,
      count_7d: count(1),
      risk_7d: risk(1) ?? 0,
      count_30d: count(2),
      risk_30d: risk(2),
    };
  }
}
