/** Logs that a model cluster has, and what a reading of them must have read. */
import assert from 'node:assert/strict';
import { SeededRandom } from '../../../support/simulationRandom.ts';
import { batchOf } from './batches.ts';
import { endOf, type ModelCluster, type ModelPartition } from './modelCluster.ts';
import type { Reading } from './reading.ts';

export function seededRandom(seed: number): () => number {
  const random = new SeededRandom(seed);
  return () => random.next();
}

export function append(partition: ModelPartition, number: number, random: () => number): void {
  // A gap now and then, as compaction leaves it.
  const base = endOf(partition) + (random() < 0.1 ? Math.floor(random() * 5) : 0);
  const count = 1 + Math.floor(random() * 30);
  const values = Array.from({ length: count }, (_, i) => `${number}:${base + i}${'.'.repeat(random() * 60)}`);
  const compression = random() < 0.2 ? 'gzip' : 'none';
  partition.log.push(batchOf(base, values, partition.epoch, compression));
}

export function filled(count: number, batches: number, random: () => number, brokers = 3): ModelPartition[] {
  return Array.from({ length: count }, (_, number) => {
    const partition: ModelPartition = { low: 0, log: [], leader: Math.floor(random() * brokers), epoch: 0 };
    for (let i = 0; i < batches; i++) append(partition, number, random);
    return partition;
  });
}

/** Everything was read, once, in order. */
export function assertComplete(cluster: ModelCluster, reading: Reading): void {
  cluster.partitions.forEach((partition, number) => {
    const read = reading.records.filter((record) => record.partition === number);
    for (const { offset, value } of read)
      assert.ok(value?.startsWith(`${number}:${offset}.`) || value === `${number}:${offset}`);
    const offsets = partition.log.flatMap(({ baseOffset, lastOffset }) =>
      Array.from({ length: lastOffset - baseOffset + 1 }, (_, i) => baseOffset + i),
    );
    assert.deepEqual(
      read.map(({ offset }) => offset),
      offsets,
      `partition ${number}`,
    );
  });
}
