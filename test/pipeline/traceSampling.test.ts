import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { TraceSampling } from '../../src/pipeline/traceSampling.ts';
import { SeededRandom } from '../support/simulationRandom.ts';

const MANY = 1e9;

function newSampling(share: number, maxPerSecond = MANY, seed = 1): TraceSampling {
  const random = new SeededRandom(seed);
  return new TraceSampling(share, maxPerSecond, () => random.next());
}

describe('the choice of events to trace', () => {
  for (const share of [0.5, 0.01, 0.0007]) {
    test(`takes ${share} of those that their producer does not trace, at random`, () => {
      const sampling = newSampling(share);
      const events = 20_000 / share;
      const gaps: number[] = [];
      for (let event = 0, last = 0; event < events; event++) {
        if (!sampling.takes(false, 0)) continue;
        gaps.push(event - last);
        last = event;
      }
      // Twenty thousand throws of a coin are within 5 standard deviations of what is expected.
      assert.ok(Math.abs(gaps.length - 20_000) < 5 * Math.sqrt(20_000), `${gaps.length} of ${events}`);
      // Not each so-manieth, which would go along with whatever repeats in the stream.
      const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
      const short = gaps.filter((gap) => gap < mean / 2).length / gaps.length;
      assert.ok(share > 0.1 || (short > 0.3 && short < 0.5), `${short} of the gaps are short`);
    });
  }

  test('takes all of them, or none', () => {
    const [all, none] = [newSampling(1), newSampling(0)];
    for (let i = 0; i < 1000; i++)
      assert.deepEqual([all.takes(false, 0), none.takes(false, 0)], [true, false]);
  });

  test('takes what the producer traces, whatever the share, and leaves the share of the others alone', () => {
    const [alone, among] = [newSampling(0.1), newSampling(0.1)];
    for (let i = 0; i < 1000; i++) {
      assert.equal(among.takes(true, 0), true);
      assert.equal(among.takes(false, 0), alone.takes(false, 0));
    }
  });

  test('takes no more than it may in a second, and counts what was too much', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.record({ afterMs: fc.nat(400), events: fc.nat(30), isSampled: fc.boolean() })),
        (max, batches) => {
          const sampling = newSampling(0.5, max);
          const taken: number[] = [];
          let asked = 0;
          let refused = 0;
          let nowMs = 0;
          for (const { afterMs, events, isSampled } of batches) {
            nowMs += afterMs;
            refused += sampling.takeRefused(nowMs);
            for (let i = 0; i < events; i++) {
              if (isSampled) asked++;
              if (sampling.takes(isSampled, nowMs) && isSampled) taken.push(nowMs);
            }
          }
          refused += sampling.takeRefused(nowMs + 1000);
          // Seconds are counted one after another: any one holds parts of two at most.
          for (const fromMs of taken) {
            const within = taken.filter((ms) => ms >= fromMs && ms < fromMs + 1000).length;
            assert.ok(within <= 2 * max, `${within} within a second`);
          }
          assert.ok(taken.length + refused >= asked);
        },
      ),
    );
  });
});
