import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import type { Usage } from './usage.ts';

export type Env = Readonly<Record<string, string>> & { readonly BENCH_USAGE: string };

export interface Measured extends Usage {
  /** From the first record taken to the last acknowledged outcome. */
  readonly eventsPerSecond: number;
}

export interface Run {
  readonly stdout: string;
  /** What the process said of itself in its last line and what it used. */
  measured(): Measured;
}

/** Runs node with `args` in the root of the project. Rejects with what it said when it fails. */
export async function run(args: readonly string[], env: Env): Promise<Run> {
  rmSync(env.BENCH_USAGE, { force: true });
  const child = spawn(process.execPath, ['--import', './bench/usage.ts', ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const status = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}:\n${stderr}`);
  return {
    stdout,
    measured: () => {
      const { eventsPerSecond } = JSON.parse(stdout.trimEnd().split('\n').at(-1)!);
      return { eventsPerSecond, ...JSON.parse(readFileSync(env.BENCH_USAGE, 'utf8')) };
    },
  };
}
