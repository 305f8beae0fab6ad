import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { nodeFault } from '../../src/service/nodeVersion.ts';

test('a Node.js that is too old is refused in a sentence, and the one that package.json asks for is not', () => {
  const { engines } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const needed = Number(/^>=(\d+)$/.exec(engines.node)![1]);
  assert.match(
    nodeFault(`${needed - 1}.9.0`)!,
    new RegExp(`needs Node.js ${needed} or later, and this is ${needed - 1}`),
  );
  assert.equal(nodeFault(`${needed}.0.0`), undefined);
  assert.equal(nodeFault(), undefined);
});
