import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { latencyBounds, partBounds } from '../../src/telemetry/latencyBounds.ts';

test('bounds of latencies ascend, and the objective is one of them to the last digit', () => {
  const objectives = fc.oneof(fc.constant(undefined), fc.integer({ min: 1, max: 86_400_000 }));
  fc.assert(
    fc.property(objectives, (objectiveMs) => {
      for (const bounds of [latencyBounds(objectiveMs), partBounds(objectiveMs)]) {
        assert.ok(
          bounds.every((bound, i) => i === 0 || bound > bounds[i - 1]!),
          bounds.join(' '),
        );
        if (objectiveMs !== undefined) assert.ok(bounds.includes(objectiveMs));
      }
    }),
  );
});

test('bounds read well', () => {
  assert.deepEqual(latencyBounds(100).slice(0, 12), [2, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
});
