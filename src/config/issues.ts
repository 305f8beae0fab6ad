/** From what zod finds to faults people can act on. */
import type { z } from 'zod';
import { type ConfigDocument, UNRESOLVED } from './document.ts';
import type { ConfigFault } from './faults.ts';
import { type FieldPath, formatPath } from './fieldPath.ts';
import { describeKeys } from './jsonSchema.ts';
import { nearestWord } from './nearest.ts';
import { isShowable, shownValue } from './shown.ts';
import { valueAt } from './valueAt.ts';

type Issue = z.core.$ZodIssue;

/** Issues without unions: of each union, what is wrong with the alternative that was meant, if one plainly was. */
export function flattenIssues(issues: readonly Issue[], prefix: FieldPath = []): Issue[] {
  return issues.flatMap((issue) => {
    const path = [...prefix, ...(issue.path as FieldPath)];
    if (issue.code === 'invalid_union') {
      const meant = issue.errors.filter((branch) => branch.some(isWithinAlternative));
      if (meant.length === 1) return flattenIssues(meant[0]!, path);
    }
    return [{ ...issue, path: [...path] }];
  });
}

/** An issue that only a value of the right kind can have. */
function isWithinAlternative(issue: Issue): boolean {
  if (issue.path.length > 0) return true;
  return issue.code !== 'invalid_type' && issue.code !== 'invalid_value' && issue.code !== 'invalid_format';
}

/** Faults of flattened issues, without those that only follow from a reference that could not be resolved. */
export function faultsOfIssues(document: ConfigDocument, issues: readonly Issue[]): ConfigFault[] {
  return issues.flatMap((issue) => {
    const path = issue.path as FieldPath;
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => unknownKeyFault(document, path, key, issue.message.split(', ')));
    }
    const value = valueAt(document.value, path);
    return value === UNRESOLVED ? [] : [valueFault(document, path, value, issue)];
  });
}

function unknownKeyFault(
  document: ConfigDocument,
  parent: FieldPath,
  key: string,
  known: readonly string[],
): ConfigFault {
  const path = [...parent, key];
  const suggestion = nearestWord(key.replaceAll('-', '_'), known) ?? elsewhere(key);
  return {
    path: formatPath(path),
    ...document.placeOf(path),
    problem: 'is not a known key',
    expected: known.length === 1 ? `only ${known[0]}` : `one of ${known.join(', ')}`,
    ...(suggestion !== undefined && { suggestion }),
  };
}

/** The full path of a key that was written in the wrong place. */
function elsewhere(key: string): string | undefined {
  return describeKeys().find((known) => known.path.endsWith(`.${key}`))?.path;
}

function valueFault(document: ConfigDocument, path: FieldPath, value: unknown, issue: Issue): ConfigFault {
  const shown = shownValue(document, path);
  const suggestion =
    typeof value === 'string' && isShowable(document, path) ? suggestWord(value, issue) : undefined;
  return {
    path: formatPath(path),
    ...document.placeOf(path),
    problem: problemOf(value, issue),
    expected: issue.message,
    ...(shown !== undefined && { value: shown }),
    ...(suggestion !== undefined && { suggestion }),
  };
}

function suggestWord(value: string, issue: Issue): string | undefined {
  if (issue.code === 'custom' && typeof issue.params?.suggestion === 'string') return issue.params.suggestion;
  return nearestWord(value, wordsOf(issue));
}

function wordsOf(issue: Issue): string[] {
  if (issue.code === 'invalid_value') return issue.values.filter((value) => typeof value === 'string');
  if (issue.code !== 'invalid_union') return [];
  const options = (issue as { options?: readonly unknown[] }).options ?? [];
  return [
    ...options.filter((option) => typeof option === 'string'),
    ...issue.errors.flatMap((branch) => branch.flatMap(wordsOf)),
  ];
}

function problemOf(value: unknown, issue: Issue): string {
  if (value === undefined) return 'is missing';
  if (value === null || value === '') return 'is empty';
  if (typeof value === 'object' && Object.keys(value).length === 0) return 'is empty';
  return issue.code === 'invalid_type' ? `is ${kindOf(value)}` : 'is not valid';
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  switch (typeof value) {
    case 'string':
      return 'text';
    case 'number':
      return Number.isInteger(value) ? 'a whole number' : 'a number';
    case 'boolean':
      return 'true or false';
    default:
      return 'a mapping';
  }
}
