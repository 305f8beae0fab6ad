/** How a test run is told: one line per file as it ends, failures in full at once and again at the end. */
import { inspect, styleText } from 'node:util';

export interface TestFailure {
  /** `suite > test`. */
  readonly name: string;
  readonly error: unknown;
}

export interface FileResult {
  readonly file: string;
  readonly passed: number;
  /** Why each test that was skipped was. */
  readonly skipped: readonly string[];
  readonly failures: readonly TestFailure[];
  readonly seconds: number;
  /** What the file printed; shown only when it failed. */
  readonly output: string;
}

/** Whole lines are kept up to this many characters from the end: a failing test that logs in a loop must stay readable. */
const MAX_OUTPUT_CHARS = 20_000;

export class Reporter {
  readonly #out: NodeJS.WritableStream;
  readonly #results: FileResult[] = [];

  constructor(out: NodeJS.WritableStream) {
    this.#out = out;
  }

  note(line: string): void {
    this.#print(this.#paint('dim', line));
  }

  fileEnded(result: FileResult): void {
    this.#results.push(result);
    const ok = result.failures.length === 0;
    const mark = ok ? this.#paint('green', 'ok  ') : this.#paint('red', 'FAIL');
    const counts = [`${result.passed} passed`];
    if (!ok) counts.push(`${result.failures.length} failed`);
    if (result.skipped.length > 0) counts.push(`${result.skipped.length} skipped`);
    this.#print(`${mark} ${result.file}  ${counts.join(', ')}  ${result.seconds.toFixed(1)} s`);
    for (const reason of new Set(result.skipped)) this.note(indent(`skipped: ${reason}`));
    if (!ok) this.#tell(result);
  }

  /** @returns whether at least one test ran and none failed. */
  ended(seconds: number): boolean {
    const failed = this.#results.filter((result) => result.failures.length > 0);
    if (failed.length > 0) {
      this.#print(this.#paint('red', '\nFailures:'));
      for (const result of failed) {
        this.#print(this.#paint('red', result.file));
        this.#tell(result);
      }
    }
    const passed = sum(this.#results.map((result) => result.passed));
    const skipped = sum(this.#results.map((result) => result.skipped.length));
    const failures = sum(failed.map((result) => result.failures.length));
    const ok = failures === 0 && passed > 0;
    this.#print(
      this.#paint(
        ok ? 'green' : 'red',
        `\n${this.#results.length} files: ${passed} passed, ${failures} failed, ${skipped} skipped in ${seconds.toFixed(0)} s`,
      ),
    );
    return ok;
  }

  #tell(result: FileResult): void {
    if (result.output !== '') this.#print(indent(tail(result.output)));
    for (const failure of result.failures) {
      this.#print(indent(`${this.#paint('red', failure.name)}\n${indent(describe(failure.error))}`));
    }
  }

  #paint(style: 'red' | 'green' | 'dim', text: string): string {
    // styleText looks at the stream: colour only in terminals, none with NO_COLOR.
    return styleText(style, text, { stream: this.#out as NodeJS.WriteStream });
  }

  #print(text: string): void {
    this.#out.write(`${text}\n`);
  }
}

/** node:test wraps what a test threw; the reader wants the thing itself, with its stack and causes. */
function describe(error: unknown): string {
  const thrown = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return typeof thrown === 'string' ? thrown : inspect(thrown, { depth: 6 });
}

function tail(text: string): string {
  const trimmed = text.trimEnd();
  if (trimmed.length <= MAX_OUTPUT_CHARS) return trimmed;
  const cut = trimmed.slice(-MAX_OUTPUT_CHARS);
  return `... (the beginning is left out)\n${cut.slice(cut.indexOf('\n') + 1)}`;
}

function indent(text: string): string {
  return text.replaceAll(/^(?=.)/gm, '     ');
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, value) => total + value, 0);
}
