import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Document, parseDocument } from 'yaml';

const EXAMPLE = new URL('../../config/card-fraud.yaml', import.meta.url);

const NAMES = {
  transactions: ['input', 'topic'],
  scored: ['output', 'topic'],
  deadLetters: ['dead_letter', 'topic'],
  group: ['kafka', 'group'],
} as const;

export type Names = { readonly [Name in keyof typeof NAMES]: string };

export interface PipelineFile {
  readonly path: string;
  readonly names: Names;
}

/**
 * Writes the pipeline of config/card-fraud.yaml into `folder`, with topics and a group that are not `taken`: what an earlier run
 * left on a cluster must neither be scored again nor be counted as this run's.
 */
export function writePipelineFile(folder: string, taken: ReadonlySet<string>): PipelineFile {
  const document = parseDocument(readFileSync(EXAMPLE, 'utf8'));
  const names = freshNames(namesIn(document), taken);
  for (const [name, path] of Object.entries(NAMES)) document.setIn(path, names[name as keyof Names]);
  // Another pipeline may run beside the demo and have the port.
  document.setIn(['http', 'port'], 0);
  const path = join(folder, 'card-fraud.yaml');
  writeFileSync(path, document.toString());
  return { path, names };
}

function namesIn(document: Document): Names {
  const name = (path: readonly string[]) => String(document.getIn(path));
  return {
    transactions: name(NAMES.transactions),
    scored: name(NAMES.scored),
    deadLetters: name(NAMES.deadLetters),
    group: name(NAMES.group),
  };
}

/** The names themselves where all are free, else the first numbered ones that are. */
export function freshNames(names: Names, taken: ReadonlySet<string>): Names {
  for (let run = 1; ; run++) {
    const numbered = (name: string) => (run === 1 ? name : `${name}-${run}`);
    const candidate: Names = {
      transactions: numbered(names.transactions),
      scored: numbered(names.scored),
      deadLetters: numbered(names.deadLetters),
      group: numbered(names.group),
    };
    if (!Object.values(candidate).some((name) => taken.has(name))) return candidate;
  }
}
