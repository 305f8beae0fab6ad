/** The bounds of the native fetcher against a real broker: what is held, for how long, and what is too large. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Block } from '../../src/pipeline/ports.ts';
import { staysFalse } from '../conformance/support.ts';
import { FetchBench } from '../kafka/native/fetch/fetchBench.ts';
import { sharedStack } from '../support/stack.ts';

describe('native fetcher, bounded', () => {
  let bench: FetchBench;
  before(async () => {
    bench = await FetchBench.open((await sharedStack()).brokers);
  });
  after(() => bench.close());

  test('blocks of a lease may be out together, and stay as they are until they are released', async () => {
    const topic = await bench.topic(2);
    for (const partition of [0, 1]) await bench.fill(topic, partition, 3000, `p${partition}-`);
    const out: { block: Block; copy: Buffer }[] = [];
    const opened = await bench.reading(
      { topic, maxBlockRecords: 250, maxPartitionBytes: 20_000 },
      async (block, fetcher) => {
        out.push({
          block,
          copy: Buffer.concat([block.bytes, Buffer.from(block.spans.slice(0, block.count * 6).buffer)]),
        });
        if (out.length < 7) await new Promise((resolve) => setImmediate(resolve));
        for (const { block: held, copy } of out) {
          const now = Buffer.concat([held.bytes, Buffer.from(held.spans.slice(0, held.count * 6).buffer)]);
          assert.ok(now.equals(copy));
        }
        if (out.length > 6) fetcher.release(out.shift()!.block);
      },
    );
    // The reading releases each block by itself as well: only the first release of a block counts.
    opened.fetcher.release = ((release) => (block: Block) => {
      if (!out.some((held) => held.block === block)) release(block);
    })(opened.fetcher.release.bind(opened.fetcher));
    opened.add(0);
    opened.add(1);
    await opened.until('everything', () => opened.records.length === 6000);
    assert.deepEqual(
      opened.values(1),
      Array.from({ length: 3000 }, (_, i) => `p1-${i}`),
    );
    for (const { block } of out.splice(0)) opened.fetcher.release(block);
  });

  test('keeps to a budget smaller than a fetch, and beyond it takes no more than one batch', async () => {
    const topic = await bench.topic(4);
    const value = 'x'.repeat(1000);
    for (let partition = 0; partition < 4; partition++) {
      // Batches of 1 kB, 20 kB and 60 kB.
      for (const count of [1, 20, 1, 60, 1, 1, 20]) {
        await bench.write(
          topic,
          Array.from({ length: count }, () => ({ partition, value })),
        );
      }
    }
    const maxBufferedBytes = 64_000;
    const opened = await bench.reading({ topic, maxBufferedBytes, maxRowsOut: 30, maxBlockRecords: 10 });
    for (let partition = 0; partition < 4; partition++) opened.add(partition);
    await opened.until('everything', () => opened.records.length === 4 * 104);
    assert.ok(opened.mostHeldBytes <= maxBufferedBytes + 70_000, `held ${opened.mostHeldBytes}`);
  });

  for (const compression of ['uncompressed', 'zstd']) {
    test(`when nothing is released it stops fetching within its bound, and goes on after (${compression})`, async () => {
      const topic = await bench.topic(4, { 'compression.type': compression });
      const batchBytes = 20_000;
      const messages = (partition: number) =>
        Array.from({ length: 20 }, () => ({ partition, value: 'x'.repeat(batchBytes / 20) }));
      for (let batch = 0; batch < 40; batch++) await bench.write(topic, [0, 1, 2, 3].flatMap(messages));
      const maxBufferedBytes = 400_000;
      const out: Block[] = [];
      const opened = await bench.reading({ topic, maxBufferedBytes, maxFetchBytes: 100_000 });
      const release = opened.fetcher.release.bind(opened.fetcher);
      opened.fetcher.release = (block) => out.push(block);
      for (let partition = 0; partition < 4; partition++) opened.add(partition);
      const read = () => opened.records.length;
      // It stands still: a broker that was asked would have answered long since.
      await opened.until('the first records', () => read() > 0);
      for (let before = -1; before !== read(); ) {
        before = read();
        await staysFalse(() => read() > before);
      }
      assert.ok(read() < 3_200, 'it does not read all it can');
      const bound = maxBufferedBytes + 2 * batchBytes;
      assert.ok(opened.fetcher.heldBytes <= bound, `held ${opened.fetcher.heldBytes}`);
      opened.fetcher.release = release;
      for (const block of out) release(block);
      await opened.until('everything', () => read() === 3_200);
      assert.ok(opened.mostHeldBytes <= bound, `held ${opened.mostHeldBytes}`);
    });
  }

  test('a partition whose blocks are not released holds up no other', async () => {
    const topic = await bench.topic(3);
    for (let at = 0; at < 5000; at += 100) {
      const messages = Array.from({ length: 300 }, (_, i) => ({
        partition: i % 3,
        value: `p${i % 3}-${at + Math.floor(i / 3)}`,
      }));
      await bench.write(topic, messages);
    }
    const stuck: Block[] = [];
    const opened = await bench.reading({
      topic,
      maxBufferedBytes: 80_000,
      maxFetchBytes: 12_000,
      maxPartitionBytes: 4_000,
    });
    const release = opened.fetcher.release.bind(opened.fetcher);
    opened.fetcher.release = (block) => {
      if (block.lease.partition === 0) stuck.push(block);
      else release(block);
    };
    for (const partition of [0, 1, 2]) opened.add(partition);
    await opened.until('the others', () => opened.values(1).length + opened.values(2).length === 10_000);
    assert.ok(opened.values(0).length < 5000, 'the stuck one is held back');
    opened.fetcher.release = release;
    for (const block of stuck) release(block);
    await opened.until('the stuck one', () => opened.values(0).length === 5000);
  });

  test('a batch over the limit stops its partition and no other', async () => {
    const topic = await bench.topic(2);
    await bench.fill(topic, 0, 10);
    await bench.write(topic, [{ partition: 0, value: 'x'.repeat(50_000) }]);
    await bench.fill(topic, 1, 10);
    const opened = await bench.reading({ topic, maxBatchBytes: 40_000 });
    const lease = opened.add(0);
    opened.add(1);
    await opened.until('the stop', () => opened.log.stops.length === 1);
    assert.equal(opened.log.stops[0]?.lease, lease);
    assert.equal(opened.log.stops[0]?.cause.code, 'E-KAFKA-BATCH-LIMIT');
    assert.match(opened.log.stops[0]!.cause.message, new RegExp(`${topic}/0@10`));
    assert.equal(opened.positions.get(0), 10);
    await bench.fill(topic, 1, 10);
    await opened.until('the other partition', () => opened.values(1).length === 20);
  });
});
