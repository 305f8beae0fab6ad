/** What `tidemark model pack` was asked, compiled once: every fault of the arguments and the files they name, in their own words. */
import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { TidemarkError } from '../errors.ts';
import {
  DEFAULT_TOLERANCE,
  nameSchema,
  outputNameSchema,
  parseYaml,
  refuse,
  SCORE,
  toleranceSchema,
  trainingSchema,
  versionSchema,
} from './card.ts';
import { fault, faultsOf, unreadable } from './faults.ts';
import { type FeatureEntry, featuresSchema } from './features.ts';

/** As a person writes them. */
export interface PackRequest {
  /** The ONNX file. */
  readonly file: string;
  readonly name: string;
  readonly version: string;
  /** `a,b,c`, or a YAML file with a list of features (or `features: [...]`). */
  readonly features: string;
  /** `TENSOR` or `TENSOR:COLUMN`. */
  readonly score: string;
  /** Further outputs: `NAME=TENSOR[:COLUMN]`. */
  readonly outputs: readonly string[];
  /** JSON file of rows; drawn when left out. */
  readonly golden?: string;
  readonly tolerance?: string;
  /** YAML file of facts. */
  readonly training?: string;
  /** The model takes exactly so many rows a run, whatever its batch dimension says. */
  readonly fixedRows?: string;
  /** Folder of packages; the new one is NAME/VERSION in it. */
  readonly out: string;
  /** Replace a version that is there. */
  readonly force: boolean;
}

export interface AskedOutput {
  readonly name: string;
  /** `TENSOR` or `TENSOR:COLUMN`: which of the two, the model's own names decide. */
  readonly asked: string;
}

export interface PackOptions {
  readonly file: string;
  readonly name: string;
  readonly version: string;
  readonly features: readonly FeatureEntry[];
  readonly outputs: readonly AskedOutput[];
  readonly golden: string | undefined;
  readonly tolerance: number;
  readonly training: Readonly<Record<string, unknown>> | undefined;
  readonly fixedRows: number | undefined;
  readonly out: string;
  readonly force: boolean;
}

const YAML_FILE = /\.ya?ml$/i;

/** Throws E-MODEL-PACK with every fault of the arguments, or E-MODEL-PACKAGE for a file they name that is no YAML. */
export async function packOptions(request: PackRequest): Promise<PackOptions> {
  const faults: string[] = [];
  const valid = <T>(schema: z.ZodType<T>, value: unknown, at: string): T | undefined => {
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    faults.push(...faultsOf(parsed.error, value, at));
    return undefined;
  };
  const name = valid(nameSchema, request.name, '--name');
  const version = valid(versionSchema, request.version, '--version');
  const listedIn = YAML_FILE.test(request.features) ? `${request.features}: features` : '--features';
  const features = valid(featuresSchema, await featureList(request.features), listedIn);
  const tolerance = valid(
    toleranceSchema,
    request.tolerance === undefined ? DEFAULT_TOLERANCE : Number(request.tolerance),
    '--tolerance',
  );
  const training = request.training === undefined ? undefined : await readYaml(request.training);
  if (training !== undefined) valid(trainingSchema, training, '--training');
  const fixedRows = request.fixedRows === undefined ? undefined : Number(request.fixedRows);
  if (fixedRows !== undefined && (!Number.isSafeInteger(fixedRows) || fixedRows < 1)) {
    faults.push(fault('--fixed-rows', request.fixedRows, 'expected a number of rows, 1 or more'));
  }
  const outputs = [
    { name: SCORE, asked: request.score },
    ...request.outputs.map((text) => namedOutput(text, faults)),
  ];
  for (const [index, output] of outputs.entries()) {
    if (index > 0) valid(outputNameSchema, output.name, '--output');
    if (outputs.findIndex((other) => other.name === output.name) < index) {
      faults.push(fault('--output', output.name, 'expected each name once (score is given by --score)'));
    }
  }
  if (faults.length > 0 || !name || !version || !features || tolerance === undefined) {
    return refuse('The request to pack', faults, 'E-MODEL-PACK');
  }
  const facts = training as Record<string, unknown> | undefined;
  return {
    ...request,
    name,
    version,
    features,
    outputs,
    tolerance,
    training: facts,
    fixedRows,
    golden: request.golden,
  };
}

/** The features that `text` lists or the YAML file that it names. Throws E-MODEL-PACK. */
export async function readFeatures(text: string): Promise<readonly FeatureEntry[]> {
  const raw = await featureList(text);
  const parsed = featuresSchema.safeParse(raw);
  if (parsed.success) return parsed.data;
  return refuse('--features', faultsOf(parsed.error, raw, 'features'), 'E-MODEL-PACK');
}

async function featureList(text: string): Promise<unknown> {
  if (!YAML_FILE.test(text)) return text.split(',').map((name) => name.trim());
  const raw = await readYaml(text);
  return typeof raw === 'object' && raw !== null && 'features' in raw ? raw.features : raw;
}

async function readYaml(file: string): Promise<unknown> {
  return parseYaml(await readText(file), file);
}

/** Reads a file named on the command line. Throws E-MODEL-PACK. */
export async function readText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause) => {
    throw new TidemarkError('E-MODEL-PACK', `${file} ${unreadable(cause)}.`, { cause });
  });
}

function namedOutput(text: string, faults: string[]): AskedOutput {
  const equals = text.indexOf('=');
  if (equals < 0) {
    faults.push(fault('--output', text, 'expected NAME=TENSOR or NAME=TENSOR:COLUMN'));
    return { name: text, asked: text };
  }
  return { name: text.slice(0, equals), asked: text.slice(equals + 1) };
}
