import { UNRESOLVED } from './document.ts';
import type { FieldPath } from './fieldPath.ts';

/** What stands at a path of plain values: undefined when nothing does, UNRESOLVED when it or what holds it could not be read. */
export function valueAt(root: unknown, path: FieldPath): unknown {
  let value = root;
  for (const segment of path) {
    if (value === UNRESOLVED) return UNRESOLVED;
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, segment)) return undefined;
    value = (value as Record<string | number, unknown>)[segment];
  }
  return value;
}
