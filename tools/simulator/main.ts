import { Command, Option } from 'commander';
import { date, whole, write } from './commandLine.ts';
import { type LineFormat, lineFormats, lines } from './lines.ts';
import { simulate } from './simulate.ts';
import type { SimulatedTransaction } from './transaction.ts';

interface Choice {
  readonly seed: number;
  readonly transactions: number;
  readonly format: LineFormat;
  /** Epoch milliseconds: from here on, and before that. */
  readonly from: number;
  readonly until: number;
}

const choice = new Command('simulator')
  .description('Writes the card payments of the simulated world to standard output.')
  .option('--seed <n>', 'which world', whole, 0)
  .option('--transactions <n>', 'write at most so many', whole, Number.POSITIVE_INFINITY)
  .option('--from <date>', 'leave out what is earlier, UTC', date, Number.NEGATIVE_INFINITY)
  .option(
    '--until <date>',
    'stop at this moment, UTC; at the latest on 2018-10-01',
    date,
    Number.POSITIVE_INFINITY,
  )
  .addOption(
    new Option('--format <format>', 'how a payment is written').choices(lineFormats).default('jsonl'),
  )
  .parse()
  .opts<Choice>();

function* chosen(): Generator<SimulatedTransaction, void, undefined> {
  let left = choice.transactions;
  for (const transaction of simulate({ seed: choice.seed })) {
    if (left === 0 || transaction.event_time >= choice.until) return;
    if (transaction.event_time < choice.from) continue;
    yield transaction;
    left--;
  }
}

await write(lines(chosen(), choice.format));
