import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CaseCost, costPoint } from '../../bench/harness/costs.ts';

const cost = (wholeNanos: number): CaseCost => {
  const of = (nanos: number) => ({ seconds: 1, cpuSeconds: nanos / 1e9 });
  return { whole: of(wholeNanos), decode: of(100), score: of(50), encode: of(200) };
};

test('a cost is compared with the base of the same round, in CPU time', () => {
  // Everything was twice as slow in the second round: that says nothing of the point.
  const { whole, decode, toBase } = costPoint([cost(1500), cost(3000)], [cost(500), cost(1000)]);
  const rounded = ({ median, least, most }: typeof toBase) =>
    [least, median, most].map((n) => Number(n.toFixed(6)));
  assert.deepEqual(rounded(toBase), [3, 3, 3]);
  assert.deepEqual(rounded(whole), [1500, 2250, 3000]);
  assert.equal(Math.round(decode.median), 100);
});
