import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';

export interface ConsoleFile {
  readonly type: string;
  readonly body: string;
  /** Of the page alone. */
  readonly contentSecurityPolicy?: string;
}

const FOLDER = new URL('../console/', import.meta.url);
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
};
const IMPORT_MAP = /<script type="importmap">(.*?)<\/script>/s;
/** Nothing of others, nothing that is written into the page, no form sent anywhere, no frame around it. */
const POLICY =
  "default-src 'none'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/** `main.js`, `panels/journey.ts`: nothing that leads out of the folder. */
const OWN_NAME = /^(?:[A-Za-z]+\/)?[A-Za-z]+\.(?:js|ts|css)$/;

/** What the page uses of others, as they ship it; index.html maps their names to these. */
function packageFile(name: string): string | undefined {
  switch (name) {
    case 'preact.js':
      return import.meta.resolve('preact');
    case 'preactHooks.js':
      return import.meta.resolve('preact/hooks');
    case 'htm.js':
      return import.meta.resolve('htm');
    case 'uPlot.js':
      return import.meta.resolve('uplot/dist/uPlot.esm.js');
    case 'uPlot.css':
      return import.meta.resolve('uplot/dist/uPlot.min.css');
    default:
      return undefined;
  }
}

export async function consolePage(): Promise<ConsoleFile> {
  const body = await readFile(new URL('index.html', FOLDER), 'utf8');
  // The one script that browsers want in the page itself.
  const hash = createHash('sha256')
    .update(IMPORT_MAP.exec(body)?.[1] ?? '')
    .digest('base64');
  return {
    type: TYPES['.html']!,
    body,
    contentSecurityPolicy: `${POLICY}; script-src 'self' 'sha256-${hash}'`,
  };
}

/** A file of the page by its path below /console/; undefined when there is none. */
export async function consoleFile(path: string): Promise<ConsoleFile | undefined> {
  const name = path.replace(/^packages\//, '');
  const type = TYPES[extname(path).replace('.ts', '.js')];
  if (name !== path) {
    const url = packageFile(name);
    return url === undefined ? undefined : { type: type!, body: await readFile(new URL(url), 'utf8') };
  }
  if (!OWN_NAME.test(path)) return undefined;
  const built = new URL(path, FOLDER);
  if (existsSync(built) && !path.endsWith('.ts')) return { type: type!, body: await readFile(built, 'utf8') };
  return sourceFile(new URL(path.replace(/\.js$/, '.ts'), FOLDER), type!);
}

/** In a checkout nothing is built: the page gets its sources without their types, as Node itself runs ours. */
async function sourceFile(url: URL, type: string): Promise<ConsoleFile | undefined> {
  if (!existsSync(url)) return undefined;
  // Loaded here: what is installed has no sources, and no use for it.
  const { stripTypeScriptTypes } = await import('node:module');
  return { type, body: stripTypeScriptTypes(await readFile(url, 'utf8')) };
}
