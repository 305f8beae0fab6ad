import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide } from '../../src/pipeline/decision.ts';

test('the first rule that holds decides; its bound is part of it', () => {
  const plan = { output: 0, atLeast: Float64Array.of(0.9, 0.5) };
  const decisions = [1, 0.9, 0.8999, 0.5, 0.4999, -1].map((score) => decide(plan, score));
  assert.deepEqual(decisions, [0, 0, 1, 1, 2, 2]);
});

test('a decision with one rule always takes it', () => {
  assert.equal(decide({ output: 0, atLeast: new Float64Array(0) }, -5), 0);
});
