/** The whole fetcher, from many seeds, against brokers that do everything a broker may do. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Block } from '../../../../src/pipeline/ports.ts';
import { append, assertComplete, filled, seededRandom } from './logs.ts';
import { CALM, type Chances, endOf, ModelCluster } from './modelCluster.ts';
import { Reading } from './reading.ts';

const ROUGH: Chances = {
  requestLost: 0.02,
  answerLost: 0.03,
  evicted: 0.02,
  noSlot: 0.2,
  refused: 0.05,
  corrupt: 0.02,
};
const LARGEST_BATCH_BYTES = 61 + 30 * 90;

async function simulate(seed: number): Promise<void> {
  const readings: Reading[] = [];
  try {
    await read(seed, readings);
  } finally {
    // Else a story that fails would go on for ever.
    for (const reading of readings) await reading.close();
  }
}

async function read(seed: number, readings: Reading[]): Promise<void> {
  const random = seededRandom(seed);
  const chance = (probability: number) => random() < probability;
  const pick = (count: number) => Math.floor(random() * count);
  const cluster = new ModelCluster(filled(1 + pick(10), 5 + pick(20), random), random);
  cluster.chances = ROUGH;
  const held: Block[] = [];
  const maxBufferedBytes = chance(0.5) ? 20_000 : 200_000;
  const reading = new Reading(
    cluster,
    {
      topic: cluster.name,
      maxBufferedBytes,
      maxFetchBytes: 500 + pick(20_000),
      maxPartitionBytes: 200 + pick(5_000),
      maxBlockRecords: 1 + pick(60),
      maxRowsOut: 20 + pick(300),
      maxWaitMs: 5,
    },
    () => (chance(0.3) ? new Promise<void>((resolve) => setImmediate(resolve)) : undefined),
    () => 0,
  );
  readings.push(reading);
  const release = reading.fetcher.release.bind(reading.fetcher);
  const releaseOldest = () => release(held.shift()!);
  reading.fetcher.release = (block) => {
    held.push(block);
    while (held.length > 0 && (held.length > 5 || chance(0.6))) releaseOldest();
  };
  for (const number of cluster.partitions.keys()) reading.add(number);
  for (let turn = 0; turn < 60; turn++) {
    const number = pick(cluster.partitions.length);
    if (chance(0.3)) append(cluster.partitions[number]!, number, random);
    if (chance(0.15)) cluster.move(number, pick(3));
    if (chance(0.05)) cluster.partitions[number]!.follower = chance(0.5) ? pick(3) : undefined;
    if (chance(0.03)) cluster.speak(chance(0.5) ? 12 : 17);
    if (chance(0.08)) {
      // Another lease of the partition goes on where the last one was handed out.
      reading.fetcher.remove(reading.leases.get(number)!);
      reading.add(number, reading.positions.get(number)!);
    }
    if (held.length > 0 && chance(0.5)) releaseOldest();
    await new Promise((resolve) => setImmediate(resolve));
  }
  cluster.chances = CALM;
  const ends = () =>
    cluster.partitions.every((partition, number) => reading.positions.get(number)! >= endOf(partition));
  const nothingHeld = setInterval(() => held.length > 0 && releaseOldest(), 1);
  await reading.until('the ends', ends, 20_000).finally(() => clearInterval(nothingHeld));
  reading.fetcher.release = release;
  while (held.length > 0) releaseOldest();
  await reading.close();
  assertComplete(cluster, reading);
  assert.deepEqual([reading.log.stops, reading.log.failures, reading.log.lost], [[], [], []]);
  const beyond = 3 * LARGEST_BATCH_BYTES * 2 + LARGEST_BATCH_BYTES * 2;
  assert.ok(reading.mostHeldBytes <= maxBufferedBytes + beyond, `held ${reading.mostHeldBytes}`);
}

test('reads everything once and in order, whatever brokers, leaders and leases do', {
  timeout: 110_000,
}, async () => {
  for (let seed = 1; seed <= 150; seed++) {
    try {
      await simulate(seed);
    } catch (cause) {
      throw new Error(`seed ${seed}`, { cause });
    }
  }
});
