import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path/posix';
import { type Use, usesOf } from '../../tools/imports.ts';

export interface Ban {
  /** Files whose path in src/ begins so; '' is all of them. */
  readonly from: string;
  /** Except these. */
  readonly but?: readonly string[];
  /** Places in src/ (a folder ends in /), packages (`npm:`, which alone is all of them), globals (`global:`), or `outside` of src/. */
  readonly mayNot: readonly string[];
  /** Parts of what is banned that are allowed all the same. */
  readonly save?: readonly string[];
  readonly because: string;
}

/** Where a use leads, in the words of the bans. */
function targetOf(file: string, use: Use): string {
  if (use.kind === 'global') return `global:${use.what}`;
  if (isBuiltin(use.what)) return use.what.startsWith('node:') ? use.what : `node:${use.what}`;
  if (!use.what.startsWith('.')) return `npm:${packageOf(use.what)}`;
  const path = join(dirname(file), use.what);
  // package.json at the root is where the version stands.
  if (path === '../package.json') return 'package.json';
  return path.startsWith('../') ? 'outside' : path;
}

function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

function matches(target: string, banned: string): boolean {
  if (banned.endsWith(':')) return target.startsWith(banned);
  if (banned.includes(':') || banned === 'outside') return target === banned;
  return target.endsWith('.ts') && target.startsWith(banned);
}

/** @returns a sentence for every use in the file (a path in src/) that one of the bans forbids. */
export function forbiddenUses(bans: readonly Ban[], file: string, source: string): string[] {
  return usesOf(file, source).flatMap((use) => {
    const target = targetOf(file, use);
    return bans
      .filter(
        (ban) =>
          file.startsWith(ban.from) &&
          !ban.but?.some((exempt) => file.startsWith(exempt)) &&
          ban.mayNot.some((banned) => matches(target, banned)) &&
          !ban.save?.some((saved) => target.startsWith(saved)),
      )
      .map((ban) => `src/${file}:${use.line} uses ${use.what}: ${ban.because}`);
  });
}

/** @returns one cycle of imports, as the files along it, if there is one. */
export function findCycle(imports: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return undefined;
    for (const next of imports.get(file) ?? []) {
      const cycle = visit(next, [...path, file]);
      if (cycle) return cycle;
    }
    done.add(file);
    return undefined;
  };
  for (const file of imports.keys()) {
    const cycle = visit(file, []);
    if (cycle) return cycle;
  }
  return undefined;
}

/** Files in src/ that the file imports. */
export function importsOf(file: string, source: string): string[] {
  return usesOf(file, source)
    .map((use) => targetOf(file, use))
    .filter((target) => target.endsWith('.ts'));
}
