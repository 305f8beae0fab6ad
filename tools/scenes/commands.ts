import { spawn } from 'node:child_process';
import type { TopView } from '../../src/service/group/top.ts';

const ROOT = new URL('../..', import.meta.url);
const KEPT_CHARACTERS = 4_000;

/** What `tidemark doctor --json` prints. */
export interface DoctorReport {
  readonly ok: boolean;
  readonly checks: readonly DoctorCheck[];
}

interface DoctorCheck {
  readonly id: string;
  readonly status: Status;
  readonly verdicts: readonly { readonly status: Status; readonly evidence: string; readonly fix?: string }[];
}

type Status = 'ok' | 'warn' | 'fail' | 'skipped';

export interface CommandOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** `--skip`: one broker keeps one copy of everything, which is so on every machine that scenes are played on. */
export const topArgs = (file: string) => ['top', '-c', file, '--once'];
export const doctorArgs = (file: string) => ['doctor', '-c', file, '--skip', 'durability'];

export async function top(file: string, options: CommandOptions): Promise<TopView> {
  return JSON.parse(await printed([...topArgs(file), '--json'], options));
}

export async function doctor(file: string, options: CommandOptions): Promise<DoctorReport> {
  return JSON.parse(await printed([...doctorArgs(file), '--json'], options));
}

/** Standard output of a command line; its status 1 is an answer, as of a doctor who found something. */
async function printed(args: readonly string[], { env, signal }: CommandOptions): Promise<string> {
  return outputOf(process.execPath, ['src/cli/main.ts', ...args], env, signal);
}

/** Draws what a command writes to a terminal of so many columns, colours and all. */
export async function inTerminal(
  args: readonly string[],
  columns: number,
  { env, signal }: CommandOptions,
): Promise<string> {
  const words = [process.execPath, 'src/cli/main.ts', ...args].map((word) => `'${word}'`).join(' ');
  const command = `stty cols ${columns} rows 100; ${words}`;
  // util-linux' way to give a command a terminal.
  const terminal = { ...env, TERM: 'xterm-256color', COLORTERM: 'truecolor' };
  return outputOf('script', ['--quiet', '--return', '--command', command, '/dev/null'], terminal, signal);
}

async function outputOf(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<string> {
  const child = spawn(file, args, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-KEPT_CHARACTERS);
  });
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (status === 0 || status === 1) return stdout;
  throw new Error(
    `${file} ${args.join(' ')} ended with ${status}:\n${stderr}${stdout.slice(-KEPT_CHARACTERS)}`,
  );
}
