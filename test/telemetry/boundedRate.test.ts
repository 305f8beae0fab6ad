import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { BoundedRate } from '../../src/telemetry/boundedRate.ts';

describe('BoundedRate', () => {
  test('lets the limit through in each window, for each key', () => {
    const rate = new BoundedRate(2, 100);
    const at = (key: string, nowMs: number) => rate.allows(key, nowMs);
    assert.deepEqual([at('a', 0), at('a', 1), at('b', 1)], [true, true, true]);
    assert.deepEqual([at('a', 2), at('b', 3), at('b', 4)], [false, true, false]);
    assert.deepEqual(rate.takeSuppressed(50), [], 'not before the window is over');
    assert.deepEqual(rate.takeSuppressed(104), [
      { key: 'a', count: 1 },
      { key: 'b', count: 1 },
    ]);
    assert.deepEqual([at('a', 105), at('a', 106), at('a', 107)], [true, true, false]);
  });

  test('opens the next window by itself, and keeps what was held back until it is taken', () => {
    const rate = new BoundedRate(1, 100);
    const passed = [0, 1, 2, 100, 101, 250].map((nowMs) => rate.allows('a', nowMs));
    assert.deepEqual(passed, [true, false, false, true, false, true]);
    assert.deepEqual(rate.takeSuppressed(251), [{ key: 'a', count: 3 }]);
    assert.deepEqual(rate.takeSuppressed(252), [], 'told once');
    assert.equal(rate.allows('a', 253), false, 'the window goes on');
    assert.deepEqual(rate.takeSuppressed(254, true), [{ key: 'a', count: 1 }]);
  });

  test('every call is let through or told, and never more than the limit in one window', () => {
    const steps = fc.array(fc.record({ afterMs: fc.integer({ min: 0, max: 60 }), take: fc.boolean() }));
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 4 }), (sequence, limit) => {
        const rate = new BoundedRate(limit, 100);
        const passedAt: number[] = [];
        let nowMs = 0;
        let told = 0;
        for (const { afterMs, take } of sequence) {
          nowMs += afterMs;
          if (take) told += rate.takeSuppressed(nowMs)[0]?.count ?? 0;
          if (rate.allows('k', nowMs)) passedAt.push(nowMs);
        }
        told += rate.takeSuppressed(nowMs, true)[0]?.count ?? 0;
        assert.equal(passedAt.length + told, sequence.length);
        // Two windows may meet, so any 100 ms hold at most twice the limit.
        for (const start of passedAt) {
          const within = passedAt.filter((each) => each >= start && each < start + 100);
          assert.ok(within.length <= 2 * limit, `${within.length} within 100 ms`);
        }
      }),
    );
  });
});
