/** Makes model packages: what is written has been loaded and verified the way it will be when it serves. */
import { dirname, join } from 'node:path';
import { TidemarkError } from '../errors.ts';
import {
  CARD_FILE,
  type CardInput,
  type CardOutput,
  cardInput,
  GOLDEN_FILE,
  isInsidePath,
  MODEL_FILE,
  TENSOR_TYPES,
} from './card.ts';
import { drawRows } from './drawRows.ts';
import { type CardFeature, placeFeatures } from './features.ts';
import { type GivenRows, parseGivenRows } from './givenRows.ts';
import { differences, type ExpectedOutputs, scoreRows, toExpected } from './golden.ts';
import type { OnnxFile } from './onnxProto.ts';
import type { InferenceSession } from './ort.ts';
import { openModel, readModelFile } from './package.ts';
import {
  type AskedOutput,
  type PackOptions,
  type PackRequest,
  packOptions,
  readText,
} from './packOptions.ts';
import { OrtScorer } from './scorer.ts';
import { looseConstants, outputFault } from './signature.ts';
import { type Draft, exists, type PackResult, writePackage } from './writePackage.ts';

const DRAWN_ROWS = 32;
/** For golden rows; what a pipeline may run is measured when it loads the package. */
const ROWS_PER_RUN = 64;
const RESERVED = [CARD_FILE, GOLDEN_FILE, MODEL_FILE];

/** Packs a model. Throws E-MODEL-PACK, E-MODEL-PACKAGE, E-MODEL-GOLDEN or E-MODEL-RUN; then nothing is left behind. */
export async function pack(request: PackRequest): Promise<PackResult> {
  const options = await packOptions(request);
  const folder = join(options.out, options.name, options.version);
  if (!options.force && (await exists(folder))) {
    throw new TidemarkError(
      'E-MODEL-PACK',
      `${folder} exists already; a version never changes once it is used. Give another --version, or --force to replace it.`,
    );
  }
  const onnx = await readModelFile(options.file);
  await verifyWeights(onnx, options.file);
  const session = await openModel(options.file);
  const draft = await draftPackage(session, onnx, options).finally(() => session.release());
  return writePackage(folder, onnx, options, draft);
}

async function draftPackage(session: InferenceSession, onnx: OnnxFile, options: PackOptions): Promise<Draft> {
  const faults: string[] = [];
  const inputs = modelInputs(session, options, faults);
  const placed = faults.length === 0 ? placeFeatures(options.features, inputs) : { features: [], faults: [] };
  faults.push(...placed.faults);
  const asked = options.outputs.map((output) => cardOutput(output, session.outputNames));
  faults.push(...asked.flatMap((output) => outputFault(session.outputMetadata, onnx, output) ?? []));
  if (faults.length > 0) {
    throw new TidemarkError(
      'E-MODEL-PACK',
      `${options.file} does not fit what was asked:\n${faults.map((line) => `  ${line}`).join('\n')}`,
    );
  }
  const { features } = placed;
  const given = await givenRows(features, options);
  const rows = given?.rows ?? drawRows(features, DRAWN_ROWS);
  const card = { name: options.name, version: options.version, inputs, outputs: asked };
  const scorer = new OrtScorer({ session, card, digest: '', rowsPerRun: ROWS_PER_RUN });
  const outputs = await goldenOutputs(scorer, features, rows, options);
  if (given?.outputs !== undefined) verifyGiven(given.outputs, outputs, options);
  const origin = given === undefined ? 'drawn' : given.outputs === undefined ? 'rows-given' : 'scores-given';
  return {
    inputs,
    features,
    rows,
    asked,
    outputs: toExpected(outputs),
    origin,
    warnings: blindness(toExpected(outputs)),
  };
}

const COLUMN = /:(\d{1,9})$/;

/** Tensor names may hold colons (`Identity:0` is how TensorFlow names them): what is a name as it stands is no column. */
function cardOutput({ name, asked }: AskedOutput, tensors: readonly string[]): CardOutput {
  const column = COLUMN.exec(asked);
  return column === null || tensors.includes(asked)
    ? { name, tensor: asked, column: undefined }
    : { name, tensor: asked.slice(0, column.index), column: Number(column[1]) };
}

/** The card's inputs from the model's: dimensions the model leaves open are settled by the number of features. */
function modelInputs(session: InferenceSession, options: PackOptions, faults: string[]): CardInput[] {
  if (options.fixedRows === undefined) faults.push(...looseConstants(session.inputMetadata));
  return session.inputMetadata.flatMap((input): CardInput[] => {
    const type = input.isTensor ? TENSOR_TYPES.find((known) => known === input.type) : undefined;
    if (!input.isTensor || type === undefined) {
      const what = input.isTensor ? input.type : 'a sequence or map';
      faults.push(
        `input ${input.name} is ${what}, expected one of ${TENSOR_TYPES.join(', ')}: add a Cast to the graph`,
      );
      return [];
    }
    const isOnly = session.inputMetadata.length === 1;
    const [rows, ...rest] = input.shape.length === 0 ? ['N', isOnly ? '?' : 1] : input.shape;
    const open = rest.filter((dim) => typeof dim === 'string').length;
    if (open > 1) {
      faults.push(
        `input ${input.name} has shape [${input.shape.join(', ')}], expected fixed numbers after the first`,
      );
      return [];
    }
    const settled = rest.map((dim) => {
      if (typeof dim === 'number') return dim;
      const others = rest.reduce<number>((product, d) => (typeof d === 'number' ? product * d : product), 1);
      return isOnly ? Math.max(1, Math.floor(options.features.length / others)) : 1;
    });
    const batch = options.fixedRows ?? (typeof rows === 'number' ? rows : 'N');
    return [cardInput({ name: input.name, type, shape: [batch, ...settled] })];
  });
}

async function givenRows(
  features: readonly CardFeature[],
  options: PackOptions,
): Promise<GivenRows | undefined> {
  if (options.golden === undefined) return undefined;
  const names = features.map(({ name }) => name);
  const outputs = options.outputs.map(({ name }) => name);
  return parseGivenRows(await readText(options.golden), names, outputs, options.golden);
}

/** Scores the golden rows, together and one by one: a package must hold its tolerance at every batch size. */
async function goldenOutputs(
  scorer: OrtScorer,
  features: readonly CardFeature[],
  rows: GivenRows['rows'],
  { golden, tolerance, file }: PackOptions,
): ReturnType<typeof scoreRows> {
  const source = golden ?? 'drawn rows';
  const together = await scoreRows(scorer, features, rows, source).catch((error) => {
    throw error.code === 'E-MODEL-RUN' ? notRunnable(error, golden === undefined) : error;
  });
  if (scorer.fixedRows !== undefined) return together;
  scorer.setRowsPerRun(1);
  const lines = differences(toExpected(together), await scoreRows(scorer, features, rows, source), tolerance);
  if (lines.length === 0) return together;
  throw new TidemarkError(
    'E-MODEL-GOLDEN',
    `${file} scores a row otherwise alone than in a batch (expected: in a batch; got: alone):\n${lines.map((line) => `  ${line}`).join('\n')}\nGive a --tolerance above that, or export a model whose rows do not depend on each other.`,
  );
}

function notRunnable(error: TidemarkError, drawn: boolean): TidemarkError {
  const hints = [
    'If the model only takes a fixed number of rows a run (a batch dimension baked in when it was exported), give --fixed-rows 1 or export it with a dynamic batch.',
    ...(drawn
      ? ['If it refuses the values drawn, declare ranges and categories, or give real rows with --golden.']
      : []),
  ];
  return new TidemarkError('E-MODEL-RUN', `${error.message}\n${hints.join('\n')}`, { cause: error });
}

function verifyGiven(
  expected: ExpectedOutputs,
  got: Awaited<ReturnType<typeof scoreRows>>,
  { file, golden, tolerance }: PackOptions,
): void {
  const lines = differences(expected, got, tolerance);
  if (lines.length === 0) return;
  throw new TidemarkError(
    'E-MODEL-GOLDEN',
    `${file} does not give the scores in ${golden}:\n${lines.map((line) => `  ${line}`).join('\n')}\nThe export differs from what was trained: check the order of the features, their preprocessing and the score's column; if the differences are only rounding, give a --tolerance.`,
  );
}

/** Golden vectors that all give one score see nothing. */
function blindness(outputs: ExpectedOutputs): string[] {
  return Object.entries(outputs)
    .filter(([, values]) => values.length > 1 && new Set(values).size === 1)
    .map(
      ([name, values]) =>
        `every golden row gives ${name} = ${values[0]}, so a damaged model may pass: declare ranges (min, max) or give real rows with --golden`,
    );
}

/** Names every weights file that is not where the model says. */
async function verifyWeights(onnx: OnnxFile, file: string): Promise<void> {
  const faults: string[] = [];
  for (const path of onnx.externalFiles) {
    if (!isInsidePath(path) || RESERVED.includes(path))
      faults.push(`${path} (a name that a package cannot hold)`);
    else if (!(await exists(join(dirname(file), path)))) faults.push(`${path} (not there)`);
  }
  if (faults.length === 0) return;
  throw new TidemarkError(
    'E-MODEL-PACKAGE',
    `${file} keeps its weights in other files: ${faults.join(', ')}. Put them beside it under these names, or save the model in one file.`,
  );
}
