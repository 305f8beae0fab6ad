import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Block } from '../../src/pipeline/ports.ts';
import type { ClientUnderTest } from './client.ts';
import { Bench, Drinker, recordsOf, started, staysPending, unique, until } from './support.ts';

export function readingConformance(name: string, client: ClientUnderTest): void {
  describe(`${name}: reading`, () => {
    let bench: Bench;
    before(async () => {
      bench = await Bench.open(client.brokers);
    });
    after(() => bench.close());

    test('gives every record in order, byte for byte', async () => {
      const topic = await bench.topic(1);
      const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
      const messages = [
        { key: 'k', value: 'v', timestamp: '1700000000001', headers: { a: '1', b: bytes } },
        { key: null, value: 'no key', timestamp: '1700000000002' },
        { key: '', value: '', timestamp: '1700000000003' },
        { key: bytes, value: null, timestamp: '1600000000000', headers: { many: ['x', 'y'], empty: '' } },
      ];
      await bench.write(topic, messages);
      await bench.fill(topic, 0, 3000);
      const source = client.newSource({ topic, group: unique('group') });
      await started(bench, source);
      const drinker = new Drinker(source);
      await until('3004 records', () => drinker.records.length === 3004);
      const binary = bytes.toString('latin1');
      const [first, second, third, fourth] = drinker.records;
      assert.deepEqual(first, {
        partition: 0,
        offset: 0,
        timestamp: 1700000000001,
        key: 'k',
        value: 'v',
        headers: [
          ['a', '1'],
          ['b', binary],
        ],
      });
      assert.deepEqual([second?.key, second?.value, second?.headers], [null, 'no key', []]);
      assert.deepEqual([third?.key, third?.value], ['', '']);
      assert.deepEqual([fourth?.key, fourth?.value, fourth?.timestamp], [binary, null, 1600000000000]);
      assert.deepEqual(fourth?.headers, [
        ['many', 'x'],
        ['many', 'y'],
        ['empty', ''],
      ]);
      assert.deepEqual(
        drinker.records.map((record) => record.offset),
        Array.from({ length: 3004 }, (_, i) => i),
      );
      assert.deepEqual(
        drinker.values().slice(4),
        Array.from({ length: 3000 }, (_, i) => `v${i}`),
      );
      assert.equal(drinker.positions.get(0), 3004);
      assert.equal(drinker.blocks.at(-1)?.endOffset, 3004);
    });

    test('gives no more once what is out is enough; blocks of a partition follow on each other, however many are out', async () => {
      const topic = await bench.topic(2);
      // In small batches: a fetch returns its first batch whole.
      for (let from = 0; from < 4000; from += 200) {
        for (const partition of [0, 1]) await bench.fill(topic, partition, 200, `${partition}-${from}-`);
      }
      const source = client.newSource({
        topic,
        group: unique('group'),
        maxBytesPerPartition: 10_000,
        maxBufferedBytes: 60_000,
      });
      await started(bench, source);
      const out: Block[] = [];
      const positions = new Map<number, number>();
      let records = 0;
      const take = (block: Block) => {
        assert.equal(block.offsets[0], positions.get(block.lease.partition) ?? 0);
        positions.set(block.lease.partition, block.nextOffset);
        records += block.count;
        out.push(block);
      };
      let asked = source.next();
      while (!(await staysPending(asked))) {
        take((await asked)!);
        asked = source.next();
      }
      assert.equal(positions.size, 2);
      assert.ok(records < 6000, `${records} of 8000 records are out`);
      while (records < 8000) {
        for (const block of out.splice(0)) source.release(block);
        take((await asked)!);
        asked = source.next();
      }
      assert.deepEqual([...positions.values()], [4000, 4000]);
    });

    test('a partition that is not released holds up no other', async () => {
      const topic = await bench.topic(2);
      await bench.fill(topic, 0, 3000, 'a');
      await bench.fill(topic, 1, 3000, 'b');
      const source = client.newSource({ topic, group: unique('group'), maxBytesPerPartition: 20_000 });
      await started(bench, source);
      const stuck: Block[] = [];
      const values: (string | null)[] = [];
      while (values.length < 3000) {
        const block = (await source.next())!;
        if (block.lease.partition === 0) {
          stuck.push(block);
          continue;
        }
        values.push(...recordsOf(block).map((record) => record.value));
        source.release(block);
      }
      assert.deepEqual(
        values,
        Array.from({ length: 3000 }, (_, i) => `b${i}`),
      );
      // It goes on where it was once it is released.
      const stuckValues = stuck.flatMap((block) => recordsOf(block).map((record) => record.value));
      for (const block of stuck) source.release(block);
      const drinker = new Drinker(source);
      await until(
        'the rest of the slow partition',
        () => stuckValues.length + drinker.records.length === 3000,
      );
      assert.deepEqual(
        [...stuckValues, ...drinker.values()],
        Array.from({ length: 3000 }, (_, i) => `a${i}`),
      );
    });

    test('cuts a large fetch into blocks that follow on each other', async () => {
      const topic = await bench.topic(1);
      await bench.fill(topic, 0, 1000);
      const source = client.newSource({ topic, group: unique('group'), maxBlockRecords: 64 });
      await started(bench, source);
      let expected = 0;
      const drinker = new Drinker(source, (block) => {
        assert.ok(block.count <= 64);
        assert.equal(block.offsets[0], expected);
        expected = block.nextOffset;
      });
      await until('1000 records', () => drinker.records.length === 1000);
      assert.equal(expected, 1000);
    });

    test('sees records that arrive later', async () => {
      const topic = await bench.topic(1);
      const source = client.newSource({ topic, group: unique('group') });
      const log = await started(bench, source);
      const drinker = new Drinker(source);
      await until('the lease', () => log.held.size === 1);
      for (let round = 1; round <= 3; round++) {
        await bench.fill(topic, 0, 10, `r${round}-`);
        await until(`round ${round}`, () => drinker.records.length === round * 10);
      }
    });

    test('its position passes markers, aborted records and their like at the end of the log', async () => {
      const topic = await bench.topic(1);
      const producer = await bench.transactional();
      const transaction = async (values: string[], end: 'commit' | 'abort') => {
        const open = await producer.transaction();
        await open.send({ topic, messages: values.map((value) => ({ partition: 0, value })) });
        await open[end]();
      };
      await transaction(['c1', 'c2'], 'commit');
      await transaction(['gone1', 'gone2', 'gone3'], 'abort');
      await transaction(['c3'], 'commit');
      await transaction(['gone4'], 'abort');
      // The broker answers before it writes the markers.
      const end = async () => (await bench.admin.fetchTopicOffsets(topic))[0]?.high;
      await until('seven records and four markers', async () => (await end()) === '11');
      const group = unique('group');
      const source = client.newSource({ topic, group });
      await started(bench, source);
      const drinker = new Drinker(source);
      await until('the end of the log', () => drinker.positions.get(0) === 11);
      assert.deepEqual(drinker.values(), ['c1', 'c2', 'c3']);
      // Then an abort alone, which arrives as nothing but filtered records.
      await transaction(['gone5'], 'abort');
      await until('the end of the log again', () => drinker.positions.get(0) === 13);
      assert.equal(drinker.blocks.at(-1)?.count, 0);
      const lease = drinker.blocks.at(-1)!.lease;
      assert.equal(await source.commit([{ lease, offset: 13 }]), 'committed');
      assert.equal(await bench.committed(group, topic), 13);
      await transaction(['c4'], 'commit');
      await until('the last record', () => drinker.values().at(-1) === 'c4');
      const uncommitted = client.newSource({ topic, group: unique('group'), readUncommitted: true });
      await started(bench, uncommitted);
      const all = new Drinker(uncommitted);
      await until('every record', () => all.records.length === 9);
      assert.ok(all.values().includes('gone3'));
    });

    test('stop lets go of whoever waits', async () => {
      const topic = await bench.topic(1);
      const source = client.newSource({ topic, group: unique('group') });
      const log = await started(bench, source);
      await until('the lease', () => log.held.size === 1);
      const waiting = source.next();
      const [lease] = [...log.held];
      await source.stop();
      assert.equal(await waiting, undefined);
      assert.equal(await source.next(), undefined);
      assert.deepEqual(lease?.state, { kind: 'gone', reason: 'closed' });
    });
  });
}
