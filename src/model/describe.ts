/** What an ONNX file takes and gives, and what to say of it when packing. */
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TENSOR_TYPES } from './card.ts';
import type { OnnxFile, OnnxValue } from './onnxProto.ts';
import { openModel, readModelFile } from './package.ts';
import { chooseScore, declaredColumns, isServedType } from './scoreChoice.ts';
import { looseConstants, zipMapFault } from './signature.ts';

export interface ModelDescription extends Omit<OnnxFile, 'externalFiles'> {
  readonly file: string;
  readonly bytes: number;
  /** Weights beside the file; bytes undefined: the file is not there. */
  readonly externalFiles: readonly { readonly path: string; readonly bytes: number | undefined }[];
  /** Why ONNX Runtime does not load it; undefined when it does. */
  readonly refused: string | undefined;
  /** What will not work with Tidemark, and the fix. */
  readonly notes: readonly string[];
  /** The command that packs it, with the parts to fill in. */
  readonly pack: string;
  /** What model.yaml will say of inputs and outputs. */
  readonly card: string;
}

/** Describes an ONNX file. Throws E-MODEL-PACKAGE when it is none. */
export async function describe(file: string): Promise<ModelDescription> {
  const onnx = await readModelFile(file);
  const externalFiles = await Promise.all(
    onnx.externalFiles.map(async (path) => ({ path, bytes: await sizeOf(join(dirname(file), path)) })),
  );
  return {
    file,
    bytes: (await sizeOf(file)) ?? 0,
    ...onnx,
    externalFiles,
    refused: await refusal(file),
    notes: [
      ...onnx.inputs.flatMap((input) => inputNote(input) ?? []),
      ...(fixedRowsNote(onnx.inputs) ?? looseConstants(onnx.inputs)),
      ...onnx.outputs.flatMap((output) => outputNote(output) ?? []),
      ...externalFiles.filter(({ bytes }) => bytes === undefined).map(({ path }) => missingNote(path)),
    ],
    pack: packCommand(file, onnx),
    card: cardFragment(onnx),
  };
}

async function sizeOf(file: string): Promise<number | undefined> {
  return stat(file).then(
    ({ size }) => size,
    () => undefined,
  );
}

async function refusal(file: string): Promise<string | undefined> {
  return openModel(file).then(
    async (session) => {
      await session.release();
      return undefined;
    },
    (error: Error) => error.message,
  );
}

function inputNote({ name, kind, type }: OnnxValue): string | undefined {
  if (kind !== 'tensor') return `input ${name} is a ${kind}: it cannot be fed from features`;
  return isServedType(type)
    ? undefined
    : `input ${name} is ${type}: feed one of ${TENSOR_TYPES.join(', ')} and cast inside the graph`;
}

/** Undefined where any input takes any number of rows. */
function fixedRowsNote(inputs: readonly OnnxValue[]): readonly string[] | undefined {
  const rows = inputs[0]?.shape?.[0];
  if (typeof rows !== 'number' || inputs.some(({ shape }) => shape?.[0] !== rows)) return undefined;
  return [
    `it takes exactly ${rows} row${rows === 1 ? '' : 's'} a run, which is slow: export it with a dynamic batch to run many at once`,
  ];
}

function outputNote({ name, kind, type, zipMap }: OnnxValue): string | undefined {
  if (zipMap) return `output ${zipMapFault(name)}`;
  if (kind !== 'tensor') return `output ${name} is a ${kind} and is never fetched`;
  return isServedType(type)
    ? undefined
    : `output ${name} is ${type} and cannot be used: add a Cast at the end of the graph`;
}

function missingNote(path: string): string {
  return `weights file ${path} is not beside the model: copy it there, it was written by the same export`;
}

interface LikelyScore {
  readonly tensor: string;
  /** Undefined where there is one only, `COLUMN` where a person has to say. */
  readonly column: number | 'COLUMN' | undefined;
}

/** The output most likely meant by the score; undefined when no output can be one. */
function likelyScore(outputs: readonly OnnxValue[]): LikelyScore | undefined {
  const choice = chooseScore(outputs);
  if (choice.kind === 'clear') return { tensor: choice.tensor, column: choice.column };
  const [first] = choice.candidates;
  return first && { tensor: first.tensor, column: first.columns === 1 ? undefined : 'COLUMN' };
}

/** More names are better kept in a file. */
const LISTED_FEATURES = 8;

function packCommand(file: string, { inputs, outputs }: OnnxFile): string {
  const counts = inputs.map(declaredColumns);
  const total = counts.includes(undefined) ? undefined : counts.reduce<number>((sum, n) => sum + n!, 0);
  const oneEach = inputs.length > 1 && counts.every((count) => count === 1);
  const names =
    oneEach && total! <= LISTED_FEATURES ? inputs.map(({ name }) => name).join(',') : 'features.yaml';
  const likely = likelyScore(outputs);
  const score =
    likely === undefined
      ? 'TENSOR[:COLUMN]'
      : [likely.tensor, likely.column].filter((part) => part !== undefined).join(':');
  return `tidemark model pack ${file} --name NAME --version 1.0.0 --features ${names} --score ${score} --out models`;
}

function cardFragment({ inputs, outputs }: OnnxFile): string {
  const lines = inputs.map(({ name, type, shape }) => {
    const [rows, ...rest] = shape ?? ['N', '?'];
    const dims = [typeof rows === 'number' ? rows : 'N', ...rest].join(', ');
    return `  - { name: ${JSON.stringify(name)}, type: ${type}, shape: [${dims}] }`;
  });
  const { tensor, column } = likelyScore(outputs) ?? { tensor: 'TENSOR', column: 'COLUMN' };
  const score = `  score: { tensor: ${JSON.stringify(tensor)}${column === undefined ? '' : `, column: ${column}`} }`;
  return ['inputs:', ...lines, 'outputs:', score].join('\n');
}
