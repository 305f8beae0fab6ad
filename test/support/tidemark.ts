/** Tidemark as its operator runs it: a process of its own, seen through its logs, its standard output and its exit status. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { waitFor } from './stack.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** One line of the log; what has no structure, such as a list of faults, is all message. */
export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly event?: string;
  readonly code?: string;
  readonly [fact: string]: unknown;
}

export interface Ended {
  /** Null when a signal ended it. */
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
}

/** The line of JSON at the end of a run with --until-end. */
export interface Summary {
  readonly pipeline: string;
  readonly scored: number;
  readonly deadLettered: number;
  readonly skipped: number;
  readonly seconds: number;
  readonly eventsPerSecond: number;
}

export class TidemarkProcess {
  readonly logs: LogLine[] = [];
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcessWithoutNullStreams;
  #stdout = '';
  #end: Ended | undefined;

  /** Starts `tidemark ARGS` in the root of the project, with `env` besides; it is killed when the test ends before it. */
  constructor(t: TestContext, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const options = { cwd: ROOT, env: { ...process.env, ...env } };
    const child = spawn(process.execPath, ['src/cli/main.ts', ...args], options);
    this.#child = child;
    child.stdin.end();
    createInterface({ input: child.stderr }).on('line', (line) => this.logs.push(parsed(line)));
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
    });
    this.ended = new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (status, signal) => {
        this.#end = { status, signal, stdout: this.#stdout };
        resolve(this.#end);
      });
    });
    t.after(async () => {
      child.kill('SIGKILL');
      await this.ended;
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Undefined while it runs. */
  get end(): Ended | undefined {
    return this.#end;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Kills it as a power cut would, and waits until it is gone. */
  async killed(): Promise<void> {
    if (this.#end !== undefined) throw new Error(`It had ended by itself:\n${this.story()}`);
    this.kill('SIGKILL');
    await this.ended;
  }

  /** The first log line, from the `from`th on, of which these facts are true. Throws when the process ends without it. */
  async says(facts: Readonly<Record<string, unknown>>, deadlineMs = 30_000, from = 0): Promise<LogLine> {
    const what = JSON.stringify(facts);
    const find = () => this.logs.slice(from).find((line) => holds(line, facts));
    const look = () => {
      const found = find();
      if (found === undefined && this.#end !== undefined) throw new Error(`It ended without ${what}.`);
      return found;
    };
    return waitFor(look, what, deadlineMs).catch((cause) => {
      throw new Error(`${cause.message}\n${this.story()}`, { cause });
    });
  }

  /** Waits until the lines on its standard output are such. */
  async untilOutput(isEnough: (lines: readonly string[]) => boolean): Promise<void> {
    const look = () => isEnough(this.#stdout.split('\n').slice(0, -1));
    await waitFor(look, 'enough on standard output', 30_000).catch((cause) => {
      throw new Error(`${cause.message}\n${this.story()}`);
    });
  }

  /** Waits until it holds so many partitions by its log: was granted, and has not lost since. */
  async untilHolding(count: number): Promise<void> {
    const holds = () => {
      const held = new Set<number>();
      for (const { event, partitions } of this.logs) {
        if (event === 'leasesGranted') for (const partition of partitions as number[]) held.add(partition);
        if (event === 'leasesGone') for (const partition of partitions as number[]) held.delete(partition);
      }
      return held.size === count;
    };
    await waitFor(holds, `${count} partitions held`, 30_000).catch((cause) => {
      throw new Error(`${cause.message}\n${this.story()}`);
    });
  }

  /** Waits for the end. @throws with the whole log when it takes longer or the status is another */
  async endsWith(status: number, deadlineMs = 60_000): Promise<Ended> {
    const end = await waitFor(() => this.#end, 'the end of the process', deadlineMs).catch((cause) => {
      throw new Error(`${cause.message}\n${this.story()}`);
    });
    if (end.status !== status) {
      throw new Error(`expected exit status ${status}, got ${end.status ?? end.signal}\n${this.story()}`);
    }
    return end;
  }

  /** Waits for a run with --until-end to end well, having printed its summary and nothing else. */
  async summary(deadlineMs = 60_000): Promise<Summary> {
    const { stdout } = await this.endsWith(0, deadlineMs);
    const lines = stdout.split('\n');
    if (lines.length !== 2 || lines[1] !== '') throw new Error(`expected one line, got: ${stdout}`);
    return JSON.parse(lines[0]!);
  }

  /** Everything it said, for the message of a failed test. */
  story(): string {
    return this.logs.map((line) => JSON.stringify(line)).join('\n');
  }
}

export function runTidemark(t: TestContext, file: string, ...flags: string[]): TidemarkProcess {
  return new TidemarkProcess(t, ['run', '-c', file, ...flags]);
}

/** Scores up to the end and returns the summary. */
export async function scoreUntilEnd(t: TestContext, file: string, deadlineMs?: number): Promise<Summary> {
  return runTidemark(t, file, '--until-end').summary(deadlineMs);
}

function parsed(line: string): LogLine {
  try {
    return JSON.parse(line);
  } catch {
    return { level: 'text', msg: line };
  }
}

function holds(line: LogLine, facts: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(facts).every(([name, value]) =>
    value instanceof RegExp ? value.test(String(line[name])) : line[name] === value,
  );
}
