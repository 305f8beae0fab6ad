import { Command } from 'commander';
import { loadOrExplain } from './configuration.ts';
import { seenJson, seenText } from './seen.ts';

interface Flags {
  readonly config: string;
  readonly events: string;
  readonly json?: boolean;
}

/** `tidemark try`: score a few events without Kafka. */
export function tryCommand(): Command {
  return new Command('try')
    .description('score a few events from a file, without Kafka, and show what the model sees of each')
    .requiredOption('-c, --config <file>', 'the pipeline')
    .requiredOption('--events <file.json>', 'a JSON array of events, or one a line; - reads standard input')
    .option('--json', 'print one JSON object a line')
    .addHelpText(
      'after',
      `
Events are in Avro's JSON encoding ({"double": 1.5} for a value of a union) or in
plain JSON (1.5). For each, its feature row as the model's inputs hold it, what
was filled in, the model's outputs and the decision; or the code and reason for
which \`run\` would make it a dead letter. The registry is asked only when the
pipeline's file has no input.schema.

Exit status: 0 every event was scored or is skipped by the pipeline's own rule;
1 some would be dead letters; 2 the file or the events have faults.

Examples:
  $ tidemark try -c churn/churn.yaml --events events.jsonl
  $ echo '{"amount": 12.5, "country": "CH"}' | tidemark try -c churn.yaml --events -
  $ tidemark try -c churn.yaml --events events.json --json | jq .outcome.outputs`,
    )
    .action(async ({ config: file, events, json = false }: Flags) => {
      const loaded = loadOrExplain(file);
      if (loaded === undefined) return;
      const { readEvents, tryEvents } = await import('../service/look/try.ts');
      const seen = await tryEvents(loaded.config, await readEvents(events, process.stdin));
      for (const [at, event] of seen.entries())
        process.stdout.write(
          json ? `${seenJson(event)}\n` : seenText(`event ${at + 1}`, { ...event, timestampMs: -1 }),
        );
      if (seen.some(({ outcome }) => outcome.kind === 'dead-letter')) process.exitCode = 1;
    });
}
