import { Command, InvalidArgumentError } from 'commander';
import type { Initialised } from '../service/init/init.ts';
import type { InitRequest } from '../service/init/request.ts';
import { reportOn, reportText } from './check.ts';
import { dialogueOf } from './initDialogue.ts';
import { proposalText } from './initText.ts';
import { paint } from './output.ts';
import { isInteractive, onPromptAbort } from './prompts.ts';
import { exitOnSignals } from './signals.ts';
import { collect } from './usage.ts';

interface Flags extends Omit<InitRequest, 'outputs' | 'places' | 'offline' | 'yes' | 'force'> {
  readonly output?: readonly string[];
  readonly place?: Readonly<Record<string, string>>;
  readonly offline?: boolean;
  readonly yes?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** `tidemark init`: a pipeline of one's own model and topic. */
export function initCommand(): Command {
  return new Command('init')
    .description('make a pipeline of your model and topic: model package, schemas and the pipeline’s file')
    .option('--model <file.onnx>', 'the model (needed)')
    .option('--topic <name>', 'the topic of the events (needed)')
    .option('--brokers <host:port,...>', 'Kafka brokers (needed)')
    .option('--registry <url>', 'the schema registry, with its path if it has one (needed)')
    .option('--subject <name>', 'where the events’ schema is registered (default: TOPIC-value)')
    .option('--schema <file.avsc>', 'the events’ schema (default: the registry’s)')
    .option('--name <name>', 'of the pipeline and the model (default: that of the ONNX file)')
    .option('--version <version>', 'of the model', '1.0.0')
    .option(
      '--features <names|file.yaml>',
      'names of the model’s columns in their order, or a YAML list with rules (default: found by name)',
    )
    .option(
      '--place <feature=place>',
      'where in the event a feature is; repeatable (default: found by name)',
      place,
    )
    .option('--score <tensor[:column]>', 'the output that is the score (default: the only one that can be)')
    .option('--output <name=tensor[:column]>', 'a further output; repeatable (default: none)', collect)
    .option(
      '--golden <rows.json>',
      'rows with the scores that training gave, which proves the export (default: rows are drawn)',
    )
    .option('--tolerance <relative>', 'how far scores may differ (default 1e-5)')
    .option('--fixed-rows <rows>', 'the model takes exactly so many rows a run (default: any number)')
    .option('--out <folder>', 'where all of it goes (default: the name)')
    .option('--offline', 'ask neither broker nor registry; needs --schema')
    .option('--yes', 'take what is likely, and do not ask whether to write')
    .option('--force', 'replace what is there')
    .option('--json', 'print one JSON object')
    .addHelpText('after', HELP)
    .action(async ({ json = false, ...flags }: Flags) => {
      // What was begun is discarded as the process exits.
      const finish = exitOnSignals();
      const { initPipeline } = await import('../service/init/init.ts');
      const request = requestOf(flags);
      const made = await initPipeline(request, dialogueOf(request, { json }))
        .catch(onPromptAbort)
        .finally(finish);
      if (made === undefined) {
        process.stderr.write('Nothing was written.\n');
        return;
      }
      const report = await reportOn(made.written.pipeline, false);
      const ok = report.faults.length === 0;
      if (json) process.stdout.write(`${JSON.stringify(jsonOf(made, { ...report, ok }))}\n`);
      else process.stdout.write(madeText(made, reportText(made.written.pipeline, report), request));
      process.exitCode = ok ? 0 : 2;
    });
}

const HELP = `
Asks for what is not given when it runs in a terminal. Features are found by name
and type: an input for each column by the input's name, the columns of one [N, k]
input by names in the model's metadata, by --features, or as the events' numeric
fields when there are exactly k. What is likely but not certain is asked, or taken
with --yes; what is ambiguous has to be given. Nothing is written before all is
known and proved.

Exit status: 0 written, and \`check\` finds no fault; 1 broker or registry cannot be
asked, or the model fails its proof; 2 something has to be given or corrected; 129,
130 or 143 a signal, and nothing was written.

Examples:
  $ tidemark init
  $ tidemark init --model churn.onnx --topic customers \\
      --brokers localhost:9092 --registry http://localhost:8081
  $ tidemark init --model churn.onnx --topic customers --brokers localhost:9092 \\
      --registry http://localhost:8081 --features features.yaml \\
      --place 'age=person.age' --score probabilities:1 --out pipelines/churn
  $ tidemark init --offline --schema customer.avsc --model churn.onnx \\
      --topic customers --brokers kafka:9093 --registry https://registry`;

function requestOf({ output = [], place: places = {}, ...flags }: Omit<Flags, 'json'>): InitRequest {
  const { offline = false, yes = false, force = false } = flags;
  return { ...flags, outputs: output, places, offline, yes, force };
}

function place(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const equals = text.indexOf('=');
  if (equals < 1 || equals === text.length - 1)
    throw new InvalidArgumentError('expected FEATURE=PLACE, such as age=person.age');
  return { ...before, [text.slice(0, equals)]: text.slice(equals + 1) };
}

function madeText({ proposal, facts, written }: Initialised, report: string, request: InitRequest): string {
  const [, ...others] = written.files;
  const file = shellWord(written.pipeline);
  const title = (text: string) => paint('bold', text, process.stdout);
  const next = [
    [`tidemark topics -c ${file} --apply`, 'make the topics and subjects it needs'],
    [`tidemark check -c ${file} --live`, 'prove it against broker and registry'],
    [`tidemark try -c ${file} --events EVENTS.json`, 'score a few events without Kafka'],
    [`tidemark run -c ${file}`, 'score until stopped'],
  ] as const;
  const width = Math.max(...next.map(([command]) => command.length));
  return [
    // Somebody who was asked has seen it.
    ...(isInteractive() && !request.yes ? [] : [proposalText(proposal, facts)]),
    `${title('Written')}\n  ${written.pipeline}\n${others.map((other) => `  ${other}\n`).join('')}`,
    `${title('Checked')}\n${report}`,
    `${title('Next')}\n${next.map(([command, why]) => `  ${command.padEnd(width)}  ${paint('dim', why, process.stdout)}\n`).join('')}`,
  ].join('\n');
}

/** As a shell takes it. */
function shellWord(text: string): string {
  return /^[\w./@:,+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function jsonOf(
  { proposal, written }: Initialised,
  { ok, faults, warnings }: { ok: boolean; faults: readonly unknown[]; warnings: readonly string[] },
): object {
  const { name, features, outputs, output, notes } = proposal;
  return {
    ok,
    name,
    pipeline: written.pipeline,
    files: written.files,
    package: written.package,
    features: features.map(({ name: feature, path, how }) => ({ name: feature, path, how })),
    outputs,
    ...(output.id === undefined ? {} : { id: output.id }),
    ...(output.time === undefined ? {} : { time: output.time }),
    notes,
    faults,
    warnings,
  };
}
