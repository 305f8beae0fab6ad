import { Command, Option } from 'commander';
import { date, whole, write } from '../commandLine.ts';
import type { SimulatedClick } from './click.ts';
import { features } from './features.ts';
import { simulateClicks } from './simulate.ts';

const formats = ['jsonl', 'csv'] as const;

interface Choice {
  readonly seed: number;
  readonly days: number;
  readonly format: (typeof formats)[number];
  /** Epoch milliseconds. */
  readonly from: number;
}

const choice = new Command('clicks')
  .description(
    'Writes the clicks of the simulated web shop, and what each session is for, to standard output.',
  )
  .option('--seed <n>', 'which world', whole, 0)
  .option('--days <n>', 'how many days, from 2018-04-01 on', whole, 60)
  .option('--from <date>', 'leave out what is earlier, UTC', date, Number.NEGATIVE_INFINITY)
  .addOption(new Option('--format <format>', 'how a click is written').choices(formats).default('jsonl'))
  .parse()
  .opts<Choice>();

function* lines(): Generator<string, void, undefined> {
  const csv = choice.format === 'csv';
  if (csv)
    yield `${['click_id', 'session_id', 'simulated_time', ...Object.keys(features), 'intent'].join(',')}\n`;
  for (const click of simulateClicks(choice)) {
    if (click.simulated_time < choice.from) continue;
    yield csv ? csvLine(click) : `${JSON.stringify(click)}\n`;
  }
}

/** A feature without a value is an empty cell. */
function csvLine(click: SimulatedClick): string {
  const time = new Date(click.simulated_time).toISOString();
  const values = Object.values(features).map((of) => {
    const value = of(click);
    return typeof value === 'boolean' ? Number(value) : (value ?? '');
  });
  return `${[click.click_id, click.session_id, time, ...values, click.intent].join(',')}\n`;
}

await write(lines());
