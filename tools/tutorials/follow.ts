/** Does what a tutorial says, in an empty folder: saves its files and runs its commands. */
import { spawn } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Step } from './page.ts';

const CLI = join(import.meta.dirname, '../../src/cli/main.ts');

export interface Followed {
  readonly page: string;
  readonly folder: string;
  /** Holds the `python` that the page's commands mean. */
  readonly pythonBin: string;
  readonly signal?: AbortSignal | undefined;
}

/** Where the page shows what commands print: what it shows, and what they did. */
export interface Shown {
  /** PAGE:LINE of the commands. */
  readonly at: string;
  readonly shown: string;
  readonly printed: string;
}

/** Follows the steps in order. Throws an Error with the line of the page whose commands end otherwise than it says. */
export async function follow(steps: readonly Step[], followed: Followed): Promise<Shown[]> {
  const { folder, page } = followed;
  const path = [await ownCommands(folder), followed.pythonBin, process.env.PATH].join(delimiter);
  const shown: Shown[] = [];
  for (const step of steps) {
    if (step.kind === 'file') await writeFile(join(folder, step.name), step.text);
    if (step.kind !== 'commands') continue;
    const { status, printed } = await bash(step.commands, path, followed);
    const at = `${page}:${step.line}`;
    if ((status !== 0) !== step.fails) {
      throw new Error(`${at}: the commands ended with status ${status}\n${printed}`);
    }
    if (step.shown !== undefined) shown.push({ at, shown: step.shown, printed });
  }
  return shown;
}

/** What the page shows that is not what was printed, one sentence each. */
export function untrue(shown: readonly Shown[]): string[] {
  return shown
    .filter((each) => masked(each.printed) !== masked(each.shown))
    .map(
      ({ at, shown: says, printed }) =>
        `${at}: the commands print\n${printed}\nwhere the page shows\n${says}`,
    );
}

/** `tidemark` as the page writes it: this checkout's. */
async function ownCommands(folder: string): Promise<string> {
  const bin = join(folder, '.bin');
  await mkdir(bin, { recursive: true });
  await writeFile(join(bin, 'tidemark'), `#!/bin/sh\nexec "${process.execPath}" "${CLI}" "$@"\n`);
  await chmod(join(bin, 'tidemark'), 0o755);
  return bin;
}

interface Ran {
  readonly status: number | null;
  /** Both standard streams, in the order in which they came. */
  readonly printed: string;
}

async function bash(commands: string, path: string, { folder, signal }: Followed): Promise<Ran> {
  const env = {
    ...process.env,
    PATH: path,
    // No user's packages and no colour: what is printed must not depend on who runs it.
    PYTHONNOUSERSITE: '1',
    NO_COLOR: '1',
    // A page runs the command line many times; a third of such a run goes into reading TypeScript.
    NODE_COMPILE_CACHE: join(tmpdir(), 'tidemark-compile-cache'),
  };
  const child = spawn('bash', ['-euo', 'pipefail', '-c', `exec 2>&1\n${commands}`], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
    ...(signal && { signal }),
  });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, printed }));
  });
}

/** Digests, sizes, versions and the last digits of a score differ between machines; words and shapes do not. */
function masked(text: string): string {
  return text
    .replace(/\b[0-9a-f]{64}\b/g, '<digest>')
    .replace(/\b\d+ bytes\b/g, '<size>')
    .replace(/\b\d+\.\d+\.\d+(\+\w+)?\b/g, '<version>')
    .replace(/-?\d+\.\d+(e[-+]?\d+)?|\d+e-\d+/g, '<number>')
    .trim();
}
