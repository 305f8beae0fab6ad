/** The native fetcher against a real broker: what it reads is what is there, whatever the log looks like. */
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { Admin as PlatformaticAdmin, Producer as PlatformaticProducer } from '@platformatic/kafka';
import { staysFalse, unique, untilSucceeds } from '../conformance/support.ts';
import { FetchBench } from '../kafka/native/fetch/fetchBench.ts';
import { produce, sharedStack, waitFor } from '../support/stack.ts';

describe('native fetcher', () => {
  let bench: FetchBench;
  before(async () => {
    bench = await FetchBench.open((await sharedStack()).brokers);
  });
  after(() => bench.close());

  for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
    test(`reads ${compression}, batches small and large, as blocks that follow on each other`, async () => {
      const topic = await bench.topic(1);
      const producer = new PlatformaticProducer({
        bootstrapBrokers: [...bench.brokers],
        clientId: 'compressed',
        compression,
      });
      const expected: string[] = [];
      for (const count of [1, 1, 2, 700, 1, 3000, 5]) {
        const messages = Array.from({ length: count }, (_, i) => {
          const value = `${expected.length + i}-${'x'.repeat((expected.length + i) % 200)}`;
          return { topic, partition: 0, key: Buffer.from(`k${i}`), value: Buffer.from(value) };
        });
        expected.push(...messages.map(({ value }) => value.toString()));
        await producer.send({ messages, acks: -1 });
      }
      await producer.close();
      for (const options of [
        {},
        { maxBlockRecords: 100, maxPartitionBytes: 5_000 },
        { maxBufferedBytes: 20_000 },
      ]) {
        const read = await bench.readAll({ topic, ...options }, expected.length);
        assert.deepEqual(read.values(), expected);
      }
    });
  }

  test('passes the gaps that compaction leaves', async () => {
    const topic = await bench.topic(1, {
      'cleanup.policy': 'compact',
      'min.cleanable.dirty.ratio': '0.001',
      'segment.ms': '100',
      'min.compaction.lag.ms': '0',
    });
    const newest = new Map<string, number>();
    let end = 0;
    for (let round = 0; round < 40; round++) {
      const messages = Array.from({ length: 25 }, () => ({
        partition: 0,
        key: `k${randomInt(30)}`,
        value: `v${end++}`,
      }));
      for (const [i, { key }] of messages.entries()) newest.set(key, end - 25 + i);
      await bench.write(topic, messages);
    }
    // Only closed segments are compacted, and a segment closes when the next record comes.
    const compacted = async () => {
      await bench.write(topic, [{ partition: 0, key: 'tick', value: `v${end++}` }]);
      const all = await bench.readAll({ topic }, end);
      return all.records.length < 100 && all;
    };
    const read = await waitFor(compacted, 'compaction', 60_000, { everyMs: 500 });
    const offsets = read.records.map(({ offset }) => offset);
    assert.deepEqual(
      offsets,
      offsets.toSorted((one, other) => one - other),
    );
    assert.equal(new Set(offsets).size, offsets.length);
    for (const offset of newest.values())
      assert.ok(offsets.includes(offset), `offset ${offset} is the newest of its key`);
    for (const { offset, value } of read.records) assert.equal(value, `v${offset}`);
    // Also from within a gap, and in small pieces.
    const gap = Array.from({ length: end }, (_, i) => i).find((i) => !offsets.includes(i))!;
    let expected = offsets;
    for (let stoodStill = false; !stoodStill; ) {
      const opened = await bench.reading({ topic, maxPartitionBytes: 100 });
      opened.add(0, gap);
      await opened.until('the end', () => opened.positions.get(0) === end);
      // The broker may have compacted once more meanwhile.
      const after = (await bench.readAll({ topic }, end)).records.map(({ offset }) => offset);
      stoodStill = isDeepStrictEqual(after, expected);
      expected = after;
      if (!stoodStill) continue;
      assert.deepEqual(
        opened.records.map(({ offset }) => offset),
        after.filter((offset) => offset > gap),
      );
    }
  });

  test('partitions may be added, removed and moved at any time', async () => {
    const topic = await bench.topic(1);
    await bench.fill(topic, 0, 100);
    const opened = await bench.reading({ topic });
    const first = opened.add(0);
    await opened.until('partition 0', () => opened.positions.get(0) === 100);
    await bench.admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] });
    // Leases may come before the metadata.
    opened.add(2);
    // A producer that knows of no third partition would not write to it.
    const messages = Array.from({ length: 10 }, (_, i) => ({ partition: 2, value: `two${i}` }));
    await untilSucceeds('partition 2 to be served', () => produce(topic, messages, bench));
    await opened.until('partition 2', () => opened.values(2).at(-1) === 'two9');
    opened.fetcher.remove(first);
    await bench.fill(topic, 0, 10, 'unread');
    const second = opened.add(0, 95);
    await opened.until('partition 0 from 95', () => opened.positions.get(0) === 110);
    assert.equal(opened.values(0).length, 115);
    assert.equal(opened.fetcher.leaderEpochOf(second, 100), 0);
    assert.equal(opened.fetcher.leaderEpochOf(first, 100), 0, 'also of one that is gone');
    // The same lease elsewhere.
    opened.positions.set(0, 20);
    opened.fetcher.add(second, 20, -1);
    await opened.until('partition 0 from 20', () => opened.values(0).length === 115 + 90);
  });

  test('a broker that throttles is left alone meanwhile, and everything is read in the end', async () => {
    const clientId = unique('throttled');
    const admin = new PlatformaticAdmin({ bootstrapBrokers: [...bench.brokers], clientId: 'quotas' });
    bench.later(() => admin.close());
    const quota = (op: { value: number; remove: false } | { remove: true }) =>
      admin.alterClientQuotas({
        entries: [
          {
            entities: [{ entityType: 'client-id', entityName: clientId }],
            ops: [{ key: 'consumer_byte_rate', ...op }],
          },
        ],
      });
    // It counts the bytes of eleven seconds together.
    await quota({ value: 50_000, remove: false });
    bench.later(() => quota({ remove: true }));
    const topic = await bench.topic(1);
    for (let batch = 0; batch < 10; batch++)
      await bench.write(topic, [{ partition: 0, value: `${batch}${'x'.repeat(60_000)}` }]);
    const cluster = bench.cluster(clientId);
    const opened = await bench.reading({ topic, maxPartitionBytes: 1 }, undefined, cluster);
    const link = await cluster.link(cluster.topic(topic)!.partitions[0]!.nodeId, 'fetch');
    opened.add(0);
    await opened.until('the throttling', () => link.untilUnthrottled() !== undefined);
    const read = opened.records.length;
    assert.ok(read < 10, `${read} records before it was throttled`);
    await link.untilUnthrottled();
    await opened.until('everything', () => opened.positions.get(0) === 10, 60_000);
    assert.equal(await cluster.link(link.nodeId, 'fetch'), link, 'the broker had no reason to close it');
  });

  test('two hundred partitions, most of them idle, none forgotten', async () => {
    const topic = await bench.topic(200);
    const messages = Array.from({ length: 200 }, (_, partition) =>
      Array.from({ length: 20 }, (_, i) => ({ partition, value: `${partition}-${i}` })),
    );
    await bench.write(topic, messages.flat());
    const opened = await bench.reading({ topic, maxBufferedBytes: 40_000 });
    for (let partition = 0; partition < 200; partition++) opened.add(partition);
    await opened.until('everything', () => opened.records.length === 4000);
    for (let partition = 0; partition < 200; partition++) assert.equal(opened.values(partition).length, 20);
    for (const partition of [7, 199, 0]) {
      await bench.fill(topic, partition, 5, 'later');
      await opened.until(`partition ${partition}`, () => opened.values(partition).at(-1) === 'later4');
    }
    assert.equal(opened.records.length, 4015);
  });

  test('a lease that ends gives no more blocks', async () => {
    const topic = await bench.topic(1);
    await bench.fill(topic, 0, 3000);
    const gate = Promise.withResolvers<void>();
    const opened = await bench.reading({ topic, maxBlockRecords: 100 }, () => gate.promise);
    const lease = opened.add(0);
    await opened.until('a block', () => opened.blocks.length === 1);
    lease.state = { kind: 'ending', deadlineMs: Date.now() + 1000 };
    gate.resolve();
    assert.ok(await staysFalse(() => opened.blocks.length > 1));
    opened.fetcher.remove(lease);
    assert.equal(opened.blocks.length, 1);
  });
});
