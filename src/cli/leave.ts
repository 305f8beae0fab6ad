import { Command } from 'commander';
import type { Leaving } from '../service/leave.ts';

/** `tidemark leave`: gives up the place of a static member that will not come back. */
export function leaveCommand(): Command {
  return new Command('leave')
    .description('take a stopped process with kafka.instance_id out of its group, at once')
    .requiredOption('-c, --config <file>', 'the pipeline')
    .option('--json', 'print one JSON object: group, instanceId, outcome')
    .addHelpText(
      'after',
      `
A process with kafka.instance_id does not leave its group when it stops: its
partitions wait for it for kafka.session_timeout. When it will not come back,
this gives them to the others now. Stop the process first: one that still runs
joins again.

Exit status: 0 it has left; 1 it was not there, or Kafka cannot be reached;
2 the configuration has faults, or kafka.instance_id is not set.

Examples:
  $ tidemark leave -c config/card-fraud.yaml
  $ POD_NAME=scorer-3 tidemark leave -c churn.yaml     instance_id: \${POD_NAME}`,
    )
    .action(async ({ config: file, json }: { config: string; json?: boolean }) => {
      // Loaded here: clients are not for commands that need none.
      const { loadOrExplain } = await import('./configuration.ts');
      const loaded = loadOrExplain(file);
      if (loaded === undefined) return;
      const { leaveAsConfigured } = await import('../service/leave.ts');
      const leaving = await leaveAsConfigured(loaded.config);
      if (json) process.stdout.write(`${JSON.stringify(leaving)}\n`);
      else if (leaving.outcome === 'left') process.stdout.write(`${sentence(leaving)}\n`);
      else process.stderr.write(`${sentence(leaving)}\n`);
      if (leaving.outcome !== 'left') process.exitCode = 1;
    });
}

function sentence({ group, instanceId, outcome }: Leaving): string {
  switch (outcome) {
    case 'left':
      return `${instanceId} has left group ${group}`;
    case 'absent':
      return `group ${group} has no member with instance id ${instanceId}: it has left, or its session has ended`;
    case 'no-group':
      return `there is no group ${group} on these brokers: look at kafka.group and kafka.brokers`;
    default:
      return outcome satisfies never;
  }
}
