/** Checks what `npm publish` would ship, after `npm run build`: all that is needed, and nothing else. */
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const root = join(import.meta.dirname, '..');

const INTENDED = [
  /^dist\/.+\.(js|d\.ts)$/,
  /^dist\/console\/[a-z]+\.(html|css)$/,
  /^schemas\/.+\.avsc$/,
  /^config\/.+\.(yaml|json)$/,
  /^ops\/(prometheus|grafana)\/.+\.(yaml|json)$/,
  /^models\/[^/]+\/[^/]+\/.+$/,
  /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|SECURITY\.md)$/,
];
const NEEDED = [
  'dist/cli/main.js',
  'dist/index.d.ts',
  'dist/console/index.html',
  'dist/console/style.css',
  'LICENSE',
  'README.md',
  'CHANGELOG.md',
  'SECURITY.md',
];
const MAX_BYTES = 2_500_000;

interface Packed {
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

export function faultsOfPackage({ unpackedSize, files }: Packed, modules: readonly string[]): string[] {
  const paths = files.map((file) => file.path);
  const needed = [...NEEDED, ...modules.map((file) => file.replace(/^src\/(.*)\.ts$/, 'dist/$1.js'))];
  return [
    ...paths
      .filter((path) => !INTENDED.some((pattern) => pattern.test(path)))
      .map((path) => `${path} is shipped`),
    ...needed.filter((path) => !paths.includes(path)).map((path) => `${path} is missing`),
    ...(unpackedSize > MAX_BYTES ? [`${unpackedSize} bytes are more than ${MAX_BYTES}`] : []),
  ];
}

async function main(): Promise<void> {
  if (!existsSync(join(root, 'dist'))) throw new Error('There is no dist/; run `npm run build` first.');
  const options = ['pack', '--dry-run', '--json', '--ignore-scripts'];
  const told = JSON.parse(execFileSync('npm', options, { cwd: root, encoding: 'utf8' }));
  // npm 11 gives a list of packages, later versions an object by name.
  const [packed] = Object.values<Packed>(told);
  if (packed === undefined) throw new Error('`npm pack` names no package.');
  const modules = globSync('src/**/*.ts', { cwd: root });
  const about = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const { messages } = await publint({ pkgDir: root, pack: 'npm', strict: true });
  const faults = [
    ...faultsOfPackage(packed, modules),
    ...messages.map((message) => formatMessage(message, about, { color: false }) ?? message.code),
  ];
  for (const fault of faults) console.error(`package: ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
  else console.log(`package: ${packed.files.length} files, ${packed.unpackedSize} bytes`);
}

if (import.meta.main) await main();
