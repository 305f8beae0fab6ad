import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { CompressionTypes } from 'kafkajs';
import type { Lease, SeekTarget, Source } from '../../src/pipeline/ports.ts';
import type { ClientUnderTest } from './client.ts';
import { Bench, Drinker, type SourceLog, started, unique, until } from './support.ts';

interface Held {
  readonly topic: string;
  readonly group: string;
  readonly source: Source;
  readonly log: SourceLog;
}

/** Moving a partition that is held, of clients that declare it; the others say that they do not. */
export function seekConformance(name: string, client: ClientUnderTest): void {
  describe(`${name}: moving a partition`, () => {
    let bench: Bench;
    before(async () => {
      bench = await Bench.open(client.brokers);
    });
    after(() => bench.close());

    /** A group that holds a partition of 100 records. */
    const held = async (): Promise<Held> => {
      const topic = await bench.topic(1);
      const group = unique('group');
      await bench.fill(topic, 0, 100);
      const source = client.newSource({ topic, group, drainTimeoutMs: 10_000 });
      const log = await started(bench, source);
      await until('the lease', () => log.held.size === 1);
      return { topic, group, source, log };
    };
    const leaseOf = ({ log }: Held): Lease => [...log.held][0]!;

    if (!client.capabilities.seek) {
      test('is refused in a sentence, and the lease goes on', async () => {
        const group = await held();
        const lease = leaseOf(group);
        const result = await group.source.seek(lease, { skip: 1 });
        assert.ok(result.kind === 'refused');
        assert.match(result.why, new RegExp(`client ${client.capabilities.name} cannot move a partition`));
        assert.equal(lease.state.kind, 'held');
        const drinker = new Drinker(group.source);
        await until('all records', () => drinker.records.length === 100);
      });
      return;
    }

    test('what is in hand is committed before, and nothing of it afterwards', async () => {
      const group = await held();
      const { source, log, topic } = group;
      const block = (await source.next())!;
      const { lease } = block;
      const late = Promise.withResolvers<'committed' | 'refused'>();
      log.onEnding = async () => {
        assert.equal(lease.state.kind, 'ending');
        await source.commit([{ lease, offset: 10 }]);
        // What comes to its end while the new position is being committed.
        setTimeout(() => late.resolve(source.commit([{ lease, offset: 20 }])), 0);
      };
      assert.deepEqual(await source.seek(lease, { skip: 5 }), { kind: 'moved', from: 10, to: 15 });
      assert.deepEqual(lease.state, { kind: 'gone', reason: 'moved' });
      assert.deepEqual(log.gones, [lease]);
      source.release(block);
      assert.equal(await late.promise, 'committed');
      assert.equal(await source.commit([{ lease, offset: 12 }]), 'committed');
      assert.equal(await bench.committed(group.group, topic), 15, 'the old lease wrote over it');
      const drinker = new Drinker(source);
      await until('the others', () => drinker.records.length === 85);
      assert.equal(drinker.records[0]?.offset, 15);
      assert.equal(leaseOf(group).generation, lease.generation);
      assert.equal(await source.commit([{ lease: leaseOf(group), offset: 100 }]), 'committed');
      assert.equal(await bench.committed(group.group, topic), 100);
    });

    const cases: readonly (readonly [SeekTarget, number])[] = [
      ['earliest', 0],
      ['latest', 100],
      [{ offset: 7 }, 7],
      [{ offset: 100 }, 100],
      [{ skip: 60 }, 100],
      [{ offset: 70, forward: true }, 70],
      [{ timestampMs: 0 }, 0],
      [{ timestampMs: Date.now() + 3_600_000 }, 100],
    ];
    test('goes wherever the log has a place, and is read on from there', async () => {
      const group = await held();
      const { source } = group;
      for (const [to, offset] of cases) {
        assert.equal(await source.commit([{ lease: leaseOf(group), offset: 40 }]), 'committed');
        const result = await source.seek(leaseOf(group), to);
        assert.deepEqual(result, { kind: 'moved', from: 40, to: offset }, JSON.stringify(to));
        assert.equal(await bench.committed(group.group, group.topic), offset);
      }
      await bench.fill(group.topic, 0, 5, 'later');
      const drinker = new Drinker(source);
      await until('the later ones', () => drinker.records.length === 5);
      assert.deepEqual(drinker.values(), ['later0', 'later1', 'later2', 'later3', 'later4']);
    });

    test('is refused where the log has no such place, and goes on where it was', async () => {
      const group = await held();
      const { source } = group;
      assert.equal(await source.commit([{ lease: leaseOf(group), offset: 40 }]), 'committed');
      for (const [to, why] of [
        [{ offset: 101 }, /offset 101 is not in the log, which holds \[0, 100\)/],
        [{ skip: 61 }, /there are 60 offsets to skip/],
        [{ offset: 39, forward: true }, /it stands at 40 already/],
      ] as const) {
        const result = await source.seek(leaseOf(group), to);
        assert.ok(result.kind === 'refused');
        assert.match(result.why, why);
      }
      const drinker = new Drinker(source);
      await until('the rest', () => drinker.records.length === 60);
      assert.equal(drinker.records[0]?.offset, 40);
      assert.equal(await bench.committed(group.group, group.topic), 40);
    });

    test('is refused while it is moved already, and after the lease has gone', async () => {
      const group = await held();
      const lease = leaseOf(group);
      const [first, second] = await Promise.all([
        group.source.seek(lease, { offset: 20 }),
        group.source.seek(lease, { offset: 30 }),
      ]);
      assert.equal(first.kind, 'moved');
      assert.equal(second.kind, 'refused');
      assert.equal((await group.source.seek(lease, { offset: 30 })).kind, 'refused');
      assert.equal(await bench.committed(group.group, group.topic), 20);
    });

    test('is refused when what is in hand takes longer than the drain timeout, and that is read again', async () => {
      const topic = await bench.topic(1);
      const group = unique('group');
      await bench.fill(topic, 0, 100);
      const source = client.newSource({ topic, group, drainTimeoutMs: 300 });
      const log = await started(bench, source);
      const block = (await source.next())!;
      log.onEnding = () => new Promise(() => {});
      const result = await source.seek(block.lease, { skip: 1 });
      assert.ok(result.kind === 'refused');
      assert.match(result.why, /longer than kafka\.drain_timeout/);
      source.release(block);
      const drinker = new Drinker(source);
      await until('all of it', () => drinker.records.length === 100);
      assert.equal(drinker.records[0]?.offset, 0);
    });

    test('passes over a whole batch that stopped its partition', async () => {
      const topic = await bench.topic(1);
      await bench.fill(topic, 0, 3, 'before');
      // More than is ever unpacked, in a few kilobytes.
      const messages = Array.from({ length: 70 }, () => ({ partition: 0, value: '0'.repeat(1_000_000) }));
      await bench.producer.send({ topic, messages, compression: CompressionTypes.GZIP });
      await bench.fill(topic, 0, 3, 'behind');
      const source = client.newSource({ topic, group: unique('group') });
      const log = await started(bench, source);
      const drinker = new Drinker(source);
      await until('the stop', () => log.stops.length === 1);
      const lease = [...log.held][0]!;
      await source.commit([{ lease, offset: 3 }]);
      assert.deepEqual(await source.seek(lease, { skip: 1 }), { kind: 'moved', from: 3, to: 73 });
      await until('what is behind it', () => drinker.records.length === 6);
      assert.deepEqual(drinker.values().slice(3), ['behind0', 'behind1', 'behind2']);
      assert.equal(log.stops.length, 1);
    });

    test('is refused when the group takes the partition meanwhile, which loses nothing', async () => {
      const topic = await bench.topic(2);
      const group = unique('group');
      for (const partition of [0, 1]) await bench.fill(topic, partition, 20);
      const first = client.newSource({ topic, group, drainTimeoutMs: 20_000 });
      const log = await started(bench, first);
      await until('both leases', () => log.held.size === 2);
      const seeking = Promise.withResolvers<void>();
      log.onEnding = () => seeking.promise;
      const moves = [...log.held].map((lease) => ({
        lease,
        result: first.seek(lease, { offset: 15 }),
      }));
      // Joins while both are being finished.
      const second = client.newSource({ topic, group });
      const secondLog = await started(bench, second);
      await until('the group asks for one', () => log.endings.length === 3);
      seeking.resolve();
      const results = await Promise.all(moves.map(({ result }) => result));
      assert.deepEqual(results.map(({ kind }) => kind).sort(), ['moved', 'refused']);
      await until('a lease each', () => secondLog.held.size === 1 && log.held.size === 1);
      const [drinker, other] = [new Drinker(first), new Drinker(second)];
      await until('the rest', () => drinker.records.length === 5 && other.records.length === 20);
      assert.equal(drinker.records[0]?.offset, 15);
    });
  });
}
