import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { SteadyNumber } from '../../../src/service/scale/steady.ts';

/** What is advised at looks 10 s apart. */
function follow(asked: readonly number[]): number[] {
  const steady = new SteadyNumber();
  return asked.map((number, at) => steady.follow(number, at * 10_000));
}

const repeated = (number: number, times: number) => Array.from({ length: times }, () => number);

describe('a number that does not flap', () => {
  test('follows a lasting load up soon, and not a burst', () => {
    assert.deepEqual(follow([2, 5, 5, 5]), [2, 2, 5, 5]);
    assert.deepEqual(follow([2, 5, 2, 2]), [2, 2, 2, 2]);
    assert.deepEqual(follow([2, 5, 4, 4]), [2, 2, 4, 4]);
  });

  test('goes down only when no look of five minutes asked for as many', () => {
    const advised = follow([6, ...repeated(2, 40)]);
    assert.deepEqual(advised.slice(0, 30), repeated(6, 30));
    assert.equal(advised[30], 2);
  });

  test('stands still while the load swings around a bound', () => {
    const swinging = Array.from({ length: 200 }, (_, at) => 3 + (at % 2));
    assert.deepEqual(new Set(follow(swinging).slice(1)), new Set([3]));
    const above = follow([4, 4, 4, ...swinging]);
    assert.deepEqual(new Set(above), new Set([4]));
  });

  test('is always one of the last five minutes’, and turns no more often than once in a window', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 120 }), (asked) => {
        const advised = follow(asked);
        advised.forEach((number, at) => {
          assert.ok(asked.slice(Math.max(0, at - 29), at + 1).includes(number) || number === advised[at - 1]);
        });
        const downs = advised.flatMap((number, at) => (at > 0 && number < advised[at - 1]! ? [at] : []));
        for (const at of downs) assert.ok(at >= 30, `went down after ${at} looks`);
      }),
    );
  });
});
