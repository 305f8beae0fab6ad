import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fixed, shown, table, thousands } from '../../bench/harness/table.ts';

test('the columns of a table are as wide as their widest cell, figures to the right', () => {
  const lines = table([
    ['', 'events/s'],
    ['Tidemark', '9 k'],
    ['x', '10 k'],
  ]).split('\n');
  assert.deepEqual(lines, [
    '          events/s', //
    '--------  --------',
    'Tidemark       9 k',
    'x             10 k',
  ]);
});

test('a figure is shown with its spread, if it has one', () => {
  assert.equal(shown({ median: 3.14, least: 2.9, most: 3.4 }, fixed(1)), '3.1 (2.9..3.4)');
  assert.equal(shown({ median: 188_200, least: 188_200, most: 188_200 }, thousands), '188 k');
});
