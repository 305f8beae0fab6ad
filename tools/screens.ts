/**
 * Makes pictures of the console of a running process: `node tools/screens.ts NAME [URL]`, as docs/screens/NAME-wide-light.png and so
 * on. TIDEMARK_READ_TOKEN in the environment is signed in with where the console asks for a token.
 */
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { launchChromium } from './screens/browser.ts';
import { shootConsole } from './screens/console.ts';

const FOLDER = join(import.meta.dirname, '../docs/screens');
/** Whoever reads the book loads them, and git keeps every one for ever. */
const MAX_BYTES = 200_000;

async function main([name, url = 'http://127.0.0.1:9464/']: readonly string[]): Promise<number> {
  if (name === undefined) {
    console.error('A name for the pictures is needed: node tools/screens.ts NAME [URL]');
    return 2;
  }
  mkdirSync(FOLDER, { recursive: true });
  const browser = await launchChromium();
  try {
    const token = process.env.TIDEMARK_READ_TOKEN;
    const paths = await shootConsole(browser, url, FOLDER, name, token === undefined ? {} : { token });
    const heavy = paths.filter((path) => statSync(path).size > MAX_BYTES);
    for (const path of paths) console.log(`${path}  ${Math.round(statSync(path).size / 1000)} kB`);
    for (const path of heavy) console.error(`${path} has more than ${MAX_BYTES / 1000} kB.`);
    return heavy.length === 0 ? 0 : 1;
  } finally {
    await browser.close();
  }
}

process.exitCode = await main(process.argv.slice(2));
