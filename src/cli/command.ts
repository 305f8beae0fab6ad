import { hostname, userInfo } from 'node:os';
import { Command, InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../config/units.ts';
import type { CommandRequest } from '../service/control/command.ts';
import type { Requested } from '../service/control/commands.ts';
import { counted } from '../service/words.ts';
import { paint } from './output.ts';

/** What every verb that commands the group takes. */
export interface CommandFlags {
  readonly config: string;
  readonly why: string;
  readonly by?: string;
  readonly timeout: number;
  readonly json?: boolean;
}

export const STATUS = `
Exit status: 0 every process that should has done it; 1 one refused or did not
answer, or Kafka cannot be reached; 2 wrong usage, or the file has faults or no
\`control\` section.`;

/** A command to the whole group, with the options that all of them share. */
export function groupCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .requiredOption('-c, --config <file>', 'the pipeline')
    .requiredOption('--why <text>', 'the reason, kept in the audit topic and shown by every process')
    .option('--by <name>', 'who asks for it (default: the user and machine this runs as)')
    .addOption(
      new Option('--timeout <duration>', 'wait so long for answers, such as 10s or 2m')
        .argParser(duration)
        .default(30_000, '30s'),
    )
    .option('--json', 'print one JSON object: command, members, answers, done');
}

function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined && ms >= 1000) return ms;
  throw new InvalidArgumentError('expected a duration of at least 1s, such as 10s or 2m');
}

type Asked<R> = R extends unknown ? Omit<R, 'by' | 'why'> : never;

/** Says it to the group, waits for the answers and prints them. */
export async function say(asked: Asked<CommandRequest>, flags: CommandFlags): Promise<void> {
  // Loaded here: clients are not for commands that need none.
  const { loadOrExplain } = await import('./configuration.ts');
  const loaded = loadOrExplain(flags.config);
  if (loaded === undefined) return;
  const { requestOf } = await import('../service/control/command.ts');
  const request = requestOf({ ...asked, by: flags.by ?? whoami(), why: flags.why });
  const { openCommands } = await import('../service/control/commands.ts');
  const commands = openCommands(loaded.config);
  try {
    const requested = await commands.request(request, flags.timeout);
    if (flags.json) process.stdout.write(`${JSON.stringify(requested)}\n`);
    else tell(requested, loaded.config.kafka.group, flags);
    if (!requested.done) process.exitCode = 1;
  } finally {
    await commands.close();
  }
}

function tell(requested: Requested, group: string, { timeout, config }: CommandFlags): void {
  const { command, answers, members, done, committed } = requested;
  for (const { applied, result, partition, replica } of answers) {
    const what = partition === undefined ? result : `partition ${partition}: ${result}`;
    const shown = applied ? what : `${paint('red', 'refused', process.stdout)} ${what}`;
    process.stdout.write(`${shown} by ${replica.host} (${replica.pid})\n`);
  }
  if (done) return;
  const seconds = timeout / 1000;
  const of = members === undefined ? '' : `, which has ${counted(members, 'member')}`;
  const who = answers.length === 0 ? 'nobody' : counted(answers.length, 'process', 'processes');
  const late = answers.length < Math.max(1, members ?? 1);
  process.stderr.write(
    `${paint('yellow', '!')} ${who} of group ${group}${of}, answered${late ? ` within ${seconds} s` : ''}\n`,
  );
  if (committed !== undefined)
    process.stderr.write(`${paint('yellow', '!')} the group is at offset ${committed} of that partition\n`);
  process.stderr.write(`${paint('dim', 'What to do:')} ${advice(command.command, config)}\n`);
}

function advice(command: string, file: string): string {
  const look = `\`tidemark audit -c ${file}\` shows answers that come later`;
  if (command === 'skip' || command === 'seek')
    return `nothing will be moved any more; look whether a process that has the same \`control\` section holds the partition, then ask again; ${look}`;
  return `who did not answer follows as soon as it reads the control topic; look at the logs of those processes, and whether they run with the same \`control\` section; ${look}`;
}

function whoami(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    // In a container whose user has no name.
    return `uid-${process.getuid?.() ?? 'unknown'}@${hostname()}`;
  }
}
