import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Batch } from '../../src/pipeline/batch.ts';
import { type Cursor, fill } from '../../src/pipeline/fill.ts';
import type { Block } from '../../src/pipeline/ports.ts';
import { Progress } from '../../src/pipeline/progress.ts';
import { blockOf, makeLease, recordsOf } from '../support/simulationBench.ts';
import { makeBlock, SimulatedReaders, simulatedScorer } from '../support/simulationEvents.ts';

async function setup(maxRows = 8) {
  const lease = makeLease();
  const released: Block[] = [];
  const progress = new Progress((block) => released.push(block));
  progress.grant(lease);
  const readers = new SimulatedReaders();
  await readers.load(1);
  const batch = new Batch(simulatedScorer(), { maxRows, carriedFields: 1, features: 1, rules: 2 });
  const counts = { tombstones: 0, otherTypes: 0 };
  const read = (cursor: Cursor) => fill(cursor, batch, readers, progress, counts);
  return { lease, released, progress, readers, batch, counts, read };
}

describe('filling a batch', () => {
  test('puts each record where it belongs: a row, a rejection, or a count', async () => {
    const { lease, batch, counts, read, progress } = await setup();
    const block = blockOf(lease, ['good', 'rejected', 'tombstone', 'unframed', 'other-type', 'good'], 10);
    assert.equal(read({ block, index: 0, arrivedMs: 0 }), 'read');
    assert.deepEqual([...batch.recordOf.subarray(0, batch.rows)], [0, 5]);
    assert.deepEqual([...(batch.inputs[0].values as Float64Array).subarray(0, 2)], [10, 15]);
    assert.deepEqual(
      batch.rejections.map(({ index, reader }) => [index, reader?.schemaId]),
      [
        [1, 1],
        [3, undefined],
      ],
    );
    assert.deepEqual(counts, { tombstones: 1, otherTypes: 1 });
    assert.deepEqual(progress.uncommitted(), [], 'nothing has its outcome yet');
    batch.settle(progress);
    assert.deepEqual(progress.uncommitted(), [{ lease, offset: 16 }]);
  });

  test('stops at the row the batch has no place for, and goes on there', async () => {
    const { lease, batch, read, progress, released } = await setup(3);
    const block = blockOf(lease, ['good', 'rejected', 'good', 'good']);
    const cursor = { block, index: 0, arrivedMs: 0 };
    assert.equal(read(cursor), 'full');
    assert.equal(cursor.index, 3);
    batch.settle(progress);
    assert.deepEqual(progress.uncommitted(), [{ lease, offset: 3 }]);
    assert.deepEqual(released, [], 'a record of it is still to be read');
    batch.reset();
    assert.equal(read(cursor), 'read');
    batch.settle(progress);
    assert.deepEqual(released, [block]);
  });

  test('of which the last record fills the batch has read the block', async () => {
    const { lease, batch, read } = await setup(2);
    assert.equal(read({ block: blockOf(lease, ['good', 'rejected']), index: 0, arrivedMs: 0 }), 'read');
    assert.equal(batch.isFull, true);
  });

  test('stops at an unknown schema; what is before it does not wait', async () => {
    const { lease, batch, read, progress, readers } = await setup();
    const records = [...recordsOf(['good', 'tombstone'], 0, 1), ...recordsOf(['good'], 2, 9)];
    const cursor = { block: makeBlock(lease, records), index: 0, arrivedMs: 0 };
    assert.deepEqual(read(cursor), { needsSchema: 9 });
    assert.equal(cursor.index, 2);
    batch.settle(progress);
    assert.deepEqual(progress.uncommitted(), [{ lease, offset: 2 }]);
    await readers.load(9);
    assert.equal(read(cursor), 'read');
    assert.equal(batch.rows, 2);
  });

  test('with nothing but skipped records moves progress at once, past the gap behind them', async () => {
    const { lease, batch, read, progress, released } = await setup();
    const block = makeBlock(lease, recordsOf(['tombstone', 'other-type']), 40);
    read({ block, index: 0, arrivedMs: 0 });
    assert.equal(batch.isEmpty, true);
    assert.deepEqual(progress.uncommitted(), [{ lease, offset: 40 }]);
    assert.deepEqual(released, [block]);
  });

  test('from an empty block moves progress over the gap it tells of', async () => {
    const { lease, read, progress, released } = await setup();
    const block = makeBlock(lease, [], 7);
    assert.equal(read({ block, index: 0, arrivedMs: 0 }), 'read');
    assert.deepEqual(progress.uncommitted(), [{ lease, offset: 7 }]);
    assert.deepEqual(released, [block]);
  });

  test('from a lease that is gone reads nothing', async () => {
    const { lease, batch, read, progress } = await setup();
    progress.drop(lease);
    assert.equal(read({ block: blockOf(lease, ['good']), index: 0, arrivedMs: 0 }), 'read');
    assert.equal(batch.isEmpty, true);
  });
});
