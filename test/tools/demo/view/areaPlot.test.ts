import assert from 'node:assert/strict';
import { test } from 'node:test';
import { areaPlot, roundTop } from '../../../../tools/demo/view/areaPlot.ts';

test('an area reaches as many eighths of a character as its value is of the top', () => {
  assert.deepEqual(areaPlot([0, 1, 8, 9, 16], 5, 2, 16), ['   ▁█', ' ▁███']);
});

test('the latest values are at the right, and older ones leave first', () => {
  assert.deepEqual(areaPlot([8], 3, 1, 8), ['  █']);
  assert.deepEqual(areaPlot([8, 4, 0], 2, 1, 8), ['▄ ']);
});

test('what is there is seen however little it is, and what is above the top ends there', () => {
  assert.deepEqual(areaPlot([0.001, 99], 2, 1, 10), ['▁█']);
});

test('the top is a round number that no value exceeds', () => {
  for (const [value, top] of [
    [0, 1],
    [0.8, 1],
    [1, 1],
    [11, 15],
    [4_151, 5_000],
    [7_600, 10_000],
  ]) {
    assert.equal(roundTop(value!), top);
  }
});
