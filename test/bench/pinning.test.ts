import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cpusOf } from '../../bench/harness/pinning.ts';

test('the kernel’s lists of cores are ranges and single cores', () => {
  assert.deepEqual(cpusOf('0-1'), [0, 1]);
  assert.deepEqual(cpusOf('3'), [3]);
  assert.deepEqual(cpusOf('0-2,5,8-9'), [0, 1, 2, 5, 8, 9]);
});
