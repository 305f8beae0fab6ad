import { compileConfig } from './compile.ts';
import { findContradictions } from './contradictions.ts';
import { type ConfigDocument, type Place, readDocument } from './document.ts';
import { type ConfigFault, type ConfigWarning, orderFaults } from './faults.ts';
import { formatPath, parseFieldPath } from './fieldPath.ts';
import { fileSchema } from './fileSchema.ts';
import { faultsOfIssues, flattenIssues } from './issues.ts';
import { parseLeniently } from './lenient.ts';
import type { KafkaCredentials, PipelineConfig } from './pipelineConfig.ts';
import { type ProvableConfig, provableOf } from './provable.ts';
import { type ReferenceSources, readBoundedFile } from './references.ts';
import { valueAt } from './valueAt.ts';
import { findWarnings } from './warnings.ts';

export type LoadedConfig =
  | {
      readonly ok: true;
      readonly config: PipelineConfig;
      readonly file: string;
      readonly warnings: readonly ConfigWarning[];
      /** Where in the file `path` (`output.fields.score`) is, or the nearest thing around it. */
      readonly placeOf: (path: string) => Place | undefined;
    }
  | {
      readonly ok: false;
      /** At least one, in the order of the file. */
      readonly faults: readonly ConfigFault[];
      /** What can be proved of it all the same. */
      readonly provable?: ProvableConfig | undefined;
      readonly placeOf: (path: string) => Place | undefined;
    };

/**
 * Reads, resolves and validates a pipeline file. Never throws over what is in it: all its faults are told at once.
 * Relative paths, in the file and in `${file:...}`, are relative to the working directory.
 */
export function loadConfig(
  file: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): LoadedConfig {
  const content = readBoundedFile(file);
  if ('unreadable' in content) {
    const expected = 'a readable pipeline file';
    const faults = [{ path: '', problem: content.unreadable, expected }];
    return { ok: false, faults, placeOf: () => undefined };
  }
  return parseConfig(content.text, file, { env, readFile: readBoundedFile });
}

/**
 * `loadConfig` for an object with the keys of a pipeline file, which means what the file would: references in its texts are
 * resolved. Faults and warnings have no places.
 */
export function loadDefinition(
  definition: object,
  env: Readonly<Record<string, string | undefined>> = process.env,
): LoadedConfig {
  const placeOf = () => undefined;
  let text: string;
  try {
    // JSON is YAML, and what JSON cannot hold no pipeline file can.
    text = JSON.stringify(definition) ?? 'null';
  } catch (cause) {
    const problem = `cannot be written as JSON: ${(cause as Error).message.split('\n', 1)[0]}`;
    return { ok: false, faults: [{ path: '', problem, expected: 'plain data' }], placeOf };
  }
  const loaded = parseConfig(text, 'the definition', { env, readFile: readBoundedFile });
  if (!loaded.ok) return { ok: false, faults: loaded.faults.map(withoutPlace), placeOf };
  // A secret that the caller has fetched somewhere was not written into a file.
  const warnings = loaded.warnings.filter(({ secret }) => !secret).map(withoutPlace);
  return { ...loaded, warnings, placeOf };
}

function withoutPlace<T extends Partial<Place>>({ line: _line, column: _column, ...rest }: T) {
  return rest;
}

/** `loadConfig` for text that is at hand; `file` is its name. */
export function parseConfig(
  text: string,
  file: string,
  sources: ReferenceSources = { env: process.env, readFile: readBoundedFile },
): LoadedConfig {
  const document = readDocument(text, sources);
  const parsed = parseValues(document);
  const issueFaults = faultsOfIssues(document, parsed.issues);
  const valid = parseLeniently(fileSchema, document.value) ?? {};
  const contradictions = findContradictions(document, valid);
  const semantic = [...issueFaults, ...contradictions].filter(
    // What seems missing or empty beside a syntax fault may be in the part that could not be read.
    (fault) =>
      document.soundUntilLine === Infinity ||
      (fault.problem !== 'is missing' &&
        fault.problem !== 'is empty' &&
        (fault.line ?? Infinity) < document.soundUntilLine),
  );
  const faults = orderFaults([...document.faults, ...semantic]);
  const placeOf = (text: string): Place | undefined => {
    const path = parseFieldPath(text);
    return path && document.placeOf(path);
  };
  if (parsed.file === undefined || faults.length > 0) {
    const provable = document.soundUntilLine === Infinity ? provableOf(valid) : undefined;
    return { ok: false, faults, provable, placeOf };
  }
  const renew = fromFiles(document) ? () => credentialsNow(text, file, sources) : undefined;
  const config = compileConfig(parsed.file, renew);
  return { ok: true, config, file, warnings: findWarnings(document, config), placeOf };
}

/** Whether something of the credentials for Kafka is read from a file, which may be replaced while the pipeline runs. */
function fromFiles({ references }: ConfigDocument): boolean {
  return [...references].some(
    ([path, texts]) => /^kafka\.(tls|sasl)\./.test(path) && texts.some((text) => text.startsWith('${file:')),
  );
}

function credentialsNow(text: string, file: string, sources: ReferenceSources): KafkaCredentials {
  const loaded = parseConfig(text, file, sources);
  if (!loaded.ok) throw new Error(loaded.faults.map(({ path, problem }) => `${path} ${problem}`).join('; '));
  const { tls, sasl } = loaded.config.kafka;
  return { ...(tls && { tls }), ...(sasl && { sasl }) };
}

function parseValues(document: ConfigDocument) {
  const first = fileSchema.safeParse(document.value);
  if (first.success) return { file: first.data, issues: [] };
  const issues = flattenIssues(first.error.issues);
  if (!readReferencedScalars(document, issues)) return { file: undefined, issues };
  const second = fileSchema.safeParse(document.value);
  return second.success
    ? { file: second.data, issues: [] }
    : { file: undefined, issues: flattenIssues(second.error.issues) };
}

/**
 * The environment holds text only: where a number or boolean is expected and a reference gave text that is one, it becomes one.
 * Only there, so that a password of digits stays text.
 */
function readReferencedScalars(document: ConfigDocument, issues: ReturnType<typeof flattenIssues>): boolean {
  let changed = false;
  for (const issue of issues) {
    if (issue.code !== 'invalid_type') continue;
    const path = issue.path as (string | number)[];
    const value = valueAt(document.value, path);
    if (typeof value !== 'string' || !document.references.has(formatPath(path))) continue;
    const scalar = readScalar(value, issue.expected);
    if (scalar === undefined) continue;
    const parent = valueAt(document.value, path.slice(0, -1)) as Record<string | number, unknown>;
    parent[path.at(-1)!] = scalar;
    changed = true;
  }
  return changed;
}

function readScalar(text: string, expected: string): number | boolean | undefined {
  if (expected === 'boolean') return text === 'true' ? true : text === 'false' ? false : undefined;
  if (expected !== 'number' && expected !== 'int') return undefined;
  return /^-?[0-9]+(?:\.[0-9]+)?$/.test(text) ? Number(text) : undefined;
}
