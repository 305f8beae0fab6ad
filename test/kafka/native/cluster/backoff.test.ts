import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Backoff } from '../../../../src/kafka/native/cluster/backoff.ts';

test('a delay is anywhere between nothing and a ceiling that doubles up to the most', () => {
  const backoff = new Backoff({ firstMs: 50, maxMs: 300, random: () => 0.5 });
  assert.deepEqual(
    [1, 2, 3, 4, 5].map(() => backoff.next()),
    [25, 50, 100, 150, 150],
  );
});

test('after a success it begins anew', () => {
  const backoff = new Backoff({ firstMs: 50, maxMs: 1_000, random: () => 0.9 });
  const first = backoff.next();
  backoff.next();
  backoff.reset();
  assert.equal(backoff.next(), first);
});

test('no delay is negative or above the most, whatever the numbers', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })), (numbers) => {
      const left = [...numbers];
      const backoff = new Backoff({ firstMs: 10, maxMs: 640, random: () => left.shift()! });
      for (const _ of numbers) {
        const delayMs = backoff.next();
        assert.ok(delayMs >= 0 && delayMs <= 640);
      }
    }),
  );
});

test('the whole range is used, so that members do not come back in step', () => {
  let seed = 0;
  const backoff = new Backoff({ firstMs: 100, maxMs: 100, random: () => (seed++ % 10) / 10 });
  const delays = Array.from({ length: 10 }, () => backoff.next());
  assert.equal(Math.min(...delays), 0);
  assert.equal(Math.max(...delays), 90);
});
