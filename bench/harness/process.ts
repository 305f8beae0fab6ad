import { type ChildProcess, spawn } from 'node:child_process';

/** Enough of what a process says to explain its failure. */
const KEPT_CHARACTERS = 4_000;

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
}

type Env = Readonly<Record<string, string>>;

/** A command line of this Node that prints what the process used after its outcome (bench/usage.ts). */
export function measuredNode(args: readonly string[]): Command {
  return { file: process.execPath, args: ['--import', './bench/usage.ts', ...args] };
}

/** The same with what goes before a command: `taskset -c 0`. */
export function prefixed(prefix: readonly string[], { file, args }: Command): Command {
  const [first, ...rest] = [...prefix, file, ...args];
  return { file: first!, args: rest };
}

/** The same with a CPU profile in `folder`, where it is one of Node's that is run. */
export function withProfile(command: Command, folder: string | undefined, name: string): Command {
  if (folder === undefined || command.file !== process.execPath) return command;
  const flags = ['--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-name=${name}.cpuprofile`];
  return { ...command, args: [...flags, ...command.args] };
}

/** Starts a command in the root of the project; it is killed when `signal` aborts. */
export function start({ file, args }: Command, env: Env, signal: AbortSignal): ChildProcess {
  return spawn(file, args, {
    // ONNX Runtime's own telemetry, which differs from language to language.
    env: { ...process.env, ORT_DISABLE_TELEMETRY: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
    killSignal: 'SIGKILL',
  });
}

/** A command ended with another status than 0; the message holds what it said. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
}

/** Runs a command to its end. @returns what it printed. Rejects with CommandFailure when it fails. */
export async function run(command: Command, env: Env, signal: AbortSignal): Promise<string> {
  const child = start(command, env, signal);
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  let stdout = '';
  let stderr = '';
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-KEPT_CHARACTERS);
  });
  child.on('error', reject);
  child.on('close', resolve);
  const status = await promise;
  signal.throwIfAborted();
  if (status !== 0) throw new CommandFailure(`${command.file} ended with ${status}:\n${stderr || stdout}`);
  return stdout;
}
