import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { DemoError } from './demoError.ts';

const ROOT = new URL('../..', import.meta.url);
const LINES_TOLD = 20;
/** Longer than the drain timeout of the pipeline. */
const STOP_GRACE_MS = 10_000;

export interface TidemarkOptions {
  /** In addition to this process's own. */
  readonly env: Readonly<Record<string, string>>;
  /** Aborting stops the command, by force if it takes too long. */
  readonly signal: AbortSignal;
}

/**
 * Runs a command of the command line as anyone would, in the root of the project.
 * @returns what it printed on standard output. Throws DemoError with its last words when it fails, and the signal's reason
 * once it has ended after an abort.
 */
export async function tidemark(args: readonly string[], { env, signal }: TidemarkOptions): Promise<string> {
  signal.throwIfAborted();
  const child = spawn(process.execPath, ['src/cli/main.ts', ...args], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lastWords: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    lastWords.push(line);
    if (lastWords.length > LINES_TOLD) lastWords.shift();
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });

  let force: NodeJS.Timeout | undefined;
  const stop = () => {
    child.kill('SIGTERM');
    force = setTimeout(() => child.kill('SIGKILL'), STOP_GRACE_MS);
  };
  const killNow = () => child.kill('SIGKILL');
  signal.addEventListener('abort', stop, { once: true });
  process.once('exit', killNow);
  const { promise: ended, resolve, reject } = Promise.withResolvers<string>();
  child.on('error', reject);
  child.on('close', (code, killedBy) => resolve(killedBy ?? `status ${code}`));
  try {
    const end = await ended;
    signal.throwIfAborted();
    if (end === 'status 0') return output;
    throw new DemoError(
      [`tidemark ${args.join(' ')} ended with ${end}:`, ...lastWords.map((line) => `  ${line}`)].join('\n'),
    );
  } finally {
    clearTimeout(force);
    process.off('exit', killNow);
    signal.removeEventListener('abort', stop);
  }
}
