import type { Random } from 'random';
import type { Customer } from './world.ts';

export const SECONDS_PER_DAY = 86_400;
const MIDDAY_SECOND = SECONDS_PER_DAY / 2;
const TIME_OF_DAY_DEVIATION_SECONDS = 20_000;

/** A payment before it has a history. Money is in whole cents, so that sums over windows are exact. */
export interface Payment {
  /** Since the start of the world. */
  readonly second: number;
  readonly customer: number;
  readonly terminal: number;
  amountCents: number;
}

/** Draws all payments of one day, in time order; payments of the same second are in the order of their customers. */
export function paymentsOfDay(day: number, customers: readonly Customer[], random: Random): Payment[] {
  const standardNormal = random.normal(0, 1);
  const payments: Payment[] = [];
  customers.forEach((customer, index) => {
    const attempts = customer.paymentsPerDay();
    for (let attempt = 0; attempt < attempts; attempt++) {
      const time = Math.trunc(MIDDAY_SECOND + standardNormal() * TIME_OF_DAY_DEVIATION_SECONDS);
      if (time <= 0 || time >= SECONDS_PER_DAY || customer.terminals.length === 0) continue;
      payments.push({
        second: day * SECONDS_PER_DAY + time,
        customer: index,
        terminal: customer.terminals[Math.floor(random.next() * customer.terminals.length)]!,
        amountCents: drawAmountCents(customer.meanAmount, standardNormal, random),
      });
    }
  });
  return payments.sort((a, b) => a.second - b.second);
}

function drawAmountCents(mean: number, standardNormal: () => number, random: Random): number {
  const amount = mean + standardNormal() * (mean / 2);
  return Math.round(100 * (amount < 0 ? random.next() * 2 * mean : amount));
}
