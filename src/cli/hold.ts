import { Argument, type Command } from 'commander';
import { COMMANDED_LEVELS, type CommandedLevel } from '../telemetry/logLevels.ts';
import { type CommandFlags, groupCommand, STATUS, say } from './command.ts';

/** `tidemark pause`: the group takes nothing new. */
export function pauseCommand(): Command {
  return groupCommand('pause', 'have every process of the group take nothing new, and keep its partitions')
    .addHelpText(
      'after',
      `
What is in hand is scored and committed; processes stay members of their group and
stay ready. It holds until \`tidemark resume\`, also for processes that start later.
${STATUS}

Examples:
  $ tidemark pause -c config/card-fraud.yaml --why bad-prices
  $ tidemark pause -c churn.yaml --by on-call --why INC-1204 --json | jq .done`,
    )
    .action((flags: CommandFlags) => say({ command: 'pause' }, flags));
}

/** `tidemark resume`: the group goes on. */
export function resumeCommand(): Command {
  return groupCommand('resume', 'end a pause or a drain of the group: every process goes on')
    .addHelpText(
      'after',
      `
Processes that stand by since a drain join their group. One that is still draining
refuses: it ends, and whoever starts it again has it score.
${STATUS}

Examples:
  $ tidemark resume -c config/card-fraud.yaml --why prices-are-fixed`,
    )
    .action((flags: CommandFlags) => say({ command: 'resume' }, flags));
}

/** `tidemark drain`: the group empties itself. */
export function drainCommand(): Command {
  return groupCommand('drain', 'have every process of the group finish what is in hand, leave and exit 0')
    .addHelpText(
      'after',
      `
A process that starts while the group is drained stands by without joining, until
\`tidemark resume\`. So the group is empty, and other tools can reset its offsets.
${STATUS}

Examples:
  $ tidemark drain -c config/card-fraud.yaml --why new-offsets --timeout 2m
  $ tidemark resume -c config/card-fraud.yaml --why offsets-are-reset`,
    )
    .action((flags: CommandFlags) => say({ command: 'drain' }, flags));
}

/** `tidemark log-level`: what the group logs. */
export function logLevelCommand(): Command {
  return groupCommand('log-level', 'change what every process of the group logs, while it runs')
    .addArgument(
      new Argument('<level>', 'the least severe events to log; default: what each file says').choices(
        COMMANDED_LEVELS,
      ),
    )
    .addHelpText(
      'after',
      `
It holds until the next one, also for processes that start later.
${STATUS}

Examples:
  $ tidemark log-level debug -c config/card-fraud.yaml --why INC-1204
  $ tidemark log-level default -c config/card-fraud.yaml --why done`,
    )
    .action((level: CommandedLevel, flags: CommandFlags) => say({ command: 'log-level', level }, flags));
}
