import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultsOfPackage } from '../../tools/packageCheck.ts';

const whole = [
  'dist/cli/main.js',
  'dist/index.d.ts',
  'dist/console/index.html',
  'dist/console/style.css',
  'dist/a/b.js',
  'LICENSE',
  'README.md',
  'CHANGELOG.md',
  'SECURITY.md',
];
const faultsOf = (paths: readonly string[], unpackedSize = 1000) =>
  faultsOfPackage({ unpackedSize, files: paths.map((path) => ({ path })) }, [
    'src/cli/main.ts',
    'src/a/b.ts',
  ]);

test('a package with all that is needed and nothing else has no faults', () => {
  assert.deepEqual(faultsOf(whole), []);
});

test('a package is refused for what it ships by accident, lacks, or weighs', () => {
  assert.deepEqual(faultsOf([...whole, 'src/a/b.ts', 'dist/a/b.js.map', 'config/.env']), [
    'src/a/b.ts is shipped',
    'dist/a/b.js.map is shipped',
    'config/.env is shipped',
  ]);
  assert.deepEqual(faultsOf(whole.filter((path) => path !== 'dist/a/b.js')), ['dist/a/b.js is missing']);
  assert.match(faultsOf(whole, 9e9)[0]!, /are more than/);
});
