import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ratioOf, rotated, spreadOf } from '../../bench/harness/statistics.ts';

test('a spread has the median of its values, between its ends', () => {
  assert.deepEqual(spreadOf([5, 1, 3]), { median: 3, least: 1, most: 5 });
  assert.deepEqual(spreadOf([4, 1, 2, 3]), { median: 2.5, least: 1, most: 4 });
});

test('a ratio compares what was measured in the same round', () => {
  // Both were twice as slow in the second round: that says nothing about either.
  assert.deepEqual(ratioOf([300, 150], [100, 50]), { median: 3, least: 3, most: 3 });
  assert.throws(() => ratioOf([1, 2], [1]), RangeError);
});

test('everybody is first once before anybody is first again', () => {
  const firsts = [0, 1, 2, 3].map((round) => rotated(['a', 'b', 'c'], round)[0]);
  assert.deepEqual(firsts, ['a', 'b', 'c', 'a']);
  assert.deepEqual(rotated(['a', 'b', 'c'], 1), ['b', 'c', 'a']);
  assert.deepEqual(rotated([], 3), []);
});
