/**
 * Runs the tests: `node tools/test.ts [unit | tutorials | integration | faults | heavy | all] [path ...]`.
 * Without a word: unit, tutorials and integration. Paths choose files by the beginning of their name, from any kind.
 * Tutorials install Python packages the first time; the heavy ones need frameworks of gigabytes and say so where they are not.
 * Integration and fault tests talk to a real broker and registry: those named by TIDEMARK_BROKERS and
 * TIDEMARK_REGISTRY_URL, else a private stack that lives as long as the run.
 */
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { type EventData, run } from 'node:test';
import { type FileResult, Reporter, type TestFailure } from './reporter.ts';
import { givenBy } from './stack/environment.ts';
import { StackError } from './stack/errors.ts';

type Kind = 'unit' | 'tutorials' | 'integration' | 'faults' | 'heavy';

/** A file that keeps its process alive would hang the run for ever; node:test itself has no deadline for that. */
const FILE_LIMIT_MS: Record<Kind, number> = {
  unit: 120_000,
  tutorials: 600_000,
  integration: 300_000,
  faults: 1_200_000,
  heavy: 1_200_000,
};
const FILES_AT_ONCE: Record<Kind, number> = { unit: 2, tutorials: 1, integration: 2, faults: 1, heavy: 1 };
const NEEDS_STACK: ReadonlySet<Kind> = new Set(['integration', 'faults']);
const KINDS: Record<string, readonly Kind[]> = {
  unit: ['unit'],
  tutorials: ['tutorials'],
  integration: ['integration'],
  faults: ['faults'],
  heavy: ['heavy'],
  usual: ['unit', 'tutorials', 'integration'],
  all: ['unit', 'tutorials', 'integration', 'faults', 'heavy'],
};

const root = process.cwd();

function kindOf(file: string): Kind {
  const folder = file.split('/')[1];
  return KINDS.all!.find((kind) => kind === folder) ?? 'unit';
}

function chooseFiles(args: readonly string[]): Map<Kind, string[]> {
  const paths = args.filter((arg) => !(arg in KINDS)).map((path) => path.replace(/^\.\//, ''));
  const named = args.flatMap((arg) => KINDS[arg] ?? []);
  const kinds = named.length > 0 ? named : paths.length > 0 ? KINDS.all! : KINDS.usual!;
  const chosen = new Map<Kind, string[]>();
  for (const file of globSync('test/**/*.test.ts', { cwd: root }).sort()) {
    const kind = kindOf(file);
    if (!kinds.includes(kind)) continue;
    if (paths.length > 0 && !paths.some((path) => file.startsWith(path))) continue;
    chosen.set(kind, [...(chosen.get(kind) ?? []), file]);
  }
  return chosen;
}

async function runFile(file: string, limitMs: number, stopped: AbortSignal): Promise<FileResult> {
  const path = join(root, file);
  const failures: TestFailure[] = [];
  const suites: string[] = [];
  let passed = 0;
  const skipped: string[] = [];
  let output = '';
  const limit = AbortSignal.timeout(limitMs);
  const startMs = performance.now();
  for await (const event of run({ files: [path], cwd: root, signal: AbortSignal.any([limit, stopped]) })) {
    if (event.type === 'test:start') {
      suites[event.data.nesting] = event.data.name;
    } else if (event.type === 'test:stdout' || event.type === 'test:stderr') {
      output += event.data.message;
    } else if (event.type === 'test:pass') {
      const { skip, name, details } = event.data;
      const ran = skip === undefined || skip === false;
      // A suite counts by its tests, unless it is skipped: then node:test never asks it for them. A file without tests "passes" as
      // one test that bears the file's name.
      if ((details.type === 'suite' && ran) || name === path) continue;
      if (ran) passed++;
      else skipped.push(typeof skip === 'string' && skip !== '' ? skip : name);
    } else if (event.type === 'test:fail') {
      const failure = failureOf(event.data, suites, path, limit.aborted ? limitMs : undefined);
      if (failure) failures.push(failure);
    }
  }
  if (passed + skipped.length + failures.length === 0)
    failures.push({ name: 'the file', error: 'It has no tests.' });
  return { file, passed, skipped, failures, seconds: (performance.now() - startMs) / 1000, output };
}

function failureOf(
  fail: EventData.TestFail,
  suites: readonly string[],
  path: string,
  overLimitMs: number | undefined,
): TestFailure | undefined {
  const error = fail.details.error;
  // A suite fails because of its tests, which have been told already.
  if ('failureType' in error && error.failureType === 'subtestsFailed') return undefined;
  if (fail.name === path) {
    const over = `It did not end within ${(overLimitMs ?? 0) / 1000} s and was killed.`;
    return { name: 'the file', error: overLimitMs === undefined ? error : over };
  }
  return { name: [...suites.slice(0, fail.nesting), fail.name].join(' > '), error };
}

async function runAll(
  kind: Kind,
  files: readonly string[],
  reporter: Reporter,
  stopped: AbortSignal,
): Promise<void> {
  const waiting = [...files];
  const lane = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined && !stopped.aborted; file = waiting.shift()) {
      const result = await runFile(file, FILE_LIMIT_MS[kind], stopped);
      if (!stopped.aborted) reporter.fileEnded(result);
    }
  };
  await Promise.all(Array.from({ length: FILES_AT_ONCE[kind] }, lane));
}

/** Puts a broker and a registry into the environment of the tests. @returns what takes down what was started. */
async function provideStack(reporter: Reporter, stopped: AbortSignal): Promise<() => Promise<void>> {
  const { startStack } = await import('./stack/stack.ts');
  const stack = await startStack({
    ports: 'free',
    given: givenBy(process.env),
    signal: stopped,
    onProgress: (line) => reporter.note(line),
  });
  process.env.TIDEMARK_BROKERS = stack.brokers.join(',');
  process.env.TIDEMARK_REGISTRY_URL = stack.registryUrl;
  return () => stack.stop();
}

async function main(args: readonly string[]): Promise<number> {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 24) {
    console.error(`The tests need Node 24 or later; this is ${process.version}. Run them as \`npm test\`.`);
    return 1;
  }
  // ONNX Runtime sends telemetry unless this is set before its first session.
  process.env.ORT_DISABLE_TELEMETRY = '1';
  const chosen = chooseFiles(args);
  if (chosen.size === 0) {
    console.error(`No test file matches: ${args.join(' ')}`);
    return 1;
  }
  const reporter = new Reporter(process.stdout);
  const interrupt = new AbortController();
  // Every time: npm passes on what the terminal sent to both, and a second one must not cut the cleaning up short.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupt.abort());
  const startMs = performance.now();
  let stopStack: (() => Promise<void>) | undefined;
  try {
    for (const [kind, files] of [...chosen].sort(([a], [b]) => order(a) - order(b))) {
      if (interrupt.signal.aborted) break;
      if (NEEDS_STACK.has(kind)) stopStack ??= await provideStack(reporter, interrupt.signal);
      await runAll(kind, files, reporter, interrupt.signal);
    }
  } catch (error) {
    // The stack says in a sentence what it lacks; its stack trace would only hide it.
    if (interrupt.signal.aborted) return 130;
    if (!(error instanceof StackError)) throw error;
    reporter.note(error.message);
    return 1;
  } finally {
    await stopStack?.();
  }
  if (interrupt.signal.aborted) return 130;
  return reporter.ended((performance.now() - startMs) / 1000) ? 0 : 1;
}

function order(kind: Kind): number {
  return KINDS.all!.indexOf(kind);
}

process.exitCode = await main(process.argv.slice(2));
