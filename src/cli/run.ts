import { constants } from 'node:os';
import { Command } from 'commander';
import { Service } from '../service/service.ts';
import { loadOrExplain } from './configuration.ts';
import { version } from './version.ts';

/** `tidemark run`: score until stopped, or until the end. */
export function runCommand(): Command {
  return new Command('run')
    .description('score events until stopped, or up to the end')
    .requiredOption('-c, --config <file>', 'the pipeline')
    .option('--until-end', 'score up to the end every partition has now, print a summary and exit', false)
    .addHelpText(
      'after',
      `
The first SIGTERM or Ctrl-C drains: what is in hand is scored and committed, then the process exits 0. The second one
exits at once. Logs go to standard error; with --until-end standard output gets one line of JSON.

Examples:
  $ tidemark run -c config/card-fraud.yaml
  $ tidemark run -c config/card-fraud.yaml --until-end | jq .scored`,
    )
    .action(async ({ config: file, untilEnd }: { config: string; untilEnd: boolean }) => {
      const config = loadOrExplain(file);
      if (config === undefined) return;
      const service = new Service(config, { version, untilEnd });
      stopOnSignals(service);
      try {
        const share = await service.run();
        if (untilEnd) process.stdout.write(`${JSON.stringify({ pipeline: config.pipeline, ...share })}\n`);
      } catch {
        // The service has told it, with its code and what to do.
        process.exitCode = 1;
      }
      // Nothing that lingers, a socket or a timer of a library, may keep a stopped process up.
      process.exit();
    });
}

function stopOnSignals(service: Service): void {
  let asked = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (asked) process.exit(128 + constants.signals[signal]);
      asked = true;
      service.stop();
    });
  }
  // An exception nobody caught leaves state nobody knows: stop, and let the group read again what was not committed.
  process.on('uncaughtException', (cause) => service.fail(cause));
}
