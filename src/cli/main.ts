#!/usr/bin/env node
import { Command } from 'commander';
import { checkCommand } from './check.ts';
import { modelCommand } from './model.ts';
import { fail } from './output.ts';
import { runCommand } from './run.ts';
import { schemaCommand } from './schema.ts';
import { topicsCommand } from './topics.ts';
import { version } from './version.ts';

const program = new Command('tidemark')
  .description(
    'Scores event streams: Avro events from Kafka, ONNX Runtime in batches, scored events that name their model.',
  )
  .version(version)
  // Else --version of a model to be packed would ask for the version of the program.
  .enablePositionalOptions()
  .showHelpAfterError()
  .configureHelp({ showGlobalOptions: true })
  .addHelpText(
    'after',
    `
Examples:
  $ tidemark check -c config/card-fraud.yaml            prove that the parts fit, offline
  $ tidemark topics -c config/card-fraud.yaml --apply   make the topics and subjects it needs
  $ tidemark run -c config/card-fraud.yaml              score until stopped
  $ tidemark model describe model.onnx                  what goes in, what comes out

Exit status: 0 done; 1 stopped by a fault, which is named; 2 wrong usage or configuration.`,
  );

for (const command of [runCommand(), checkCommand(), topicsCommand(), schemaCommand(), modelCommand()]) {
  command.exitOverride((cause) => process.exit(cause.exitCode === 0 ? 0 : 2));
  program.addCommand(command);
}
program.exitOverride((cause) => process.exit(cause.exitCode === 0 ? 0 : 2));

try {
  await program.parseAsync();
} catch (cause) {
  fail(cause);
}
