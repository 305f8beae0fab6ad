/** Faults of files people write, in one form: `path: got VALUE, expected EXPECTATION`. Every fault, not just the first. */
import { closest, distance } from 'fastest-levenshtein';
import { z } from 'zod';

const VALUE_CHARACTERS = 60;
/** Edits after which a suggestion is more confusing than none. */
const SUGGESTION_EDITS = 3;

/** An object whose unknown keys are faults that name the nearest known key. */
export function strict<Shape extends z.core.$ZodLooseShape>(
  shape: Shape,
  expectation: string,
): z.ZodObject<Shape, z.core.$strict> {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? unknownKeys(issue.keys, known) : `expected ${expectation}`,
  });
}

function unknownKeys(keys: readonly string[], known: readonly string[]): string {
  const each = keys.map((key) => {
    const nearest = closest(key, known);
    const hint = distance(key, nearest) <= SUGGESTION_EDITS ? ` (did you mean ${nearest}?)` : '';
    return `unknown key ${key}${hint}`;
  });
  return `${each.join(', ')}; expected only ${known.join(', ')}`;
}

/** For refinements of a whole mapping: also when an entry of it is at fault, so that all faults are told at once. */
export const evenWithFaults = {
  when: ({ value }: z.core.ParsePayload) => typeof value === 'object' && value !== null,
};

/** One line per issue of a zod error; `root` is what was parsed, `at` the path of that in its file (empty: the file). */
export function faultsOf(error: z.ZodError, root: unknown, at: string): string[] {
  return error.issues.map((issue) => {
    const path = [at, pathText(issue.path)]
      .filter((part) => part !== '')
      .join(at && hasIndexFirst(issue.path) ? '' : '.');
    if (issue.code === 'unrecognized_keys') return `${path || 'the file'}: ${issue.message}`;
    if (issue.code === 'invalid_key') {
      return `${path}: as a name, ${issue.issues.map(({ message }) => message).join(', ')}`;
    }
    return fault(path || 'the file', valueAt(root, issue.path), issue.message);
  });
}

/** One fault; `expectation` is a sentence part that follows the value. */
export function fault(path: string, value: unknown, expectation: string): string {
  return `${path}: ${value === undefined ? 'missing' : `got ${valueText(value)}`}, ${expectation}`;
}

function hasIndexFirst(path: readonly PropertyKey[]): boolean {
  return typeof path[0] === 'number';
}

function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    return text === '' ? String(step) : `${text}.${String(step)}`;
  }, '');
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<PropertyKey, unknown>)[step];
  }
  return value;
}

function valueText(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length > VALUE_CHARACTERS ? `${text.slice(0, VALUE_CHARACTERS)}...` : text;
}
