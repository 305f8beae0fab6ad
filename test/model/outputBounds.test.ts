import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { outputBounds } from '../../src/model/outputBounds.ts';

describe('the bounds of an output', () => {
  test('are steps of 0.05 for probabilities, and where nothing is known', () => {
    const steps = outputBounds([0, 0.31, 1]);
    assert.equal(steps.length, 20);
    assert.deepEqual(steps.slice(0, 3), [0.05, 0.1, 0.15]);
    assert.equal(steps.at(-1), 1);
    assert.deepEqual(outputBounds(['NaN', 'Infinity']), steps);
  });

  test('are round numbers about the golden range otherwise', () => {
    assert.deepEqual(outputBounds([20, 60]).slice(0, 4), [0, 5, 10, 15]);
    assert.equal(outputBounds([20, 60]).at(-1), 80);
    assert.deepEqual(outputBounds([-7]), outputBounds([-7, -7, 'NaN']));
  });

  test('ascend evenly, cover half the golden range on either side, and are few', () => {
    const value = fc.double({ min: -1e9, max: 1e9, noNaN: true });
    const alike = fc.tuple(value, fc.double({ min: -1e-3, max: 1e-3, noNaN: true }));
    const values = fc.oneof(
      fc.array(value, { minLength: 1 }),
      alike.map(([one, apart]) => [one, one * (1 + apart)]),
    );
    fc.assert(
      fc.property(values, (golden) => {
        const bounds = outputBounds(golden);
        const [least, most] = [Math.min(...golden), Math.max(...golden)];
        if (least >= 0 && most <= 1) return;
        const range = most - least;
        const [first, last] = [bounds[0]!, bounds.at(-1)!];
        const rounding = 1e-9 * (Math.abs(first) + Math.abs(last));
        assert.ok(first <= least - range / 2 + rounding, `${first} for ${least}`);
        assert.ok(last >= most + range / 2 - rounding, `${last} for ${most}`);
        assert.ok(bounds.length >= 8 && bounds.length <= 25, `${bounds.length} bounds`);
        assert.ok(
          bounds.every((bound, i) => i === 0 || bound > bounds[i - 1]!),
          bounds.join(' '),
        );
      }),
    );
  });
});
