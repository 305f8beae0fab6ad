import { Command } from 'commander';
import { formatFaults } from '../config/faults.ts';
import { loadConfig } from '../config/load.ts';
import { type CheckReport, check } from '../service/check.ts';
import { paint } from './output.ts';

interface Flags {
  readonly config: string;
  readonly live: boolean;
  readonly json: boolean;
}

/** `tidemark check`: prove that the parts of a pipeline fit together. */
export function checkCommand(): Command {
  return new Command('check')
    .description('prove configuration, event schema, model package and output schema against each other')
    .requiredOption('-c, --config <file>', 'the pipeline')
    .option('--live', 'also ask broker and registry: topics, partitions, subjects, compatibility', false)
    .option('--json', 'print one JSON object', false)
    .addHelpText(
      'after',
      `
Exit status: 0 all fits; 2 there are faults, all of them listed.

Examples:
  $ tidemark check -c config/card-fraud.yaml
  $ tidemark check -c config/card-fraud.yaml --live --json | jq .faults`,
    )
    .action(async ({ config: file, live, json }: Flags) => {
      const loaded = loadConfig(file);
      if (!loaded.ok) {
        process.exitCode = 2;
        if (json)
          process.stdout.write(
            `${JSON.stringify({ ok: false, proved: [], faults: loaded.faults, warnings: [] })}\n`,
          );
        else
          process.stderr.write(
            formatFaults(file, loaded.faults, { colour: process.stderr.hasColors?.() ?? false }),
          );
        return;
      }
      const notes = loaded.warnings.map(({ path, message }) => `${path} ${message}`);
      const found = await check(loaded.config, { live });
      const proved = [{ what: 'configuration', detail: file }, ...found.proved];
      const report = { proved, faults: found.faults, warnings: [...notes, ...found.warnings] };
      const ok = report.faults.length === 0;
      if (json) process.stdout.write(`${JSON.stringify({ ok, ...report })}\n`);
      else process.stderr.write(reportText(file, report));
      process.exitCode = ok ? 0 : 2;
    });
}

function reportText(file: string, { proved, faults, warnings }: CheckReport): string {
  const lines = proved.map(({ what, detail }) => `${paint('green', '✔')} ${what.padEnd(18)} ${detail}`);
  lines.push(...warnings.map((warning) => `${paint('yellow', '!')} ${warning}`));
  for (const { where, problem, expected, suggestion } of faults) {
    lines.push(`${paint('red', '✘')} ${paint('bold', where)}: ${problem}`, `    expected ${expected}`);
    if (suggestion !== undefined) lines.push(`    did you mean ${paint('green', suggestion)}?`);
  }
  const count = faults.length === 1 ? '1 fault' : `${faults.length} faults`;
  lines.push(
    faults.length === 0 ? paint('green', `${file} holds together`) : paint('bold', `${count} in ${file}`),
  );
  return `${lines.join('\n')}\n`;
}
