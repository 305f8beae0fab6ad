/** model.yaml, the card of a model package: one strict schema, defaults beside the fields, all faults reported at once. */
import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { TidemarkError } from '../errors.ts';
import type { TensorType } from '../pipeline/ports.ts';
import { evenWithFaults, faultsOf, strict } from './faults.ts';
import { type CardFeature, featuresSchema, placeFeatures } from './features.ts';

export const CARD_FILE = 'model.yaml';
export const MODEL_FILE = 'model.onnx';
export const GOLDEN_FILE = 'golden.json';
export const DEFAULT_TOLERANCE = 1e-5;
export const TENSOR_TYPES = ['float32', 'float64', 'int32', 'int64', 'bool', 'string'] as const;
/** The output every package has: what decisions and the output record mean by the score. */
export const SCORE = 'score';

const CARD_BYTES = 4_000_000;
/** Beyond these a list of faults is no help; they are counted. */
const SHOWN_FAULTS = 100;
/** The pattern semver.org gives for version 2.0.0. */
const SEMVER =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(?:\+([0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*))?$/;
/** Names become folder names, header values and metric labels. */
const MODEL_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
const OUTPUT_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,99}$/;

const text = (pattern: RegExp, expectation: string) =>
  z.string(`expected ${expectation}`).regex(pattern, `expected ${expectation}`);

export const nameSchema = text(MODEL_NAME, 'letters, digits, dot, dash and underscore, at most 100');
export const versionSchema = text(SEMVER, 'a semantic version such as 1.0.0');
export const outputNameSchema = text(OUTPUT_NAME, 'letters, digits and underscore, not a digit first');
export const toleranceSchema = z
  .number('expected a relative tolerance such as 1e-5')
  .min(0, 'expected 0 or more')
  .lt(1, 'expected less than 1');
/** Free facts about the training; carried, never interpreted. */
export const trainingSchema = z.record(
  z.string(),
  z.json('expected plain YAML values'),
  'expected a mapping of facts',
);

const shapeSchema = z
  .array(
    z.union([z.int().positive(), z.string().min(1)], {
      error: 'expected a positive number or a symbol such as N',
    }),
    'expected a list such as [N, 15]',
  )
  .min(1, 'expected the batch dimension first, such as [N, 15]')
  .refine((dims) => dims.slice(1).every((dim) => typeof dim === 'number'), {
    error: 'expected fixed numbers after the batch dimension, such as [N, 15]',
  });

const inputSchema = strict(
  {
    name: z.string('expected the name of a model input'),
    type: z.enum(TENSOR_TYPES, `expected one of ${TENSOR_TYPES.join(', ')}`),
    shape: shapeSchema,
  },
  '{ name, type, shape }',
);
const inputsSchema = z.array(inputSchema, 'expected a list of inputs').min(1, 'expected at least one input');

const outputSchema = strict(
  {
    tensor: z.string('expected the name of a model output'),
    column: z.int('expected a column number, from 0').min(0, 'expected 0 or more').optional(),
  },
  '{ tensor, column }',
);

const cardSchema = strict(
  {
    name: nameSchema,
    version: versionSchema,
    digests: z
      .record(
        z.string(),
        text(/^[0-9a-f]{64}$/, 'a SHA-256 of 64 hexadecimal digits'),
        'expected file: SHA-256',
      )
      .superRefine((digests, context) => {
        for (const path of Object.keys(digests).filter((key) => !isInsidePath(key) || key === CARD_FILE)) {
          context.addIssue({
            code: 'custom',
            path: [path],
            message: `expected a file inside the package other than ${CARD_FILE}`,
          });
        }
        for (const path of [MODEL_FILE, GOLDEN_FILE].filter((file) => !Object.hasOwn(digests, file))) {
          context.addIssue({ code: 'custom', path: [path], message: 'expected its SHA-256' });
        }
      }, evenWithFaults),
    inputs: inputsSchema,
    outputs: z
      .record(outputNameSchema, outputSchema, 'expected name: { tensor, column }')
      .refine((outputs) => Object.hasOwn(outputs, SCORE), {
        error: 'expected an output named score',
        ...evenWithFaults,
      }),
    tolerance: toleranceSchema.default(DEFAULT_TOLERANCE),
    golden: strict(
      {
        origin: z.enum(['drawn', 'rows-given', 'scores-given'], 'expected drawn, rows-given or scores-given'),
        note: z.string('expected text').optional(),
      },
      '{ origin, note }',
    ),
    training: trainingSchema.optional(),
    features: featuresSchema,
  },
  'the keys of a model card',
);

export type GoldenOrigin = z.infer<typeof cardSchema>['golden']['origin'];

export interface CardInput {
  readonly name: string;
  readonly type: TensorType;
  /** As in model.yaml: the batch dimension first. */
  readonly shape: readonly (number | string)[];
  /** Values per row. */
  readonly columns: number;
  /** Rows per run when the batch dimension is fixed. */
  readonly fixedRows: number | undefined;
}

export interface CardOutput {
  readonly name: string;
  readonly tensor: string;
  /** May be left out when the tensor has one column. */
  readonly column: number | undefined;
}

export interface Card {
  readonly name: string;
  readonly version: string;
  /** SHA-256 of every file of the package but model.yaml, by path. */
  readonly digests: Readonly<Record<string, string>>;
  readonly inputs: readonly CardInput[];
  readonly outputs: readonly CardOutput[];
  /** Relative. */
  readonly tolerance: number;
  readonly golden: { readonly origin: GoldenOrigin; readonly note?: string | undefined };
  readonly training: Readonly<Record<string, unknown>> | undefined;
  readonly features: readonly CardFeature[];
}

/** Reads model.yaml. Throws E-MODEL-PACKAGE with every fault; `file` is for the message. */
export function parseCard(yaml: string, file: string): Card {
  if (Buffer.byteLength(yaml) > CARD_BYTES) refuse(file, [`larger than ${CARD_BYTES} bytes`]);
  const raw = parseYaml(yaml, file);
  const parsed = cardSchema.safeParse(raw);
  const faults = parsed.success ? [] : faultsOf(parsed.error, raw, '');
  // Sections are checked against each other even when a third one is at fault, so that one look shows all there is to mend.
  const sections = typeof raw === 'object' && raw !== null ? (raw as Record<string, unknown>) : {};
  const inputs = inputsSchema.safeParse(sections.inputs);
  const entries = featuresSchema.safeParse(sections.features);
  const cardInputs = inputs.success ? inputs.data.map(cardInput) : [];
  if (inputs.success) faults.push(...batchFaults(cardInputs));
  const placed =
    inputs.success && entries.success
      ? placeFeatures(entries.data, cardInputs)
      : { features: [], faults: [] };
  faults.push(...placed.faults);
  if (!parsed.success || faults.length > 0) refuse(file, faults);
  const { outputs, training, ...card } = parsed.data;
  return {
    ...card,
    training,
    inputs: cardInputs,
    outputs: Object.entries(outputs).map(([name, { tensor, column }]) => ({ name, tensor, column })),
    features: placed.features,
  };
}

/** Parses YAML to plain values. Throws E-MODEL-PACKAGE with line and column of the first fault. */
export function parseYaml(yaml: string, file: string): unknown {
  const lines = new LineCounter();
  const document = parseDocument(yaml, { prettyErrors: false, lineCounter: lines });
  const [first] = document.errors;
  // What the parser says after its first stumble follows from it.
  if (first !== undefined) {
    const { line, col } = lines.linePos(first.pos[0]);
    refuse(file, [`line ${line}, column ${col}: ${first.message}`]);
  }
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    refuse(file, [cause instanceof Error ? cause.message : String(cause)]);
  }
}

/** Throws: the file (or request) and its faults, one a line. */
export function refuse(
  file: string,
  faults: readonly string[],
  code: 'E-MODEL-PACKAGE' | 'E-MODEL-PACK' = 'E-MODEL-PACKAGE',
): never {
  const rest = faults.length - SHOWN_FAULTS;
  const shown = rest > 0 ? [...faults.slice(0, SHOWN_FAULTS), `and ${rest} more`] : faults;
  throw new TidemarkError(code, `${file} is not valid:\n${shown.map((line) => `  ${line}`).join('\n')}`);
}

/** Derives what running needs from an input's declared shape. */
export function cardInput(input: {
  name: string;
  type: TensorType;
  shape: readonly (number | string)[];
}): CardInput {
  const [rows, ...rest] = input.shape;
  return {
    ...input,
    columns: rest.reduce<number>((product, dim) => product * Number(dim), 1),
    fixedRows: typeof rows === 'number' ? rows : undefined,
  };
}

function batchFaults(inputs: readonly CardInput[]): string[] {
  const names = inputs.map(({ name }) => name);
  const faults = names
    .filter((name, index) => names.indexOf(name) < index)
    .map((name) => `inputs: ${name} is listed twice, expected each input once`);
  const fixed = inputs.filter(({ fixedRows }) => fixedRows !== undefined);
  if (new Set(fixed.map(({ fixedRows }) => fixedRows)).size > 1) {
    const each = fixed.map(({ name, fixedRows }) => `${name}: ${fixedRows}`).join(', ');
    faults.push(`inputs: their fixed batch dimensions differ (${each}), expected one number of rows per run`);
  }
  return faults;
}

/** Whether a path is relative, in forward slashes, and stays inside the package. */
export function isInsidePath(path: string): boolean {
  if (path.includes('\\') || path.includes('\0')) return false;
  return path.split('/').every((step) => step !== '' && step !== '.' && step !== '..');
}
