import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Registry } from 'prom-client';
import { BulkCounter } from '../../src/telemetry/bulkCounter.ts';
import { MAX_NAMES, OTHER } from '../../src/telemetry/catalogue/model.ts';

function counterOf(places: readonly (string | undefined)[]) {
  const counter = new BulkCounter(new Registry(), { name: 'm_total', help: 'help', label: 'feature' });
  counter.places(places);
  const tell = async () => {
    const { values } = await counter.get();
    return values.map(({ labels, value }) => [labels.feature, value] as const);
  };
  return { counter, tell };
}

describe('BulkCounter', () => {
  test('adds up by name, and leaves out what has none', async () => {
    const { counter, tell } = counterOf(['a', undefined, 'b', 'a']);
    counter.add(Uint32Array.of(1, 10, 100, 1000));
    counter.add(Uint32Array.of(1, 0, 0, 0));
    counter.addAt(2, 5);
    counter.addAt(1, 7);
    assert.deepEqual(await tell(), [
      ['a', 1002],
      ['b', 105],
    ]);
  });

  test('tells at most so many names, and the rest together, losing nothing', async () => {
    const names = fc.uniqueArray(fc.oneof(fc.string({ minLength: 1, maxLength: 4 }), fc.constant(OTHER)), {
      maxLength: 3 * MAX_NAMES,
      size: 'max',
    });
    let crowded = 0;
    await fc.assert(
      fc.asyncProperty(names, async (places) => {
        const { counter, tell } = counterOf(places);
        const counts = Uint32Array.from(places, (_, i) => i + 1);
        counter.add(counts);
        const values = await tell();
        assert.equal(new Set(values.map(([name]) => name)).size, values.length, 'no name twice');
        assert.ok(values.length <= MAX_NAMES + 1, `${values.length} names`);
        const sum = values.reduce((total, [, value]) => total + value, 0);
        assert.equal(
          sum,
          counts.reduce((total, count) => total + count, 0),
        );
        if (places.length > MAX_NAMES) {
          crowded++;
          assert.ok(values.some(([name]) => name === OTHER));
        }
      }),
      { numRuns: 60 },
    );
    assert.ok(crowded > 5, `only ${crowded} samples had more names than are told`);
  });

  test('tells nothing before its values are named, and 0 once they are', async () => {
    const counter = new BulkCounter(new Registry(), { name: 'm_total', help: 'help', label: 'feature' });
    counter.add(Uint32Array.of(1));
    assert.deepEqual((await counter.get()).values, []);
    counter.places(['a']);
    assert.deepEqual((await counter.get()).values, [{ labels: { feature: 'a' }, value: 0 }]);
  });
});
