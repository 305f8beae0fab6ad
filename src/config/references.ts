/**
 * `${NAME}`, `${NAME:-default}` and `${file:/path}` within string values. `$${` stands for a literal `${`.
 * An empty variable counts as missing, as an empty secret is always a mistake.
 */
import { readFileSync, statSync } from 'node:fs';

/** Where references are looked up. */
export interface ReferenceSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The text of a file, or why it cannot be read. */
  readonly readFile: (path: string) => { readonly text: string } | { readonly unreadable: string };
}

export interface ResolvedText {
  readonly text: string;
  /** The references in the text as written, without defaults: `${NAME}`, `${file:/path}`. */
  readonly references: readonly string[];
  readonly faults: readonly { readonly problem: string; readonly expected: string }[];
}

const REFERENCE = /\$\$\{|\$\{([^}]*)\}?/g;
const VARIABLE = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s;
const MAX_FILE_BYTES = 1_048_576;

/** Replaces every reference in `text`; those that cannot be resolved are faults. */
export function resolveReferences(text: string, sources: ReferenceSources): ResolvedText {
  const references: string[] = [];
  const faults: { problem: string; expected: string }[] = [];
  const resolved = text.replace(REFERENCE, (whole: string, inner: string | undefined) => {
    if (whole === '$${') return '${';
    const variable = whole.endsWith('}') ? VARIABLE.exec(inner!) : null;
    if (variable !== null) {
      const [, name, fallback] = variable;
      references.push(`\${${name}}`);
      const value = sources.env[name!];
      if (value !== undefined && value !== '') return value;
      if (fallback !== undefined) return fallback;
      const state = value === '' ? 'is empty' : 'is not set';
      faults.push({
        problem: `needs the environment variable ${name}, which ${state}`,
        expected: `${name} in the environment, or a default: \${${name}:-...}`,
      });
      return '';
    }
    if (whole.endsWith('}') && inner!.startsWith('file:') && inner!.length > 'file:'.length) {
      const path = inner!.slice('file:'.length);
      references.push(`\${file:${path}}`);
      const content = sources.readFile(path);
      // Editors and `echo` end a file with a newline that is no part of the secret.
      if ('text' in content) return content.text.replace(/\r?\n$/, '');
      faults.push({
        problem: `needs the file ${path}, which ${content.unreadable}`,
        expected: 'a readable file',
      });
      return '';
    }
    faults.push({
      problem: 'holds a reference that cannot be read',
      expected: `\${NAME}, \${NAME:-default} or \${file:/path}; $\${ for a literal \${`,
    });
    return '';
  });
  return { text: resolved, references, faults };
}

/** Reads a text file for configuration: bounded, and with a reason in words instead of an exception. */
export function readBoundedFile(path: string): { text: string } | { unreadable: string } {
  try {
    const stat = statSync(path);
    // A pipe or device has no end that could be checked beforehand.
    if (!stat.isFile()) return { unreadable: 'is not a regular file' };
    if (stat.size > MAX_FILE_BYTES) return { unreadable: 'is larger than 1 MiB' };
    return { text: readFileSync(path, 'utf8') };
  } catch (thrown) {
    return { unreadable: REASONS[(thrown as NodeJS.ErrnoException).code ?? ''] ?? 'cannot be read' };
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  EACCES: 'may not be read by this user',
  ENOTDIR: 'lies below something that is not a folder',
};
