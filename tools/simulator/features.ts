import type { Transaction } from './transaction.ts';

/** The 15 features that the demo's model reads, in its order, as they are found in a payment. */
export const features: readonly {
  readonly name: string;
  readonly of: (transaction: Transaction) => number | null;
}[] = [
  { name: 'amount', of: (t) => t.amount },
  { name: 'weekend', of: (t) => Number(t.weekend) },
  { name: 'night', of: (t) => Number(t.night) },
  { name: 'customer_count_1d', of: (t) => t.customer.count_1d },
  { name: 'customer_mean_amount_1d', of: (t) => t.customer.mean_amount_1d },
  { name: 'customer_count_7d', of: (t) => t.customer.count_7d },
  { name: 'customer_mean_amount_7d', of: (t) => t.customer.mean_amount_7d },
  { name: 'customer_count_30d', of: (t) => t.customer.count_30d },
  { name: 'customer_mean_amount_30d', of: (t) => t.customer.mean_amount_30d },
  { name: 'terminal_count_1d', of: (t) => t.terminal.count_1d },
  { name: 'terminal_risk_1d', of: (t) => t.terminal.risk_1d },
  { name: 'terminal_count_7d', of: (t) => t.terminal.count_7d },
  { name: 'terminal_risk_7d', of: (t) => t.terminal.risk_7d },
  { name: 'terminal_count_30d', of: (t) => t.terminal.count_30d },
  { name: 'terminal_risk_30d', of: (t) => t.terminal.risk_30d },
];
