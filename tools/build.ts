/** Builds dist/ from src/: JavaScript, types and source maps, with the command executable. `npm run build`. */
import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const command = join(root, 'dist/cli/main.js');

function build(): string | undefined {
  // What was built from a file that is gone must not be shipped.
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  const compiler = join(root, 'node_modules/.bin/tsc');
  const { status } = spawnSync(compiler, ['-p', 'src/tsconfig.json'], { cwd: root, stdio: 'inherit' });
  if (status !== 0) return 'The compiler found errors; dist/ is not complete.';
  if (!readFileSync(command, 'utf8').startsWith('#!/usr/bin/env node\n')) {
    return 'dist/cli/main.js does not begin with `#!/usr/bin/env node`: the shell could not run it.';
  }
  // npm does this when it installs the package; here it lets dist/ be run as it lies.
  chmodSync(command, 0o755);
  return undefined;
}

const fault = build();
if (fault !== undefined) {
  console.error(fault);
  process.exitCode = 1;
}
