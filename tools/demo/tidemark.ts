import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { DemoError } from './demoError.ts';

const ROOT = new URL('../..', import.meta.url);
const LINES_TOLD = 20;
/** Longer than the drain timeout of the pipeline. */
const STOP_GRACE_MS = 10_000;

/** A command of the command line, run as anyone would, in the root of the project. It never outlives this process. */
export class TidemarkProcess {
  /** Resolves with `status 0` or the like, or the name of the signal that ended it. Never rejects. */
  readonly ended: Promise<string>;
  readonly #args: readonly string[];
  readonly #child: ChildProcess;
  readonly #lastWords: string[] = [];

  /** @param onLogLine hears each line of standard error */
  constructor(
    args: readonly string[],
    env: Readonly<Record<string, string>>,
    onLogLine: (line: string) => void = () => {},
  ) {
    this.#args = args;
    this.#child = spawn(process.execPath, ['src/cli/main.ts', ...args], {
      cwd: ROOT,
      env: { ...process.env, ...env },
      // Not in the terminal's group: Ctrl-C is the demo's to hear, which then ends things in their order.
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    createInterface({ input: this.#child.stderr! }).on('line', (line) => {
      this.#lastWords.push(line);
      if (this.#lastWords.length > LINES_TOLD) this.#lastWords.shift();
      onLogLine(line);
    });
    const killNow = () => this.#child.kill('SIGKILL');
    process.once('exit', killNow);
    this.ended = new Promise((resolve) => {
      this.#child.on('error', (cause) => resolve(cause.message));
      this.#child.on('close', (code, killedBy) => resolve(killedBy ?? `status ${code}`));
    });
    void this.ended.then(() => process.off('exit', killNow));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Ends it politely, by force if it takes too long. Resolves when it has ended. */
  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    const force = setTimeout(() => this.#child.kill('SIGKILL'), STOP_GRACE_MS);
    await this.ended;
    clearTimeout(force);
  }

  /** That it ended as it should not have, or (without an end) does not get to work, with its last words. */
  fault(end: string | undefined): DemoError {
    const words = this.#lastWords.map((line) => `  ${readable(line)}`);
    const what = end === undefined ? 'does not get to work' : `ended with ${end}`;
    return new DemoError([`tidemark ${this.#args.join(' ')} ${what}:`, ...words].join('\n'));
  }
}

/** A log line is JSON where standard error is no terminal; a person reads its message and what to do. */
function readable(line: string): string {
  if (!line.startsWith('{')) return line;
  try {
    const { level, msg, action } = JSON.parse(line) as Record<string, string | undefined>;
    return `${level}: ${msg}${action === undefined ? '' : ` What to do: ${action}`}`;
  } catch {
    return line;
  }
}

export interface TidemarkOptions {
  /** In addition to this process's own. */
  readonly env: Readonly<Record<string, string>>;
  /** Aborting stops the command. */
  readonly signal: AbortSignal;
}

/** Runs a command to its end. Throws DemoError with its last words when it fails, and the signal's reason after an abort. */
export async function tidemark(args: readonly string[], { env, signal }: TidemarkOptions): Promise<void> {
  signal.throwIfAborted();
  const command = new TidemarkProcess(args, env);
  const stop = () => void command.stop();
  signal.addEventListener('abort', stop, { once: true });
  const end = await command.ended;
  signal.removeEventListener('abort', stop);
  signal.throwIfAborted();
  if (end !== 'status 0') throw command.fault(end);
}
