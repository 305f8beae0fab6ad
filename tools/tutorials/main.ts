/**
 * Follows tutorials: `node tools/tutorials/main.ts PAGE ... [--write]`, where PAGE is scikitLearn, gradientBoosting, pytorch or keras.
 * Installs the page's Python packages in .venv/ unless they are there, runs the page's commands in a temporary folder, and says
 * what in the page is not true. With --write, the page shows what its commands print, and the fixtures of a heavy page are made anew.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { environmentOf, makeEnvironment, noPython } from './environment.ts';
import { keepFixtures } from './fixtures.ts';
import { follow, untrue } from './follow.ts';
import { withShown } from './page.ts';
import { packagesFor, stepsOf, TUTORIALS, type Tutorial } from './pages.ts';
import { temporaryFolder } from './temporaryFolder.ts';

const ROOT = join(import.meta.dirname, '../..');

async function followPage(tutorial: Tutorial, write: boolean, signal: AbortSignal): Promise<boolean> {
  const steps = stepsOf(tutorial);
  const { page } = tutorial;
  const packages = packagesFor(tutorial);
  const { isReady } = await environmentOf(packages);
  if (!isReady) console.log(`${page}: installing ${packages.join(' ')}`);
  const { bin } = await makeEnvironment(packages, signal);
  await using folder = await temporaryFolder();
  console.log(`${page}: running its commands`);
  const shown = await follow(steps, { page, folder: folder.path, pythonBin: bin, signal });
  if (!write) {
    const lines = untrue(shown);
    console.log(lines.length === 0 ? `${page}: every command does what it says` : lines.join('\n'));
    return lines.length === 0;
  }
  const file = join(ROOT, page);
  await writeFile(
    file,
    withShown(
      await readFile(file, 'utf8'),
      shown.map(({ printed }) => printed),
    ),
  );
  if (tutorial.heavy) await keepFixtures(tutorial, steps, folder.path, bin);
  console.log(`${page}: written`);
  return true;
}

async function main(args: readonly string[]): Promise<number> {
  const names = args.filter((arg) => arg !== '--write');
  const known = Object.keys(TUTORIALS);
  const wrong = names.find((name) => !known.includes(name));
  if (names.length === 0 || wrong !== undefined) {
    console.error(
      `${wrong === undefined ? 'Name a tutorial' : `${wrong} is no tutorial`}: ${known.join(', ')}.`,
    );
    return 2;
  }
  const missing = await noPython();
  if (missing !== undefined) {
    console.error(`Following a tutorial ${missing}.`);
    return 1;
  }
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupt.abort());
  try {
    for (const name of names as (keyof typeof TUTORIALS)[]) {
      if (!(await followPage(TUTORIALS[name], args.includes('--write'), interrupt.signal))) return 1;
    }
    return 0;
  } catch (error) {
    if (interrupt.signal.aborted) return 130;
    console.error(error instanceof Error ? error.message : error);
    return 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
