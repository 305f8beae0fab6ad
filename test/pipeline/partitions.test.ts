import assert from 'node:assert/strict';
import { test } from 'node:test';
import { partitionFor } from '../../src/pipeline/partitions.ts';
import { ManualSink, makeLease, recordsOf } from '../support/simulationBench.ts';
import { makeBlock } from '../support/simulationEvents.ts';

const sink = new ManualSink();
const [keyed] = recordsOf(['good'], 7);
const block = makeBlock(makeLease(5), [keyed, { ...keyed, key: null }]);

test('by key, the sink says where a key goes', () => {
  assert.equal(partitionFor({ topic: 'out', count: 4, partitioner: 'key' }, sink, block, 0), 3);
});

test('by key, a record without one goes to its source partition modulo the count', () => {
  assert.equal(partitionFor({ topic: 'out', count: 4, partitioner: 'key' }, sink, block, 1), 1);
});

test('by source, the partition stays the same, and one the output lacks stops the process', () => {
  assert.equal(partitionFor({ topic: 'out', count: 6, partitioner: 'source' }, sink, block, 0), 5);
  assert.throws(() => partitionFor({ topic: 'out', count: 5, partitioner: 'source' }, sink, block, 0), {
    code: 'E-KAFKA-PARTITIONS',
  });
});
