import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Batch } from '../../src/pipeline/batch.ts';
import { Progress } from '../../src/pipeline/progress.ts';
import { blockOf, makeLease } from '../support/simulationBench.ts';
import { simulatedScorer } from '../support/simulationEvents.ts';

function filled() {
  const lease = makeLease();
  const progress = new Progress(() => {});
  progress.grant(lease);
  const batch = new Batch(simulatedScorer(), { maxRows: 3, carriedFields: 1, features: 1, rules: 2 });
  const block = blockOf(lease, ['good', 'rejected', 'rejected']);
  const segment = progress.open({ block, index: 0, arrivedMs: 0 }, 0);
  assert.ok(segment);
  segment.endOffset = 3;
  batch.segments.push(segment);
  batch.rows = 1;
  batch.rejections.push({ block, index: 1, result: 7, reader: undefined });
  return { lease, progress, batch, block };
}

test('a batch is full of rows and rejections together', () => {
  const { batch, block } = filled();
  assert.equal(batch.isFull, false);
  batch.rejections.push({ block, index: 2, result: 7, reader: undefined });
  assert.equal(batch.isFull, true);
});

test('a batch that settles moves the progress of all that is in it', () => {
  const { batch, progress, lease } = filled();
  batch.settle(progress);
  assert.deepEqual(progress.uncommitted(), [{ lease, offset: 3 }]);
});

test('a batch that is reset holds nothing of its last round', () => {
  const { batch } = filled();
  batch.scored = 1;
  batch.deadLettered = 2;
  batch.side.length = 12;
  batch.reset();
  assert.equal(batch.isEmpty, true);
  const { rows, scored, deadLettered, rejections, buffers, side } = batch;
  assert.deepEqual(
    [rows, scored, deadLettered, rejections.length, buffers.length, side.length],
    [0, 0, 0, 0, 0, 0],
  );
});
