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
  const each = keys.map((key) => `unknown key ${key}${didYouMean(key, known)}`);
  return `${each.join(', ')}; expected only ${known.join(', ')}`;
}

/** ` (did you mean WORD?)`, or nothing when no valid word is near. */
export function didYouMean(written: string, words: readonly string[]): string {
  if (words.length === 0) return '';
  const nearest = closest(written, words);
  return distance(written, nearest) <= SUGGESTION_EDITS ? ` (did you mean ${nearest}?)` : '';
}

/** Why a file or folder cannot be read, as the end of a sentence that begins with its name. */
export function unreadable(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  return UNREADABLE[code ?? ''] ?? `cannot be read (${code ?? message})`;
}

const UNREADABLE: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'does not exist',
  EISDIR: 'is a folder',
  EACCES: 'may not be read by this user',
};

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
