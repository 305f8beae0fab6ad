import type { Random } from 'random';
import type { Payment } from './payments.ts';
import type { FraudScenario } from './transaction.ts';

const SUSPICIOUS_AMOUNT_CENTS = 220_00;
const TERMINALS_COMPROMISED_PER_DAY = 2;
const TERMINAL_COMPROMISED_DAYS = 28;
const CUSTOMERS_COMPROMISED_PER_DAY = 3;
const CUSTOMER_COMPROMISED_DAYS = 14;
const COMPROMISED_SHARE = 1 / 3;
const COMPROMISED_FACTOR = 5;

/** Who is compromised as the days pass, and what that does to their payments. */
export class Frauds {
  readonly #random: Random;
  readonly #customers: number[];
  readonly #terminals: number[];
  /** Terminal to the first day on which it is safe again. */
  readonly #terminalSafeFrom = new Map<number, number>();
  /** The customers of each theft that goes on, oldest first; one customer can be in several. */
  #thefts: { readonly untilDay: number; readonly customers: ReadonlySet<number> }[] = [];

  constructor(customers: number, terminals: number, random: Random) {
    this.#random = random;
    this.#customers = Array.from({ length: customers }, (_, index) => index);
    this.#terminals = Array.from({ length: terminals }, (_, index) => index);
  }

  /** Days begin in order. */
  beginDay(day: number): void {
    for (const [terminal, safeFrom] of this.#terminalSafeFrom) {
      if (safeFrom <= day) this.#terminalSafeFrom.delete(terminal);
    }
    for (const terminal of this.#random.sample(this.#terminals, TERMINALS_COMPROMISED_PER_DAY)) {
      this.#terminalSafeFrom.set(terminal, day + TERMINAL_COMPROMISED_DAYS);
    }
    this.#thefts = this.#thefts.filter((theft) => theft.untilDay > day);
    this.#thefts.push({
      untilDay: day + CUSTOMER_COMPROMISED_DAYS,
      customers: new Set(this.#random.sample(this.#customers, CUSTOMERS_COMPROMISED_PER_DAY)),
    });
  }

  /**
   * Decides whether a payment of the current day is a fraud; a thief's payment grows. Where several scenarios hold, the
   * last one names the payment, as in the handbook. The handbook takes exactly a third of the payments of a theft, which
   * needs the whole fortnight at hand; here each is taken with probability a third, so that the world can be streamed.
   */
  judge(payment: Payment): FraudScenario {
    let scenario: FraudScenario = payment.amountCents > SUSPICIOUS_AMOUNT_CENTS ? 'amount' : 'none';
    if (this.#terminalSafeFrom.has(payment.terminal)) scenario = 'terminal';
    for (const theft of this.#thefts) {
      if (theft.customers.has(payment.customer) && this.#random.next() < COMPROMISED_SHARE) {
        payment.amountCents *= COMPROMISED_FACTOR;
        scenario = 'customer';
      }
    }
    return scenario;
  }
}
