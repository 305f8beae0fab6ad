/** The objects of k8s/, as kustomize makes them of an overlay. */
import { execFileSync, spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';

export const ROOT = join(import.meta.dirname, '..', '..');

/** What every test here reads of an object; the published types say the rest. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly [key: string]: unknown;
}

/** Folders that are rendered by themselves, from the root of the repository. */
export const RENDERED: readonly string[] = globSync('k8s/{overlays/*,monitoring}/kustomization.yaml', {
  cwd: ROOT,
})
  .map((file) => file.replace('/kustomization.yaml', ''))
  .sort();

const WAYS = [
  ['kustomize', 'build'],
  ['kubectl', 'kustomize'],
] as const;
// A kubectl that lacks this flag (before 1.21, such as Debian's) knows no components either.
const way = WAYS.find(
  ([command, ...args]) => spawnSync(command, [...args, '--enable-helm', '--help']).status === 0,
);

/** Why nothing can be rendered here; false where it can. */
export const notRendered: string | false =
  way === undefined
    ? 'neither kustomize nor a kubectl that has it is installed, so that overlays cannot be rendered'
    : false;

export function render(folder: string): Manifest[] {
  const [command, ...args] = way!;
  const text = execFileSync(command, [...args, join(ROOT, folder)], {
    encoding: 'utf8',
    maxBuffer: 64 * 2 ** 20,
  });
  return parseAllDocuments(text).map((document) => document.toJS() as Manifest);
}

export function oneOf(objects: readonly Manifest[], ...kinds: readonly string[]): Manifest {
  const found = objects.filter(({ kind }) => kinds.includes(kind));
  if (found.length !== 1) throw new Error(`expected one ${kinds.join(' or ')}, found ${found.length}`);
  return found[0]!;
}
