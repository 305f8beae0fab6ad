/**
 * The features of a model package: their forms in model.yaml and their places in the model's inputs.
 *
 * Where a feature goes: to the input it names (`input:`); else to the one-column input of its own name; else to the first input
 * that has room, but where any one-column input is found by its name, all of them have to be: what is left over there is a
 * slip of the hand, and must not be scored as something else. Within an input, columns are filled in the order of the list.
 * Every column of every input gets exactly one feature.
 */
import { z } from 'zod';
import type { FeaturePlan, TensorType } from '../pipeline/ports.ts';
import { didYouMean, fault, strict } from './faults.ts';

/** A feature as the package knows it: all but where in the event it is. */
export type CardFeature = Omit<FeaturePlan, 'path'>;

/** What placing needs to know of a model input. */
export interface InputColumns {
  readonly name: string;
  readonly type: TensorType;
  readonly columns: number;
}

const nameSchema = z.string('expected a name').min(1, 'expected a name that is not empty');
const finiteSchema = z.number('expected a number');
const fillSchema = (words: string) =>
  z.union([z.string(), z.number(), z.nan()], { error: `expected ${words}` });

const featureShape = {
  name: nameSchema,
  input: nameSchema.optional(),
  missing: fillSchema('reject, nan, a number, or (string inputs) a text').optional(),
  min: finiteSchema.optional(),
  max: finiteSchema.optional(),
  categories: z
    .array(z.string('expected text (quote numbers and true/false)'), 'expected a list of texts')
    .min(1, 'expected at least one category')
    .optional(),
  unknown: fillSchema('reject, a number, or (string inputs) a text').optional(),
};

const featureSchema = z.preprocess(
  (value) => (typeof value === 'string' ? { name: value } : value),
  strict(featureShape, 'a name, or { name, input, missing, min, max, categories, unknown }').superRefine(
    (feature, context) => {
      const refuse = (key: string, message: string) =>
        context.addIssue({ code: 'custom', path: [key], message });
      if (feature.min !== undefined && feature.max !== undefined && feature.min > feature.max) {
        refuse('min', `expected at most max (${feature.max})`);
      }
      if (feature.categories === undefined) {
        if (feature.unknown !== undefined) refuse('unknown', 'expected only together with categories');
        return;
      }
      if (new Set(feature.categories).size < feature.categories.length) {
        refuse('categories', 'expected each category once');
      }
      if (feature.min !== undefined) refuse('min', 'expected no range for a feature with categories');
      if (feature.max !== undefined) refuse('max', 'expected no range for a feature with categories');
    },
  ),
);

/** `features` of model.yaml: a bare name or an object, in the model's order. */
export const featuresSchema = z
  .array(featureSchema, 'expected a list of features')
  .min(1, 'expected at least one feature');

export type FeatureEntry = z.infer<typeof featureSchema>;

/** Gives every feature its input, column and type. Faults are complete; `features` is only good when there are none. */
export function placeFeatures(
  entries: readonly FeatureEntry[],
  inputs: readonly InputColumns[],
): { features: CardFeature[]; faults: string[] } {
  const faults = duplicateNames(entries);
  const inputOf = chooseInputs(entries, inputs, faults);
  const filled = inputs.map(() => 0);
  const features = entries.flatMap((entry, index): CardFeature[] => {
    const input = inputOf[index]!;
    if (input < 0) return [];
    const { type } = inputs[input]!;
    faults.push(...typeFaults(entry, type, `features[${index}]`));
    return [cardFeature(entry, input, filled[input]!++, type)];
  });
  faults.push(...countFaults(inputs, filled));
  return { features, faults };
}

/** What inputs got too few or too many features for, those without any on one line. */
function countFaults(inputs: readonly InputColumns[], filled: readonly number[]): string[] {
  const empty = inputs
    .filter(({ columns }, input) => columns === 1 && filled[input] === 0)
    .map(({ name }) => name);
  const faults = inputs.flatMap(({ name, columns }, input) =>
    filled[input] === columns || empty.includes(name)
      ? []
      : [`features: ${filled[input]} for input ${name}, expected ${columns}, in the order of its columns`],
  );
  if (empty.length > 0) faults.push(`features: none for input ${listed(empty)}, expected one each`);
  return faults;
}

const SHOWN_NAMES = 12;

function listed(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN_NAMES).join(', ');
  return names.length > SHOWN_NAMES ? `${shown} and ${names.length - SHOWN_NAMES} more` : shown;
}

function duplicateNames(entries: readonly FeatureEntry[]): string[] {
  const names = entries.map(({ name }) => name);
  return names.flatMap((name, index) =>
    names.indexOf(name) < index ? [fault(`features[${index}].name`, name, 'expected each feature once')] : [],
  );
}

/** The input of each feature, -1 where there is none. */
function chooseInputs(
  entries: readonly FeatureEntry[],
  inputs: readonly InputColumns[],
  faults: string[],
): number[] {
  const room = inputs.map(({ columns }) => columns);
  const named = entries.map((entry, index) => {
    if (entry.input === undefined) {
      if (inputs.length === 1) return -1;
      return inputs.findIndex(({ name, columns }) => name === entry.name && columns === 1);
    }
    const found = inputs.findIndex(({ name }) => name === entry.input);
    if (found < 0) {
      const names = inputs.map(({ name }) => name).join(', ');
      faults.push(
        fault(`features[${index}].input`, entry.input, `expected one of the model's inputs: ${names}`),
      );
    }
    return found;
  });
  for (const input of named) if (input >= 0) room[input]!--;
  const isByName = entries.some((entry, index) => entry.input === undefined && named[index]! >= 0);
  return entries.map((entry, index) => {
    if (named[index]! >= 0 || entry.input !== undefined) return named[index]!;
    const free = room.findIndex((left, input) => left > 0 && !(isByName && inputs[input]!.columns === 1));
    if (free >= 0) {
      room[free]!--;
      return free;
    }
    const left = inputs.filter((_, input) => room[input]! > 0).map(({ name }) => name);
    faults.push(
      left.length === 0
        ? `features[${index}]: ${entry.name} has no column left in the model's inputs`
        : `features[${index}]: ${entry.name} is the name of no input${didYouMean(entry.name, left)}; expected ${listed(left)}, or { name: ${entry.name}, input: ... }`,
    );
    return -1;
  });
}

function cardFeature(entry: FeatureEntry, input: number, column: number, type: TensorType): CardFeature {
  const missing = entry.missing ?? 'reject';
  return {
    name: entry.name,
    input,
    column,
    type,
    missing: missing === 'nan' && type !== 'string' ? Number.NaN : missing,
    ...(entry.min !== undefined && { min: entry.min }),
    ...(entry.max !== undefined && { max: entry.max }),
    ...(entry.categories !== undefined && { categories: entry.categories }),
    unknown: entry.unknown ?? 'reject',
  };
}

/** What a rule asks of the tensor's element type. */
function typeFaults(entry: FeatureEntry, type: TensorType, at: string): string[] {
  const faults: string[] = [];
  for (const key of ['missing', 'unknown'] as const) {
    const value = entry[key];
    if (value === undefined || value === 'reject' || fits(value, type, key === 'missing')) continue;
    faults.push(fault(`${at}.${key}`, value, `expected ${fillWords(type, key === 'missing')}`));
  }
  for (const key of ['min', 'max'] as const) {
    if (type !== 'string' || entry[key] === undefined) continue;
    faults.push(fault(`${at}.${key}`, entry[key], 'expected no range: its input holds text'));
  }
  if (type === 'bool' && (entry.categories?.length ?? 0) > 2) {
    faults.push(
      fault(`${at}.categories`, entry.categories, 'expected at most two: its input holds booleans'),
    );
  }
  return faults;
}

function fits(value: string | number, type: TensorType, nanAllowed: boolean): boolean {
  if (type === 'string') return typeof value === 'string' && value !== 'nan';
  const number = value === 'nan' ? Number.NaN : value;
  if (typeof number === 'string') return false;
  if (Number.isNaN(number)) return nanAllowed && (type === 'float32' || type === 'float64');
  return holds(number, type);
}

/** Whether a tensor of `type` holds `value` as it is (float32: rounded). */
export function holds(value: number, type: TensorType): boolean {
  switch (type) {
    case 'float32':
      return Number.isFinite(Math.fround(value));
    case 'float64':
      return Number.isFinite(value);
    case 'int32':
      return (value | 0) === value;
    case 'int64':
      return Number.isSafeInteger(value);
    case 'bool':
      return value === 0 || value === 1;
    case 'string':
      return false;
    default:
      return type satisfies never;
  }
}

function fillWords(type: TensorType, missing: boolean): string {
  if (type === 'string') return 'reject or a text other than nan: its input holds text';
  const words = {
    float32: 'a number',
    float64: 'a number',
    int32: 'an int32',
    int64: 'an integer',
    bool: '0 or 1',
  };
  const nan = missing && type.startsWith('float') ? ', nan' : '';
  return `reject${nan} or ${words[type]}: its input holds ${type}`;
}
