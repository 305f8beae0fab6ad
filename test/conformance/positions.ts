import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { ClientUnderTest } from './client.ts';
import { Bench, Drinker, recordsOf, started, staysFalse, unique, until } from './support.ts';

/** So that what is read next is not fetched before the test has changed the log. */
const SMALL_FETCHES = { maxBytesPerPartition: 5_000, maxBufferedBytes: 5_000 };

export function positionConformance(name: string, client: ClientUnderTest): void {
  describe(`${name}: positions`, () => {
    let bench: Bench;
    before(async () => {
      bench = await Bench.open(client.brokers);
    });
    after(() => bench.close());

    test('commits and resumes where it committed', async () => {
      const topic = await bench.topic(1);
      const group = unique('group');
      await bench.fill(topic, 0, 100);
      const first = client.newSource({ topic, group });
      await started(bench, first);
      const block = (await first.next())!;
      assert.equal(await first.commit([{ lease: block.lease, offset: 40 }]), 'committed');
      assert.equal(await bench.committed(group, topic), 40);
      first.release(block);
      await first.stop();
      const second = client.newSource({ topic, group });
      const log = await started(bench, second);
      const drinker = new Drinker(second);
      await until('60 records', () => drinker.records.length === 60);
      assert.equal(drinker.records[0]?.offset, 40);
      assert.deepEqual(log.begun, [{ lease: drinker.blocks[0]!.lease, offset: 40 }]);
    });

    test('a new group starts at the latest record, and stays there when it begins again', async () => {
      const topic = await bench.topic(1);
      const group = unique('group');
      await bench.fill(topic, 0, 10, 'old');
      const first = client.newSource({ topic, group, start: 'latest' });
      const log = await started(bench, first);
      await until('the position', async () => (await bench.committed(group, topic)) === 10);
      assert.equal(log.held.size, 1);
      await first.stop();
      // What arrives while nobody reads was not there at the start and must not be skipped.
      await bench.fill(topic, 0, 5, 'new');
      const second = client.newSource({ topic, group, start: 'latest' });
      await started(bench, second);
      const drinker = new Drinker(second);
      await until('the new records', () => drinker.records.length === 5);
      assert.deepEqual(drinker.values(), ['new0', 'new1', 'new2', 'new3', 'new4']);
    });

    test('a new group starts at a time', async () => {
      const topic = await bench.topic(2);
      const at = (partition: number, time: number) => ({
        partition,
        value: `t${time}`,
        timestamp: String(1_700_000_000_000 + time),
      });
      await bench.write(topic, [at(0, 1), at(0, 5), at(0, 9), at(1, 2)]);
      const source = client.newSource({
        topic,
        group: unique('group'),
        start: { timestampMs: 1_700_000_000_005 },
      });
      const log = await started(bench, source);
      const drinker = new Drinker(source);
      await until('two records', () => drinker.records.length === 2);
      assert.deepEqual(drinker.values(), ['t5', 't9']);
      assert.equal(log.failures.length, 0);
    });

    for (const [policy, from] of [
      ['earliest', 'v60'],
      ['latest', 'later0'],
    ] as const) {
      test(`out of range at the start goes to the ${policy}`, async () => {
        const { topic, group } = await truncatedUnderGroup();
        const source = client.newSource({ topic, group, outOfRange: policy });
        const log = await started(bench, source);
        const drinker = new Drinker(source);
        await until('the lease', () => log.held.size === 1);
        if (policy === 'latest') assert.ok(await staysFalse(() => drinker.records.length > 0));
        await bench.fill(topic, 0, 1, 'later');
        await until('the later record', () => drinker.values().at(-1) === 'later0');
        assert.equal(drinker.values()[0], from);
        assert.equal(log.failures.length, 0);
      });
    }

    test('out of range at the start stops, names the place and leaves the group where it was', async () => {
      const { topic, group } = await truncatedUnderGroup();
      const source = client.newSource({ topic, group, outOfRange: 'stop' });
      const log = await started(bench, source);
      await until('the failure', () => log.failures.length === 1);
      const [failure] = log.failures;
      assert.equal(failure?.code, 'E-KAFKA-OUT-OF-RANGE');
      assert.match(failure?.message ?? '', new RegExp(`${topic}/0.*10.*\\[60, 100\\)`));
      assert.equal(await bench.committed(group, topic), 10);
    });

    test('out of range while running stops and leaves the group where it was', async () => {
      const topic = await bench.topic(1);
      const group = unique('group');
      await bench.fill(topic, 0, 2000);
      const source = client.newSource({ topic, group, outOfRange: 'stop', ...SMALL_FETCHES });
      const log = await started(bench, source);
      const block = (await source.next())!;
      assert.ok(block.nextOffset < 1500);
      await source.commit([{ lease: block.lease, offset: 7 }]);
      await bench.truncate(topic, 1900);
      source.release(block);
      // What was fetched before the truncation may still come; nothing of what follows the gap may.
      const drinker = new Drinker(source);
      await until('the failure', () => log.failures.length === 1);
      assert.equal(log.failures[0]?.code, 'E-KAFKA-OUT-OF-RANGE');
      assert.ok(drinker.records.every((record) => record.offset < 1900));
      await until('the committed offset', async () => (await bench.committed(group, topic)) === 7);
    });

    test('out of range while running stops also where only aborted records are left', async () => {
      const topic = await bench.topic(1);
      const group = unique('group');
      await bench.fill(topic, 0, 500);
      await bench.fill(topic, 0, 500);
      await bench.abort(topic, 10);
      const source = client.newSource({ topic, group, outOfRange: 'stop', ...SMALL_FETCHES });
      const log = await started(bench, source);
      const block = (await source.next())!;
      assert.ok(block.nextOffset < 1000);
      await bench.truncate(topic, 1000);
      source.release(block);
      const drinker = new Drinker(source);
      await until('the failure', () => log.failures.length === 1);
      assert.equal(log.failures[0]?.code, 'E-KAFKA-OUT-OF-RANGE');
      assert.ok(drinker.blocks.every((entry) => entry.nextOffset <= 1000));
    });

    test('out of range while running goes to the earliest when told so', async () => {
      const topic = await bench.topic(1);
      await bench.fill(topic, 0, 2000);
      const source = client.newSource({
        topic,
        group: unique('group'),
        outOfRange: 'earliest',
        ...SMALL_FETCHES,
      });
      const log = await started(bench, source);
      const block = (await source.next())!;
      const before = recordsOf(block);
      await bench.truncate(topic, 1900);
      source.release(block);
      const drinker = new Drinker(source);
      await until('the last record', () => drinker.values().at(-1) === 'v1999');
      const offsets = [...before, ...drinker.records].map((record) => record.offset);
      assert.equal(new Set(offsets).size, offsets.length, 'no record twice');
      assert.deepEqual(
        offsets.filter((offset) => offset >= 1900),
        Array.from({ length: 100 }, (_, i) => 1900 + i),
      );
      assert.equal(log.failures.length, 0);
    });

    test('waits for a topic that does not exist, and goes on by itself', async () => {
      const topic = unique('topic');
      const source = client.newSource({ topic, group: unique('group') });
      const log = await started(bench, source);
      await until('the pause', () => log.pauses.length > 0);
      assert.equal(log.pauses[0]?.code, 'E-KAFKA-TOPIC-MISSING');
      await bench.topic(1, {}, topic);
      await bench.fill(topic, 0, 3);
      const drinker = new Drinker(source);
      await until('three records', () => drinker.records.length === 3);
      // Told when the topic is looked for next; the group may have noticed it earlier.
      await until('the end of the pause', () => log.resumes > 0);
      assert.equal(log.failures.length, 0);
    });

    async function truncatedUnderGroup(): Promise<{ topic: string; group: string }> {
      const topic = await bench.topic(1);
      const group = unique('group');
      await bench.fill(topic, 0, 100);
      const source = client.newSource({ topic, group });
      await started(bench, source);
      const block = (await source.next())!;
      await source.commit([{ lease: block.lease, offset: 10 }]);
      await source.stop();
      await bench.truncate(topic, 60);
      return { topic, group };
    }
  });
}
