import type { ConfigDocument } from './document.ts';
import { type FieldPath, formatPath } from './fieldPath.ts';
import { valueAt } from './valueAt.ts';

const SECRET_KEYS: ReadonlySet<string | number | undefined> = new Set([
  'password',
  'token',
  'key',
  'sasl',
  'auth',
  'tls',
]);
const TOKEN_KEYS: typeof SECRET_KEYS = new Set(['read_token', 'change_token']);
const MAX_SHOWN_CHARACTERS = 60;

/** Whether a place in the file holds a secret, or would if a line of it were not forgotten. */
function isSecretPath(path: FieldPath): boolean {
  if (path[0] === 'tracing') return path[1] === 'headers' || SECRET_KEYS.has(path.at(-1));
  if (path[0] === 'http') return TOKEN_KEYS.has(path.at(-1));
  return (path[0] === 'kafka' || path[0] === 'registry') && SECRET_KEYS.has(path.at(-1));
}

/** Whether the value at a path may be shown to people. */
export function isShowable(document: ConfigDocument, path: FieldPath): boolean {
  return !isSecretPath(path) && !document.references.has(formatPath(path));
}

/**
 * A scalar of the file as faults show it: shortened, without the credentials and query of URLs, and as `*** from ${NAME}` when it came from
 * elsewhere. Undefined for mappings, lists and what is absent: they are long, and may hold secrets.
 */
export function shownValue(document: ConfigDocument, path: FieldPath): string | undefined {
  const value = valueAt(document.value, path);
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return undefined;
  const references = document.references.get(formatPath(path));
  if (references !== undefined) return `*** from ${references.join(', ')}`;
  if (isSecretPath(path)) return '***';
  if (typeof value !== 'string') return String(value);
  const text = value.replace(/^([a-z]+:\/\/)?.*@/is, '$1***@').replace(/\?.*$/s, '?***');
  return JSON.stringify(
    text.length > MAX_SHOWN_CHARACTERS ? `${text.slice(0, MAX_SHOWN_CHARACTERS)}…` : text,
  );
}
