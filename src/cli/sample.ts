import { Command, InvalidArgumentError } from 'commander';
import type { SampleStart } from '../service/look/sample.ts';
import { counted } from '../service/words.ts';
import { loadOrExplain } from './configuration.ts';
import { paint } from './output.ts';
import { seenJson, seenText } from './seen.ts';
import { abortOnSignals } from './signals.ts';
import { wholeNumber } from './usage.ts';

interface Flags {
  readonly config: string;
  readonly count: number;
  readonly from: SampleStart;
  readonly partition?: number;
  readonly untilEnd?: boolean;
  readonly json?: boolean;
}

/** `tidemark sample`: live events as the model sees them. */
export function sampleCommand(): Command {
  return new Command('sample')
    .description('show live events as the model sees them; joins no group and commits nothing')
    .requiredOption('-c, --config <file>', 'the pipeline')
    .option('--count <events>', 'stop after so many', wholeNumber(1), 10)
    .option(
      '--from <place>',
      'latest, earliest, or -N for the last N offsets of each partition',
      place,
      'latest' as const,
    )
    .option('--partition <partition>', 'this partition only (default: all)', wholeNumber(0))
    .option('--until-end', 'stop at the end that every partition has now, instead of waiting')
    .option('--json', 'print one JSON object a line')
    .addHelpText(
      'after',
      `
For each event its place, key and time, its feature row as the model's inputs
hold it, what was filled in, the score and decision that \`run\` would publish; or
why \`run\` would make it a dead letter. Aborted transactions are left out unless
kafka.isolation says otherwise. Standard error says what is waited for.

Exit status: 0 --count or the end was reached; 1 Kafka or the registry cannot be
read; 2 wrong usage or configuration; 129, 130 or 143 a signal came
before.

Examples:
  $ tidemark sample -c config/card-fraud.yaml
  $ tidemark sample -c config/card-fraud.yaml --from -5 --until-end
  $ tidemark sample -c churn.yaml --from earliest --json | jq .outcome.decision`,
    )
    .action(async ({ config: file, json = false, untilEnd = false, ...flags }: Flags) => {
      const loaded = loadOrExplain(file);
      if (loaded === undefined) return;
      const { topic } = loaded.config.input;
      const asked = abortOnSignals();
      const { sampleTopic } = await import('../service/look/sample.ts');
      const shown = await sampleTopic(
        loaded.config,
        { ...flags, untilEnd, signal: asked.signal },
        {
          seen: (event) =>
            process.stdout.write(
              json ? `${seenJson(event)}\n` : seenText(`${topic}/${event.partition}@${event.offset}`, event),
            ),
          began: (facts) => tell(beganText(facts, untilEnd)),
          warned: (message) => tell(`${paint('yellow', '!')} ${message}`),
        },
      );
      if (asked.exitStatus !== undefined) process.exitCode = asked.exitStatus;
      else if (shown === 0) tell(`${topic} holds no events there`);
    });
}

function beganText(
  { topic, partitions, waiting }: { topic: string; partitions: number; waiting: boolean },
  untilEnd: boolean,
): string {
  const where = `${topic}, ${counted(partitions, 'partition')}`;
  if (!waiting || untilEnd) return paint('dim', `${where}; Ctrl-C ends`);
  return paint('dim', `${where}: waiting for new events; --from -10 shows the last ones, Ctrl-C ends`);
}

function tell(text: string): void {
  process.stderr.write(`${text}\n`);
}

function place(text: string): SampleStart {
  if (text === 'latest' || text === 'earliest') return text;
  const last = /^-([1-9][0-9]{0,14})$/.exec(text)?.[1];
  if (last !== undefined) return { last: Number(last) };
  throw new InvalidArgumentError('expected latest, earliest or -N, such as -20');
}
