/**
 * Golden vectors: rows as events would give them, before tensors, and what the model made of them. JSON:
 * { "features": [names in order], "rows": [[value, ...], ...], "outputs": { "score": [value per row], ... } }.
 * A value of a row is a number, boolean, text or null; of an output a number, text, or "NaN", "Infinity", "-Infinity".
 */
import { z } from 'zod';
import { TidemarkError } from '../errors.ts';
import type { OutputValues, Scorer } from '../pipeline/ports.ts';
import { type Card, GOLDEN_FILE, refuse } from './card.ts';
import { faultsOf, strict } from './faults.ts';
import type { CardFeature } from './features.ts';
import { type EventValue, fillRow } from './rowValues.ts';

/** More would slow down every start and guard no better. */
const MAX_GOLDEN_ROWS = 1000;
/**
 * An output value below this part of the output's largest is compared as if it were that large: what float32 computes on the scale of 1
 * (1 - p, say) is off by 6e-8 however small the result, which is no small part of it.
 */
const FLOOR = 0.1;
const SHOWN_DIFFERENCES = 5;

export const eventValueSchema = z.union([z.number(), z.boolean(), z.string(), z.null()], {
  error: 'expected a number, true, false, text or null',
});

/** A list of rows, each of the form given. */
export function rowsOf<Row extends z.ZodType>(row: Row): z.ZodArray<Row> {
  return z
    .array(row, 'expected a list of rows')
    .min(1, 'expected at least one row')
    .max(MAX_GOLDEN_ROWS, `expected at most ${MAX_GOLDEN_ROWS} rows`);
}

export const expectedSchema = z.array(
  z.union([z.number(), z.string()], 'expected a number or text'),
  'expected a list of numbers or texts',
);

const goldenSchema = strict(
  {
    features: z.array(z.string()),
    rows: rowsOf(z.array(eventValueSchema)),
    outputs: z.record(z.string(), expectedSchema),
  },
  '{ features, rows, outputs }',
);

/** Expected values by output name, one per row. */
export type ExpectedOutputs = Readonly<Record<string, readonly (number | string)[]>>;

export interface Golden {
  readonly features: readonly string[];
  readonly rows: readonly (readonly EventValue[])[];
  readonly outputs: ExpectedOutputs;
}

/** Reads golden.json and checks it against the card. Throws E-MODEL-PACKAGE with every fault; `file` is for the message. */
export function parseGolden(json: string, card: Pick<Card, 'features' | 'outputs'>, file: string): Golden {
  const raw = parseJson(json, file);
  const parsed = goldenSchema.safeParse(raw);
  if (!parsed.success) refuse(file, faultsOf(parsed.error, raw, ''));
  const { features, rows, outputs } = parsed.data;
  const names = card.features.map(({ name }) => name);
  const faults: string[] = [];
  if (features.join('\n') !== names.join('\n')) {
    faults.push(
      `features: got ${features.join(', ')}, expected those of model.yaml in order: ${names.join(', ')}`,
    );
  }
  rows.forEach((row, index) => {
    if (row.length !== names.length)
      faults.push(`rows[${index}]: ${row.length} values, expected ${names.length}`);
  });
  for (const { name } of card.outputs) {
    const count = outputs[name]?.length ?? 0;
    if (count !== rows.length)
      faults.push(`outputs.${name}: ${count} values, expected ${rows.length} (one per row)`);
  }
  if (faults.length > 0) refuse(file, faults);
  return parsed.data;
}

/** Parses JSON. Throws E-MODEL-PACKAGE; `file` is for the message. */
export function parseJson(json: string, file: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    // Python's json writes NaN and Infinity, which are not JSON.
    const hint = /[[:,]\s*(-?Infinity|NaN)\b/.test(json) ? '; write a missing value as null, not as NaN' : '';
    throw new TidemarkError('E-MODEL-PACKAGE', `${file} is not JSON: ${(cause as Error).message}${hint}`, {
      cause,
    });
  }
}

/** Scores rows of event values. Throws E-MODEL-PACKAGE when a row breaks the package's own rules, naming each such row. */
export async function scoreRows(
  scorer: Scorer,
  features: readonly CardFeature[],
  rows: readonly (readonly EventValue[])[],
  file: string,
): Promise<OutputValues[]> {
  const inputs = scorer.newInputs(rows.length);
  const faults = rows.flatMap((row, index) => {
    const fault = fillRow(features, row, inputs, index);
    return fault ? [`rows[${index}]: ${fault.detail} (${fault.code})`] : [];
  });
  if (faults.length > 0) refuse(file, faults);
  const outputs = scorer.newOutputs(rows.length);
  await scorer.run(inputs, rows.length, outputs);
  return outputs;
}

/**
 * Compares outputs with what is expected of them. A number agrees when it differs by at most
 * tolerance * max(|expected|, a tenth of the largest |expected| of that output); text must be equal.
 * @returns one sentence per value that does not agree, outputs in order, at most a handful and a count of the rest.
 */
export function differences(
  expected: ExpectedOutputs,
  got: readonly OutputValues[],
  tolerance: number,
): string[] {
  const lines = got.flatMap((output) => {
    const values = expected[output.name];
    if (values === undefined) return [];
    return differencesOf(output, output.kind === 'number' ? values.map(fromJson) : values, tolerance);
  });
  const rest = lines.length - SHOWN_DIFFERENCES;
  return rest > 0 ? [...lines.slice(0, SHOWN_DIFFERENCES), `and ${rest} more`] : lines;
}

function differencesOf(
  output: OutputValues,
  expected: readonly (number | string)[],
  tolerance: number,
): string[] {
  const sizes = expected.map((value) => (Number.isFinite(value) ? Math.abs(Number(value)) : 0));
  const floor = FLOOR * Math.max(...sizes);
  return expected.flatMap((want, row) => {
    const is = output.values[row]!;
    const at = `rows[${row}], output ${output.name}: expected ${want}, got ${is}`;
    if (typeof want === 'string' || typeof is === 'string') return want === is ? [] : [at];
    if (Object.is(want, is) || want === is) return [];
    const relative = Math.abs(want - is) / Math.max(Math.abs(want), floor);
    if (relative <= tolerance) return [];
    return [`${at}, off by ${relative.toExponential(1)} relative, tolerance ${tolerance}`];
  });
}

const NOT_FINITE = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);

function fromJson(value: number | string): number | string {
  return typeof value === 'string' ? (NOT_FINITE.get(value) ?? value) : value;
}

/** Outputs in the form of golden.json. */
export function toExpected(outputs: readonly OutputValues[]): Record<string, (number | string)[]> {
  return Object.fromEntries(
    outputs.map(({ name, values }) => [
      name,
      Array.from<number | string, number | string>(values, (value) =>
        typeof value === 'string' || Number.isFinite(value) ? value : String(value),
      ),
    ]),
  );
}

/** Runs the golden vectors. Throws E-MODEL-GOLDEN saying which row of which output differs, and by how much. */
export async function verifyGolden(scorer: Scorer, card: Card, golden: Golden): Promise<void> {
  const got = await scoreRows(scorer, card.features, golden.rows, GOLDEN_FILE);
  const lines = differences(golden.outputs, got, card.tolerance);
  if (lines.length === 0) return;
  throw new TidemarkError(
    'E-MODEL-GOLDEN',
    `${card.name} ${card.version} does not give its golden vectors:\n${lines.map((line) => `  ${line}`).join('\n')}`,
  );
}
