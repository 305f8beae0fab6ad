import { Command } from 'commander';
import { asTidemarkError } from '../errors.ts';
import type { Service } from '../service/service.ts';
import { exitStatus } from './output.ts';
import { type Asked, abortOnSignals } from './signals.ts';

/** `tidemark run`: score until stopped, or until the end. */
export function runCommand(): Command {
  return new Command('run')
    .description('score events until stopped, or up to the end, and commit what is scored')
    .requiredOption('-c, --config <file>', 'the pipeline')
    .option('--until-end', 'score up to the end every partition has now, print a summary and exit')
    .addHelpText(
      'after',
      `
The first SIGTERM or Ctrl-C drains: what is in hand is scored and committed, then
the process exits. The second one exits at once. Logs go to standard error; with
--until-end standard output gets one line of JSON.

Exit status: 0 stopped as asked, or the end was reached; 1 stopped by a fault, or
drained by a command before the end that --until-end waits for; 2 the configuration
has faults or the parts do not fit; 129 (SIGHUP), 130 (Ctrl-C) or 143 (SIGTERM) a
signal came before that end, or came twice.

Examples:
  $ tidemark run -c config/card-fraud.yaml
  $ tidemark run -c config/card-fraud.yaml --until-end | jq .scored`,
    )
    .action(async ({ config: file, untilEnd = false }: { config: string; untilEnd?: boolean }) => {
      // Loaded here: clients and ONNX Runtime's library are not for commands that need neither.
      const { loadOrExplain } = await import('./configuration.ts');
      const loaded = loadOrExplain(file);
      if (loaded === undefined) return;
      const { config, warnings } = loaded;
      const { Service } = await import('../service/service.ts');
      const service = new Service(config, {
        untilEnd,
        warnings,
        http: true,
        // The process is this pipeline and nothing else.
        processMetrics: true,
        killWhenStuck: true,
      });
      const asked = stopOnSignals(service);
      try {
        const share = await service.run();
        if (untilEnd) process.stdout.write(`${JSON.stringify({ pipeline: config.pipeline, ...share })}\n`);
        // A job that was stopped halfway must not count as done.
        if (untilEnd && !service.endReached) process.exitCode = asked.exitStatus ?? 1;
      } catch (cause) {
        // The service has told it, with its code and what to do.
        process.exitCode = exitStatus(asTidemarkError(cause));
      }
      // Nothing that lingers, a socket or a timer of a library, may keep a stopped process up.
      process.exit();
    });
}

function stopOnSignals(service: Service): Asked {
  const asked = abortOnSignals();
  asked.signal.addEventListener('abort', () => service.stop());
  // An exception nobody caught leaves state nobody knows: stop, and let the group read again what was not committed.
  process.on('uncaughtException', (cause) => service.fail(cause));
  return asked;
}
