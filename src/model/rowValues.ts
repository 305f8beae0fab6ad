/**
 * Puts a row of plain values, as an event would give them, into model inputs by the package's rules. The slow, obvious counterpart of the
 * readers compiled from Avro schemas: golden vectors go through it.
 */
import type { ErrorCode } from '../errors.ts';
import type { InputBuffer } from '../pipeline/ports.ts';
import { type CardFeature, holds } from './features.ts';

/** What an event gives for a feature. */
export type EventValue = number | boolean | string | null;

export interface ValueFault {
  readonly code: ErrorCode;
  readonly feature: string;
  readonly detail: string;
}

const WORD = 2 ** 32;

/** Fills row `row` of `inputs` from `values` (in feature order). @returns undefined, or the first fault. */
export function fillRow(
  features: readonly CardFeature[],
  values: readonly EventValue[],
  inputs: readonly InputBuffer[],
  row: number,
): ValueFault | undefined {
  for (let i = 0; i < features.length; i++) {
    const feature = features[i]!;
    const value = tensorValue(feature, values[i] ?? null);
    if (typeof value === 'object') return value;
    put(inputs[feature.input]!, row, feature.column, value);
  }
  return undefined;
}

/** What goes into the tensor for a feature's value, or why nothing can. */
function tensorValue(feature: CardFeature, value: EventValue): number | string | ValueFault {
  const { name, type, categories } = feature;
  if (value === null || (typeof value === 'number' && Number.isNaN(value))) {
    if (feature.missing !== 'reject') return feature.missing;
    return {
      code: 'E-FEATURE-MISSING',
      feature: name,
      detail: `${name} is missing and model.yaml says reject`,
    };
  }
  if (categories !== undefined) return category(feature, value, categories);
  if (type === 'string') {
    if (typeof value === 'string') return value;
    return { code: 'E-FEATURE-CATEGORY', feature: name, detail: `${name} is ${value}, expected text` };
  }
  const number = typeof value === 'boolean' ? Number(value) : value;
  if (typeof number === 'string') {
    return {
      code: 'E-FEATURE-RANGE',
      feature: name,
      detail: `${name} is ${JSON.stringify(value)}, expected a number`,
    };
  }
  return inRange(feature, number);
}

function category(
  feature: CardFeature,
  value: number | boolean | string,
  categories: readonly string[],
): number | string | ValueFault {
  const index = typeof value === 'string' ? categories.indexOf(value) : -1;
  if (index >= 0) return feature.type === 'string' ? categories[index]! : index;
  if (feature.unknown !== 'reject') return feature.unknown;
  const detail = `${feature.name} is ${JSON.stringify(value)}, expected one of ${categories.join(', ')}`;
  return { code: 'E-FEATURE-CATEGORY', feature: feature.name, detail };
}

function inRange({ name, type, min, max }: CardFeature, value: number): number | ValueFault {
  const fault = (expectation: string): ValueFault => ({
    code: 'E-FEATURE-RANGE',
    feature: name,
    detail: `${name} is ${value}, expected ${expectation}`,
  });
  if (min !== undefined && value < min) return fault(`at least ${min}`);
  if (max !== undefined && value > max) return fault(`at most ${max}`);
  return holds(value, type) ? value : fault(`a value that ${type} holds`);
}

function put(input: InputBuffer, row: number, column: number, value: number | string): void {
  const at = row * input.columns + column;
  if (input.type === 'string') {
    input.values[at] = String(value);
    return;
  }
  const number = Number(value);
  if (input.type === 'int64') {
    input.values[at * 2] = number >>> 0;
    input.values[at * 2 + 1] = Math.floor(number / WORD);
    return;
  }
  input.values[at] = number;
}
