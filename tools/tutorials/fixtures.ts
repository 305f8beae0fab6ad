/** What the scripts of a heavy tutorial wrote, kept so that its commands can be run without its framework. */
import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packagesOf, type Step } from './page.ts';
import { type Export, fixturesOf, madeOf, type Tutorial } from './pages.ts';

const FRESH_ROWS = join(import.meta.dirname, 'freshRows.py');
const KEPT = /\.(onnx|data|json)$/;
const MADE_OF = 'made-of.json';
/** Rows scored by the framework that no script has seen. */
export const FRESH_FILE = 'fresh-rows.json';
const FRESH_KEPT = 200;

export interface MadeOf {
  /** SHA-256 of the page's scripts and packages. */
  readonly scripts: string;
  readonly packages: readonly string[];
}

/** Has the framework score `rows` rows that the page has not seen, into FOLDER/fresh-rows.json. */
export async function scoreFreshRows(
  folder: string,
  pythonBin: string,
  rows: number,
  { script, unknown }: Export,
): Promise<void> {
  const args = [FRESH_ROWS, script, String(rows), ...(unknown === undefined ? [] : [unknown])];
  await promisify(execFile)(join(pythonBin, 'python'), args, { cwd: folder });
}

/** Replaces a tutorial's fixtures by what its scripts left in `folder`. */
export async function keepFixtures(
  tutorial: Tutorial,
  steps: readonly Step[],
  folder: string,
  pythonBin: string,
): Promise<void> {
  const kept = fixturesOf(tutorial);
  await scoreFreshRows(folder, pythonBin, FRESH_KEPT, tutorial.exports[0]!);
  await rm(kept, { recursive: true, force: true });
  await mkdir(kept, { recursive: true });
  for (const name of await readdir(folder)) {
    if (KEPT.test(name)) await copyFile(join(folder, name), join(kept, name));
  }
  const facts: MadeOf = { scripts: madeOf(steps), packages: packagesOf(steps) };
  await writeFile(join(kept, MADE_OF), `${JSON.stringify(facts, null, 2)}\n`);
}

export async function readMadeOf(tutorial: Tutorial): Promise<MadeOf> {
  return JSON.parse(await readFile(join(fixturesOf(tutorial), MADE_OF), 'utf8'));
}

/** A folder with a `python` that, whatever it is asked to run, leaves the fixtures where it is run. */
export async function pythonOfFixtures(tutorial: Tutorial, folder: string): Promise<string> {
  const bin = join(folder, '.python');
  await mkdir(bin, { recursive: true });
  await writeFile(join(bin, 'python'), `#!/bin/sh\nexec cp "${fixturesOf(tutorial)}"/* .\n`);
  await chmod(join(bin, 'python'), 0o755);
  return bin;
}
