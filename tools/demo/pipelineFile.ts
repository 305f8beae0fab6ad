import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Document, parseDocument } from 'yaml';
import { DemoError } from './demoError.ts';

const ROOT = new URL('../../', import.meta.url);

const NAMES = {
  events: ['input', 'topic'],
  scored: ['output', 'topic'],
  deadLetters: ['dead_letter', 'topic'],
  group: ['kafka', 'group'],
} as const;

type FileNames = { readonly [Name in keyof typeof NAMES]: string };

export interface Names extends FileNames {
  /** Topic of the labels, which is the demo's and not the pipeline's. */
  readonly labels: string;
  /** Topics of commands to the group. */
  readonly control: string;
  readonly audit: string;
}

export interface PipelineFile {
  readonly path: string;
  readonly names: Names;
}

/** The versions of a pipeline's model that are there, oldest first. */
export function modelVersions(pipeline: string): string[] {
  const folders = readdirSync(new URL(`models/${pipeline}/`, ROOT), { withFileTypes: true });
  const versions = folders.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return versions.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}

/** @returns the version that was asked for, else the newest. Throws DemoError for one that is not there. */
export function chooseVersion(pipeline: string, wanted: string | undefined): string {
  const versions = modelVersions(pipeline);
  if (wanted === undefined) return versions.at(-1)!;
  if (versions.includes(wanted)) return wanted;
  throw new DemoError(`models/${pipeline} has no version ${wanted}; it has ${versions.join(' and ')}.`);
}

/**
 * Writes the pipeline of config/<pipeline>.yaml into `folder`, with topics and a group that are not `taken`: what an earlier run
 * left on a cluster must neither be scored again nor be counted as this run's.
 */
export function writePipelineFile(
  folder: string,
  { pipeline, version }: { readonly pipeline: string; readonly version: string },
  taken: ReadonlySet<string>,
): PipelineFile {
  const document = parseDocument(readFileSync(new URL(`config/${pipeline}.yaml`, ROOT), 'utf8'));
  const names = freshNames(namesIn(document), taken);
  for (const [name, path] of Object.entries(NAMES)) document.setIn(path, names[name as keyof FileNames]);
  // So that the console has commands to give.
  document.setIn(['control', 'topic'], names.control);
  document.setIn(['control', 'audit_topic'], names.audit);
  document.setIn(['model', 'package'], `models/${pipeline}/${version}`);
  // Every replica takes a port of its own, and another pipeline may run beside the demo.
  document.setIn(['http', 'port'], 0);
  const path = join(folder, `${pipeline}.yaml`);
  writeFileSync(path, document.toString());
  return { path, names };
}

function namesIn(document: Document): Names {
  const name = (path: readonly string[]) => String(document.getIn(path));
  return {
    events: name(NAMES.events),
    scored: name(NAMES.scored),
    deadLetters: name(NAMES.deadLetters),
    group: name(NAMES.group),
    labels: `${name(NAMES.events)}.labels`,
    control: `${name(NAMES.events)}.control`,
    audit: `${name(NAMES.events)}.audit`,
  };
}

/** The names themselves where all are free, else the first numbered ones that are. */
export function freshNames(names: Names, taken: ReadonlySet<string>): Names {
  for (let run = 1; ; run++) {
    const numbered = (name: string) => (run === 1 ? name : `${name}-${run}`);
    const candidate: Names = {
      events: numbered(names.events),
      scored: numbered(names.scored),
      deadLetters: numbered(names.deadLetters),
      group: numbered(names.group),
      labels: numbered(names.labels),
      control: numbered(names.control),
      audit: numbered(names.audit),
    };
    if (!Object.values(candidate).some((name) => taken.has(name))) return candidate;
  }
}
