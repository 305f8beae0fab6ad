/** Python environments for the tutorials, kept in `.venv/` by what is in them, so that only the first run has to install. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '../..');
const run = promisify(execFile);

/** Below that there are no wheels of the packages that the pages name. */
const OLDEST = [3, 11] as const;
const OLDEST_PROBE = `import sys; sys.exit(sys.version_info < (${OLDEST.join(', ')}))`;
/** Written last: a folder without it was left half made. */
const READY = 'tidemark-ready';

/** Exact versions of what the pages' packages bring with them. */
const CONSTRAINTS = 'tools/tutorials/constraints.txt';

export interface Environment {
  /** Holds `python`. */
  readonly bin: string;
  /** False: it would have to be made. */
  readonly isReady: boolean;
  readonly folder: string;
}

/** Where the environment of these packages is, or would be. */
export async function environmentOf(packages: readonly string[]): Promise<Environment> {
  const constraints = await readFile(join(ROOT, CONSTRAINTS), 'utf8');
  const asked = JSON.stringify([[...packages].sort(), constraints]);
  const digest = createHash('sha256').update(asked).digest('hex').slice(0, 12);
  const folder = join(ROOT, '.venv', `tutorials-${digest}`);
  return { folder, bin: join(folder, 'bin'), isReady: existsSync(join(folder, READY)) };
}

/** Why this machine cannot make one, in a sentence; undefined when it can. */
export async function noPython(): Promise<string | undefined> {
  const wanted = `Python ${OLDEST.join('.')} or later as python3 with its venv module`;
  try {
    await run('python3', ['-c', OLDEST_PROBE]);
    await run('python3', ['-c', 'import venv, ensurepip']);
    return undefined;
  } catch {
    return `needs ${wanted}, which this machine has not`;
  }
}

/** Makes the environment unless it is there; pip asks what this machine tells it to. Throws with pip's own words. */
export async function makeEnvironment(
  packages: readonly string[],
  signal?: AbortSignal,
): Promise<Environment> {
  const environment = await environmentOf(packages);
  if (environment.isReady) return environment;
  const { folder, bin } = environment;
  await rm(folder, { recursive: true, force: true });
  await run('python3', ['-m', 'venv', folder], { signal });
  const pip = ['-m', 'pip', 'install', '--quiet', '--no-input', '--disable-pip-version-check'];
  await run(join(bin, 'python'), [...pip, '--constraint', join(ROOT, CONSTRAINTS), ...packages], { signal });
  await writeFile(join(folder, READY), '');
  return { ...environment, isReady: true };
}
