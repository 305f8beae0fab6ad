import { features } from './features.ts';
import type { SimulatedTransaction } from './transaction.ts';

export const lineFormats = ['jsonl', 'csv'] as const;
export type LineFormat = (typeof lineFormats)[number];

/** Writes payments as lines of text. A feature without a value is an empty CSV cell. */
export function* lines(
  transactions: Iterable<SimulatedTransaction>,
  format: LineFormat,
): Generator<string, void, undefined> {
  if (format === 'csv') yield csvHeader;
  for (const transaction of transactions) {
    yield format === 'csv' ? csvLine(transaction) : `${JSON.stringify(transaction)}\n`;
  }
}

const csvHeader = `${[
  'transaction_id',
  'event_time',
  'customer_id',
  'terminal_id',
  ...features.map((feature) => feature.name),
  'fraud',
].join(',')}\n`;

function csvLine(transaction: SimulatedTransaction): string {
  const cells = [
    transaction.transaction_id,
    new Date(transaction.event_time).toISOString(),
    transaction.customer_id,
    transaction.terminal_id,
    ...features.map((feature) => feature.of(transaction) ?? ''),
    Number(transaction.fraud),
  ];
  return `${cells.join(',')}\n`;
}
