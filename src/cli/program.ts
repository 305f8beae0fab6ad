import { Command } from 'commander';
import { version } from '../service/version.ts';
import { auditCommand } from './audit.ts';
import { checkCommand } from './check.ts';
import { completionCommand, completionServerCommand } from './completion.ts';
import { doctorCommand } from './doctor.ts';
import { errorsCommand } from './errors.ts';
import { drainCommand, logLevelCommand, pauseCommand, resumeCommand } from './hold.ts';
import { initCommand } from './init.ts';
import { leaveCommand } from './leave.ts';
import { modelCommand } from './model.ts';
import { seekCommand, skipCommand } from './move.ts';
import { runCommand } from './run.ts';
import { sampleCommand } from './sample.ts';
import { schemaCommand } from './schema.ts';
import { topCommand } from './top.ts';
import { topicsCommand } from './topics.ts';
import { tryCommand } from './try.ts';
import { explainUsage } from './usage.ts';

export const program = new Command('tidemark')
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
  $ tidemark doctor -c churn/churn.yaml           what of the live world does not serve
  $ tidemark top -c churn/churn.yaml              the running group, by Kafka's own data

Examples:
  $ tidemark check --help                   what a command does, with examples
  $ tidemark errors E-FEATURE-MISSING       what a code means and what to do
  $ source <(tidemark completion bash)      let the shell complete words

Exit status:
  0    done
  1    stopped by a fault, which is named with its code
  2    wrong usage or configuration: write something else, then try again
  129  stopped by the end of its terminal (SIGHUP) before it was done
  130  stopped by Ctrl-C before it was done
  143  stopped by SIGTERM before it was done
\`tidemark run\` without --until-end is done when it is stopped: it exits 0.`,
  );

program.addCommand(initCommand());
program.addCommand(checkCommand());
program.addCommand(runCommand());
program.addCommand(doctorCommand());
program.addCommand(topicsCommand());
program.addCommand(tryCommand());
program.addCommand(sampleCommand());
program.addCommand(topCommand());
program.addCommand(leaveCommand());
program.addCommand(pauseCommand());
program.addCommand(resumeCommand());
program.addCommand(drainCommand());
program.addCommand(skipCommand());
program.addCommand(seekCommand());
program.addCommand(logLevelCommand());
program.addCommand(auditCommand());
program.addCommand(schemaCommand());
program.addCommand(modelCommand());
program.addCommand(errorsCommand());
program.addCommand(completionCommand());
program.addCommand(completionServerCommand(program), { hidden: true });
explainUsage(program);
