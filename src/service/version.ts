import { readFileSync } from 'node:fs';

/** Of this package; the file lies two folders up from source and from the built package alike. */
export const version: string = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
).version;
