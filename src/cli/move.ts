import { type Command, InvalidArgumentError } from 'commander';
import type { MoveCommand } from '../service/control/command.ts';
import { type CommandFlags, groupCommand, STATUS, say } from './command.ts';
import { paint } from './output.ts';
import { isInteractive, onPromptAbort } from './prompts.ts';
import { wholeNumber } from './usage.ts';

type SeekTo = Extract<MoveCommand, { command: 'seek' }>['to'];

interface SkipFlags extends CommandFlags {
  readonly partition: number;
  readonly count?: number;
  readonly to?: number;
}

interface SeekFlags extends CommandFlags {
  readonly partition: number;
  readonly to: SeekTo;
  readonly yes?: boolean;
}

const HOW = `
The process that holds the partition finishes what is in hand of it, commits the
new position and goes on there. It works for a stopped partition, too.`;

/** `tidemark skip`: passes over what comes next in a partition. */
export function skipCommand(): Command {
  return groupCommand('skip', 'pass over the next offsets of one partition: they are never scored')
    .requiredOption('--partition <partition>', 'the partition of the input topic', wholeNumber(0))
    .option('--count <offsets>', 'pass over so many (default: 1)', wholeNumber(1))
    .option('--to <offset>', 'go on at this offset instead (default: as --count says)', wholeNumber(0))
    .addHelpText(
      'after',
      `${HOW}
A batch that cannot be read is passed over as a whole. What is skipped is counted, and
the audit topic keeps the offsets.
${STATUS}

Examples:
  $ tidemark skip -c config/card-fraud.yaml --partition 3 --why poison
  $ tidemark skip -c churn.yaml --partition 0 --to 120400 --why INC-1204`,
    )
    .action(({ partition, count, to, ...flags }: SkipFlags, command: Command) => {
      if (count !== undefined && to !== undefined) command.error('error: give --count or --to, not both');
      const where = to === undefined ? { skip: count ?? 1 } : ({ offset: to, forward: true } as const);
      return say({ command: 'skip', partition, to: where }, flags);
    });
}

/** `tidemark seek`: goes on elsewhere in a partition. */
export function seekCommand(): Command {
  return groupCommand('seek', 'have the group go on elsewhere in one partition, forwards or backwards')
    .requiredOption('--partition <partition>', 'the partition of the input topic', wholeNumber(0))
    .requiredOption('--to <place>', 'an offset, earliest, latest, or a time such as 2026-01-31T08:00Z', place)
    .option('--yes', 'do not ask: events behind the place are scored and published once more')
    .addHelpText(
      'after',
      `${HOW}
Backwards, events that were scored already are scored and published once more;
forwards, events are never scored.
${STATUS}

Examples:
  $ tidemark seek -c config/card-fraud.yaml --partition 3 --to latest --why test-data
  $ tidemark seek -c churn.yaml --partition 0 --to 2026-01-31T08:00Z --why rescore --yes`,
    )
    .action(async ({ partition, to, yes = false, ...flags }: SeekFlags, command: Command) => {
      if (!(yes || (await confirmed(partition, to, command)))) return;
      await say({ command: 'seek', partition, to }, flags);
    });
}

/** Whoever moves a partition back says so knowingly. */
async function confirmed(partition: number, to: SeekTo, command: Command): Promise<boolean> {
  if (to === 'latest') return true;
  const where = typeof to === 'object' ? ('offset' in to ? to.offset : timeText(to.timestampMs)) : to;
  const what = `If ${where} lies behind, events of partition ${partition} are scored and published once more.`;
  if (!isInteractive()) command.error(`error: ${what} Give --yes to say that this is meant.`);
  process.stderr.write(`${paint('yellow', '!')} ${what}\n`);
  const { confirm } = await import('@inquirer/prompts');
  const answer = await confirm({ message: 'Move it?', default: false }).catch(onPromptAbort);
  if (answer === false) process.exitCode = 1;
  return answer === true;
}

function timeText(ms: number): string {
  return new Date(ms).toISOString();
}

/** With its zone: a time of nobody's clock in particular has moved partitions by hours. */
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2})$/;

function place(text: string): SeekTo {
  if (text === 'earliest' || text === 'latest') return text;
  if (/^(?:0|[1-9][0-9]{0,15})$/.test(text) && Number.isSafeInteger(Number(text)))
    return { offset: Number(text) };
  const timestampMs = TIME.test(text) ? Date.parse(text) : Number.NaN;
  if (timestampMs >= 0) return { timestampMs };
  throw new InvalidArgumentError('expected an offset, earliest, latest or a time with its zone');
}
