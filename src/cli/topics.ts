import { Command } from 'commander';
import type { Need } from '../service/topics.ts';
import { paint } from './output.ts';
import { wholeNumber } from './usage.ts';

interface Flags {
  readonly config: string;
  readonly apply?: boolean;
  readonly partitions: number;
  readonly replication?: number;
  readonly json?: boolean;
}

/** `tidemark topics`: what a pipeline needs of broker and registry, and making it. */
export function topicsCommand(): Command {
  return new Command('topics')
    .description('show the topics and subjects a pipeline needs; with --apply, make the missing ones')
    .requiredOption('-c, --config <file>', 'the pipeline')
    .option('--apply', 'make what is missing; nothing that exists is changed')
    .option('--partitions <count>', 'partitions of an input topic that is made', wholeNumber(1), 4)
    .option(
      '--replication <factor>',
      'replicas of topics that are made (default: the broker’s default)',
      wholeNumber(1),
    )
    .option('--json', 'print one JSON array: kind, name, state and detail of each')
    .addHelpText(
      'after',
      `
Topics that are made get the partitions the pipeline needs: the input topic those
of --partitions, the output topic as many as the input topic. Subjects get the
schemas that the pipeline's file names.

Exit status: 0 all is there; 1 something is missing, or could not be made or asked
for; 2 the configuration has faults.

Examples:
  $ tidemark topics -c config/card-fraud.yaml
  $ tidemark topics -c config/card-fraud.yaml --apply --partitions 12 --replication 3`,
    )
    .action(async ({ config: file, apply = false, partitions, replication, json }: Flags) => {
      // Loaded here: clients are not for commands that need none.
      const { loadOrExplain } = await import('./configuration.ts');
      const loaded = loadOrExplain(file);
      if (loaded === undefined) return;
      const { provideTopics } = await import('../service/topics.ts');
      const needs = await provideTopics(loaded.config, {
        apply,
        partitions,
        ...(replication === undefined ? {} : { replicationFactor: replication }),
      });
      process.stdout.write(json ? `${JSON.stringify(needs)}\n` : needsText(needs));
      const missing = needs.some((need) => need.state === 'missing');
      if (missing && !json)
        process.stderr.write(`${paint('dim', 'What to do:')} tidemark topics -c ${file} --apply\n`);
      if (missing) process.exitCode = 1;
    });
}

function needsText(needs: readonly Need[]): string {
  return needs
    .map(({ kind, name, state, detail }) => `${state.padEnd(8)} ${kind.padEnd(8)} ${name}  ${detail}\n`)
    .join('');
}
