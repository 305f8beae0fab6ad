import { Command } from 'commander';
import type { AuditRecord, Command as GroupCommand, MoveCommand } from '../service/control/command.ts';
import { paint } from './output.ts';
import { wholeNumber } from './usage.ts';

interface Flags {
  readonly config: string;
  readonly last: number;
  readonly json?: boolean;
}

/** `tidemark audit`: who asked what of the group, why, and what came of it. */
export function auditCommand(): Command {
  return new Command('audit')
    .description('show who asked what of the group and why, and what each process did about it')
    .requiredOption('-c, --config <file>', 'the pipeline')
    .option('--last <records>', 'show so many at most, requests and answers (up to 1000)', wholeNumber(1), 50)
    .option('--json', 'print one JSON object a line')
    .addHelpText(
      'after',
      `
Reads the audit topic that \`control.audit_topic\` names, oldest first. Only what was
asked of the group of this file is shown; other groups may share the topic.

Exit status: 0 it is shown, or there is nothing; 1 Kafka or the topic cannot be
read; 2 wrong usage, or the file has faults or no \`control\` section.

Examples:
  $ tidemark audit -c config/card-fraud.yaml
  $ tidemark audit -c config/card-fraud.yaml --last 10 --json | jq .command.why`,
    )
    .action(async ({ config: file, last, json }: Flags) => {
      // Loaded here: clients are not for commands that need none.
      const { loadOrExplain } = await import('./configuration.ts');
      const loaded = loadOrExplain(file);
      if (loaded === undefined) return;
      const { openCommands } = await import('../service/control/commands.ts');
      const commands = openCommands(loaded.config);
      try {
        const records = await commands.audit(last);
        for (const record of records)
          process.stdout.write(`${json ? JSON.stringify(record) : lineOf(record)}\n`);
        if (records.length === 0 && !json)
          process.stderr.write(`nothing was asked of group ${loaded.config.kafka.group} yet\n`);
      } finally {
        await commands.close();
      }
    });
}

function lineOf(record: AuditRecord): string {
  const time = paint('dim', new Date(record.atMs).toISOString(), process.stdout);
  if (record.kind === 'requested') {
    const { command } = record;
    return `${time}  ${paint('bold', whatOf(command), process.stdout)} by ${command.by}: ${command.why}`;
  }
  const { applied, partition, result, replica } = record;
  const what = partition === undefined ? result : `partition ${partition}: ${result}`;
  const mark = applied ? '' : `${paint('red', 'refused', process.stdout)} `;
  return `${time}    ${mark}${what} by ${replica.host} (${replica.pid})`;
}

function whatOf(command: GroupCommand): string {
  switch (command.command) {
    case 'log-level':
      return `log-level ${command.level}`;
    case 'skip':
    case 'seek':
      return `${command.command} partition ${command.partition} ${placeOf(command.to)}`;
    default:
      return command.command;
  }
}

function placeOf(to: MoveCommand['to']): string {
  if (typeof to === 'string') return `to ${to}`;
  if ('skip' in to) return `by ${to.skip}`;
  return 'offset' in to ? `to ${to.offset}` : `to ${new Date(to.timestampMs).toISOString()}`;
}
