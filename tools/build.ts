/** Builds dist/ from src/: JavaScript, and the types that `import ... from 'tidemark'` leads to. `npm run build`. */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, globSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { usesOf } from './imports.ts';

const root = join(import.meta.dirname, '..');

/** @returns why `folder` does not hold what may be shipped */
function buildInto(folder: string): string | undefined {
  const compiler = join(root, 'node_modules/.bin/tsc');
  // The console last: it runs in browsers, under declarations of its own, and names types of the server.
  for (const project of ['src/tsconfig.json', 'src/console/tsconfig.build.json']) {
    const { status } = spawnSync(compiler, ['-p', project, '--outDir', folder], {
      cwd: root,
      stdio: 'inherit',
    });
    if (status !== 0) return 'The compiler found errors; dist/ is left as it was.';
  }
  for (const file of globSync('src/console/*.{html,css}', { cwd: root }))
    cpSync(join(root, file), join(folder, file.replace(/^src\//, '')));
  const command = join(folder, 'cli/main.js');
  if (!readFileSync(command, 'utf8').startsWith('#!/usr/bin/env node\n')) {
    return 'dist/cli/main.js does not begin with `#!/usr/bin/env node`: the shell could not run it.';
  }
  // npm does this when it installs the package; here it lets dist/ be run as it lies.
  chmodSync(command, 0o755);
  const reached = reachedFrom(join(folder, 'index.d.ts'));
  for (const file of globSync('**/*.d.ts', { cwd: folder })) {
    if (!reached.has(join(folder, file))) rmSync(join(folder, file));
  }
  return undefined;
}

/** The declarations that a user's compiler reads; those of all else are weight. */
function reachedFrom(file: string, reached = new Set<string>()): Set<string> {
  if (reached.has(file)) return reached;
  reached.add(file);
  for (const { kind, what } of usesOf(file, readFileSync(file, 'utf8'))) {
    if (kind !== 'global' && what.startsWith('.'))
      reachedFrom(join(dirname(file), what.replace(/\.ts$/, '.d.ts')), reached);
  }
  return reached;
}

// Whole or not at all: what was built from a file that is gone must not be shipped, and somebody may be running dist/ meanwhile.
const folder = mkdtempSync(join(root, 'dist-'));
try {
  const fault = buildInto(folder);
  if (fault !== undefined) {
    console.error(fault);
    process.exitCode = 1;
  } else {
    chmodSync(folder, 0o755);
    rmSync(join(root, 'dist'), { recursive: true, force: true });
    renameSync(folder, join(root, 'dist'));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
