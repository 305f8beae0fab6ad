/** A checkout of the project in a folder of its own, where documents' commands may write without changing this one. */
import { cpSync, globSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { parseDocument } from 'yaml';
import { setKeys, temporaryFolder } from '../support/cardFraud.ts';
import { ROOT } from './snippets.ts';

/** What commands write to, and pipelines' files, are copies; everything else is the real thing by a link. */
const COPIED = ['models', 'config', 'docs', 'test/fixtures'];

export function checkout(t: TestContext): string {
  const folder = temporaryFolder(t);
  for (const name of COPIED) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  for (const name of readdirSync(ROOT)) {
    const isCopied = COPIED.some((copied) => copied.split('/', 1)[0] === name);
    if (!isCopied && !name.startsWith('.')) symlinkSync(join(ROOT, name), join(folder, name));
  }
  for (const file of globSync('{config,test/fixtures}/**/*.yaml', { cwd: folder }))
    withoutHttp(join(folder, file));
  mkdirSync(join(folder, '.bin'));
  const program = `#!/bin/sh\nexec '${process.execPath}' '${join(ROOT, 'src/cli/main.ts')}' "$@"\n`;
  writeFileSync(join(folder, '.bin', 'tidemark'), program, { mode: 0o755 });
  return folder;
}

/** The port of a pipeline's file may be taken on a machine where other things run too. */
function withoutHttp(file: string): void {
  const document = parseDocument(readFileSync(file, 'utf8'));
  if (!document.has('pipeline')) return;
  setKeys(document, { http: 'off' });
  writeFileSync(file, document.toString());
}
