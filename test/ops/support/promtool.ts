/** Prometheus' own tool, of Debian's package `prometheus`. */
import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Why it cannot be asked here, or false. */
export const lacksPromtool =
  spawnSync('promtool', ['--version']).status === 0
    ? false
    : 'promtool is not installed here: it comes with Debian’s package prometheus';

export interface Answer {
  readonly ok: boolean;
  /** All that it said. */
  readonly text: string;
}

export async function promtool(...args: readonly string[]): Promise<Answer> {
  try {
    const { stdout, stderr } = await run('promtool', args, { maxBuffer: 64 * 1024 * 1024 });
    return { ok: true, text: stdout + stderr };
  } catch (error) {
    const { stdout = '', stderr = '', code } = error as { stdout?: string; stderr?: string; code?: unknown };
    if (typeof code !== 'number') throw error;
    return { ok: false, text: stdout + stderr };
  }
}
