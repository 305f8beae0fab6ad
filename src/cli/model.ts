import { Command } from 'commander';
import type { ModelDescription } from '../model/describe.ts';
import type { PackageFiles } from '../model/package.ts';
import type { PackRequest } from '../model/packOptions.ts';
import type { PackResult } from '../model/writePackage.ts';
import { collect, requireOptions } from './usage.ts';

interface PackFlags extends Omit<PackRequest, 'file' | 'outputs' | 'force'> {
  readonly output?: readonly string[];
  readonly force?: boolean;
  readonly json?: boolean;
}

/** `tidemark model`: look into ONNX files and make model packages. */
export function modelCommand(): Command {
  const command = new Command('model')
    .description('look into ONNX files, and make of them the packages that pipelines score with')
    .addHelpText(
      'after',
      `
Exit status: 0 done; 1 the file or model cannot be used; 2 wrong usage, or what was
asked for contradicts the model.

Examples:
  $ tidemark model describe churn.onnx
  $ tidemark model pack --help
  $ tidemark model verify models/churn/1.0.0`,
    );
  return command.addCommand(describeCommand()).addCommand(packCommand()).addCommand(verifyCommand());
}

function describeCommand(): Command {
  return new Command('describe')
    .description('what goes into an ONNX file, what comes out, and what to say of it when packing')
    .argument('<file.onnx>', 'the model; weights in other files lie beside it')
    .option('--json', 'print one JSON object: inputs, outputs, metadata, notes')
    .addHelpText(
      'after',
      `
It ends with the command that would pack the model, as far as the file tells.

Exit status: 0 described; 1 the file is no ONNX model; 2 wrong usage.

Examples:
  $ tidemark model describe churn.onnx
  $ tidemark model describe churn.onnx --json | jq .inputs`,
    )
    .action(async (file: string, { json }: { json?: boolean }) => {
      // Loaded here: ONNX Runtime's library is not for commands that run no model.
      const { describe } = await import('../model/describe.ts');
      const description = await describe(file);
      print(json ? JSON.stringify(description) : descriptionText(description));
    });
}

function packCommand(): Command {
  return new Command('pack')
    .description('make a model package: model, card, digests and golden vectors in one folder')
    .argument('<file.onnx>', 'the model; weights in other files lie beside it')
    .option('--name <name>', 'name of the model (needed)')
    .option('--version <version>', 'semantic version of this model, such as 1.0.0 (needed)')
    .option('--features <names|file.yaml>', 'a,b,c in the model’s order, or a YAML list with rules (needed)')
    .option('--score <tensor[:column]>', 'the output that is the score (needed)')
    .option('--output <name=tensor[:column]>', 'a further output (repeatable; default: none)', collect)
    .option(
      '--golden <rows.json>',
      'real rows, best with the scores training gave them; default: rows are drawn',
    )
    .option(
      '--tolerance <relative>',
      'how far scores may differ between machines and batch sizes (default: 1e-5)',
    )
    .option('--training <file.yaml>', 'facts about the training, carried in the card (default: none)')
    .option('--fixed-rows <rows>', 'the model takes exactly so many rows a run (default: as the model says)')
    .option('--out <folder>', 'folder of packages; this one becomes NAME/VERSION in it', 'models')
    .option('--force', 'replace the version if it is there')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
docs/model-package.md explains the rules of features, golden rows and digests.

Exit status: 0 packed; 1 the model cannot be used, or does not give its golden
scores; 2 wrong usage, or what was asked for contradicts the model.

Examples:
  $ tidemark model pack churn.onnx --name churn --version 1.0.0 \\
      --features tenure,plan,monthly_charge --score probabilities:1
  $ tidemark model pack churn.onnx --name churn --version 1.0.1 \\
      --features features.yaml --score probabilities:1 --golden rows.json`,
    )
    .action(
      async (file: string, { output = [], force = false, json, ...flags }: PackFlags, command: Command) => {
        requireOptions(command, ['name', 'version', 'features', 'score']);
        const { pack } = await import('../model/pack.ts');
        const result = await pack({ ...flags, file, outputs: output, force });
        print(json ? JSON.stringify(result) : packText(result));
      },
    );
}

function verifyCommand(): Command {
  return new Command('verify')
    .description(
      'prove that a model package is what was packed, and with --digest that it is the very one meant',
    )
    .argument('<folder>', 'the package: the folder with model.yaml')
    .option(
      '--digest <sha256>',
      'the digest it must have, 64 hexadecimal digits as `model pack` printed them (default: any)',
    )
    .option('--json', 'print one JSON object: name, version, digest, folder')
    .addHelpText(
      'after',
      `
Where a package was copied or downloaded, it is known to be whole before anything
is scored with it: an init container runs this. The model itself is not run; that
is what \`tidemark check\` and \`tidemark run\` do at their start.

Exit status: 0 verified; 1 the package is incomplete, changed, or another one; 2
wrong usage.

Examples:
  $ tidemark model verify models/churn/1.0.0
  $ tidemark model verify /models/churn --digest "$MODEL_DIGEST"`,
    )
    .action(async (folder: string, { digest, json }: { digest?: string; json?: boolean }) => {
      const { verifyPackage } = await import('../model/verify.ts');
      const files = await verifyPackage(folder, digest);
      print(json ? JSON.stringify(verifiedJson(files)) : verifiedText(files, digest !== undefined));
    });
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

const FEATURES_FILE =
  'a list of names, one `- name` a line, in the order of the columns the model was trained on';

function descriptionText(model: ModelDescription): string {
  const shape = (dims: readonly (number | string)[] | undefined) => (dims ? `[${dims.join(', ')}]` : '');
  const values = (of: ModelDescription['inputs']) =>
    of.map(({ name, type, shape: dims }) => `  ${name}  ${type} ${shape(dims)}`);
  const section = (title: string, lines: readonly string[]) => (lines.length > 0 ? [title, ...lines] : []);
  return [
    `${model.file}  ${model.bytes} bytes`,
    `  by ${model.producer || 'an unnamed producer'}, IR ${model.irVersion}, ${model.opsets.map(({ domain, version }) => `${domain} ${version}`).join(', ')}`,
    ...section('inputs', values(model.inputs)),
    ...section('outputs', values(model.outputs)),
    ...section(
      'weights in other files',
      model.externalFiles.map(
        ({ path, bytes }) => `  ${path}  ${bytes === undefined ? 'missing' : `${bytes} bytes`}`,
      ),
    ),
    ...section(
      'metadata',
      Object.entries(model.metadata).map(([key, value]) => `  ${key}: ${value}`),
    ),
    ...section(
      'mind',
      [...model.notes, ...(model.refused ? [model.refused] : [])].map((note) => `  ${note}`),
    ),
    ...section('pack it', [
      `  ${model.pack}`,
      ...(model.pack.includes('features.yaml') ? [`  features.yaml: ${FEATURES_FILE}`] : []),
    ]),
  ].join('\n');
}

const GOLDEN_WORDS = {
  drawn: 'drawn: they guard against corruption, not against a wrong export (--golden does)',
  'rows-given':
    'given: they guard against corruption, not against a wrong export (add the scores training gave)',
  'scores-given': 'given with scores: the model matches its training',
} as const;

function packText(result: PackResult): string {
  return [
    `Packed ${result.name} ${result.version} in ${result.folder}`,
    `  digest     ${result.digest}`,
    `  files      ${result.files.join(', ')}`,
    `  features   ${result.features}`,
    `  golden     ${result.golden.rows} rows ${GOLDEN_WORDS[result.golden.origin]}`,
    `  tolerance  ${result.tolerance}`,
    ...result.warnings.map((warning) => `  warning    ${warning}`),
    `Next: put  model: { package: ${result.folder} }  into the pipeline's file, then run: tidemark check -c FILE`,
  ].join('\n');
}

function verifiedJson({ card, digest, folder }: PackageFiles): object {
  return { name: card.name, version: card.version, digest, folder };
}

function verifiedText({ card, digest, folder }: PackageFiles, expected: boolean): string {
  return [
    `${card.name} ${card.version} in ${folder} is whole${expected ? ' and the one that is meant' : ''}`,
    `  digest     ${digest}`,
  ].join('\n');
}
