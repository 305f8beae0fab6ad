import { Command } from 'commander';
import { version } from '../service/version.ts';
import { checkCommand } from './check.ts';
import { initCommand } from './init.ts';
import { leaveCommand } from './leave.ts';
import { modelCommand } from './model.ts';
import { fail } from './output.ts';
import { runCommand } from './run.ts';
import { sampleCommand } from './sample.ts';
import { schemaCommand } from './schema.ts';
import { topicsCommand } from './topics.ts';
import { tryCommand } from './try.ts';
import { explainUsage } from './usage.ts';

const program = new Command('tidemark')
  .description(
    'Scores event streams: Avro events from Kafka, ONNX Runtime in batches, scored events that name their model.',
  )
  .version(version)
  // Else --version of a model to be packed would ask for the version of the program.
  .enablePositionalOptions()
  .addHelpText(
    'after',
    `
From a model to scores:
  $ tidemark init                                 make a pipeline of your model and topic
  $ tidemark topics -c churn/churn.yaml --apply   make the topics and subjects it needs
  $ tidemark check -c churn/churn.yaml --live     prove that all parts fit
  $ tidemark run -c churn/churn.yaml              score until stopped

To look closer:
  $ tidemark model describe churn.onnx            what goes in, what comes out
  $ tidemark try -c churn/churn.yaml --events e.json   score a few events without Kafka
  $ tidemark sample -c churn/churn.yaml           live events as the model sees them

Exit status: 0 done; 1 stopped by a fault, which is named; 2 wrong usage or
configuration. docs/errors.md has every code.`,
  );

program.addCommand(initCommand());
program.addCommand(checkCommand());
program.addCommand(runCommand());
program.addCommand(topicsCommand());
program.addCommand(tryCommand());
program.addCommand(sampleCommand());
program.addCommand(leaveCommand());
program.addCommand(schemaCommand());
program.addCommand(modelCommand());
explainUsage(program);

// Whoever reads may have enough, as `head` does: that is the end, and no fault.
process.stdout.on('error', () => process.exit());

try {
  await program.parseAsync();
} catch (cause) {
  fail(cause);
}
// What a pipe has no room for is still on its way.
await new Promise((resolve) => process.stdout.write('', resolve));
// A connection that a library keeps trying to make must not keep a command up that has said all it has to say.
process.exit();
