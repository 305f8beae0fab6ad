/**
 * Rows given to `tidemark model pack --golden`. JSON, either a list of rows or { rows, outputs?, features? }; a row is a list of
 * values in feature order or an object by feature name (a feature left out is missing); `outputs` holds what training computed, by output
 * name, one value per row.
 */
import { z } from 'zod';
import { refuse } from './card.ts';
import { fault, faultsOf, strict } from './faults.ts';
import { type ExpectedOutputs, eventValueSchema, expectedSchema, parseJson, rowsOf } from './golden.ts';
import type { EventValue } from './rowValues.ts';

const rowSchema = z.union([z.array(eventValueSchema), z.record(z.string(), eventValueSchema)], {
  error: 'expected a list of values, or an object of values by feature name',
});
const fileSchema = z.preprocess(
  (value) => (Array.isArray(value) ? { rows: value } : value),
  strict(
    {
      rows: rowsOf(rowSchema),
      features: z.array(z.string(), 'expected the feature names in order').optional(),
      outputs: z.record(z.string(), expectedSchema).optional(),
    },
    'a list of rows, or { rows, outputs, features }',
  ),
);

export interface GivenRows {
  /** In feature order. */
  readonly rows: readonly (readonly EventValue[])[];
  readonly outputs: ExpectedOutputs | undefined;
}

/** Throws E-MODEL-PACKAGE with every fault; `file` is for the message. */
export function parseGivenRows(
  json: string,
  features: readonly string[],
  outputNames: readonly string[],
  file: string,
): GivenRows {
  const raw = parseJson(json, file);
  const parsed = fileSchema.safeParse(raw);
  if (!parsed.success) refuse(file, faultsOf(parsed.error, Array.isArray(raw) ? { rows: raw } : raw, ''));
  const { rows, outputs, features: order } = parsed.data;
  const faults: string[] = [];
  if (order !== undefined && order.join('\n') !== features.join('\n')) {
    faults.push(fault('features', order, `expected the order of --features: ${features.join(', ')}`));
  }
  for (const [name, values] of Object.entries(outputs ?? {})) {
    if (!outputNames.includes(name)) {
      faults.push(`outputs.${name}: no such output, expected of ${outputNames.join(', ')}`);
    } else if (values.length !== rows.length) {
      faults.push(`outputs.${name}: ${values.length} values, expected ${rows.length} (one per row)`);
    }
  }
  const ordered = rows.map((row, index) => inOrder(row, features, `rows[${index}]`, faults));
  if (faults.length > 0) refuse(file, faults);
  return { rows: ordered, outputs: outputs && Object.keys(outputs).length > 0 ? outputs : undefined };
}

function inOrder(
  row: EventValue[] | Record<string, EventValue>,
  features: readonly string[],
  at: string,
  faults: string[],
): EventValue[] {
  if (Array.isArray(row)) {
    if (row.length !== features.length)
      faults.push(`${at}: ${row.length} values, expected ${features.length}`);
    return row;
  }
  for (const name of Object.keys(row).filter((key) => !features.includes(key))) {
    faults.push(`${at}.${name}: no such feature, expected of ${features.join(', ')}`);
  }
  return features.map((name) => (Object.hasOwn(row, name) ? row[name]! : null));
}
