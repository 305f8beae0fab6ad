import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { waitFor } from './wait.ts';

/** A process of the stack: a pid may be given to another program after it died, so the command line must carry `mark` too. */
export interface ProcessMark {
  readonly pid: number;
  readonly mark: string;
}

function commandLine(pid: number): string {
  try {
    if (process.platform === 'linux') return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    return execFileSync('ps', ['-o', 'command=', '-ww', '-p', String(pid)], { encoding: 'utf8' });
  } catch {
    return '';
  }
}

export function isRunning(target: ProcessMark): boolean {
  return commandLine(target.pid).includes(target.mark);
}

/** Signals the whole process group; a process that is gone already is no fault. */
export function signalGroup(target: ProcessMark, signal: NodeJS.Signals): void {
  if (!isRunning(target)) return;
  try {
    process.kill(-target.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Starts a process in a session of its own, so that it outlives this one, with all it prints in `logFile`. */
export function launch(
  command: string,
  args: readonly string[],
  options: { cwd: string; logFile: string; env?: Record<string, string> },
): ChildProcess & { pid: number } {
  const log = openSync(options.logFile, 'a');
  try {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      detached: true,
      stdio: ['ignore', log, log],
    });
    // A failure to start is seen by whoever waits for the process to serve; without a listener it would end this process.
    child.on('error', () => {});
    child.unref();
    if (child.pid === undefined) throw new Error(`${command} could not be started.`);
    return child as ChildProcess & { pid: number };
  } finally {
    closeSync(log);
  }
}

/** Ends processes: politely, then after `graceMs` by force. Returns when none of them runs any more. */
export async function endProcesses(targets: readonly ProcessMark[], graceMs: number): Promise<void> {
  for (const target of targets) signalGroup(target, 'SIGTERM');
  const allGone = () => !targets.some(isRunning);
  try {
    await waitFor(allGone, 'processes to end', graceMs);
  } catch {
    for (const target of targets) signalGroup(target, 'SIGKILL');
    await waitFor(allGone, `processes ${targets.map((target) => target.pid).join(', ')} to die`, 10_000);
  }
}
