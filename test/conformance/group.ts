import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Block, Lease } from '../../src/pipeline/ports.ts';
import type { ClientUnderTest } from './client.ts';
import { evict } from './evict.ts';
import { Bench, Drinker, started, unique, until } from './support.ts';

export function groupConformance(name: string, client: ClientUnderTest): void {
  describe(`${name}: the group`, () => {
    let bench: Bench;
    before(async () => {
      bench = await Bench.open(client.brokers);
    });
    after(() => bench.close());

    test('two members share the partitions and lose nothing as one joins and leaves', async () => {
      const topic = await bench.topic(4);
      const group = unique('group');
      const first = client.newSource({ topic, group });
      const firstLog = await started(bench, first);
      const commitBlock = (source: typeof first) => async (block: Block) => {
        await source.commit([{ lease: block.lease, offset: block.nextOffset }]);
      };
      const firstDrinker = new Drinker(first, commitBlock(first));
      firstLog.onEnding = (leases) => firstDrinker.idle(leases);
      await until('four leases', () => firstLog.held.size === 4);
      const second = client.newSource({ topic, group });
      const secondLog = await started(bench, second);
      const secondDrinker = new Drinker(second, commitBlock(second));
      await until('two leases each', () => firstLog.held.size === 2 && secondLog.held.size === 2);
      const partitions = [...firstLog.held, ...secondLog.held].map((lease) => lease.partition);
      assert.deepEqual(partitions.sort(), [0, 1, 2, 3]);
      for (let partition = 0; partition < 4; partition++)
        await bench.fill(topic, partition, 500, `p${partition}-`);
      await until('2000 records', () => distinct() === 2000);
      await second.stop();
      await until('all leases back', () => firstLog.held.size === 4);
      for (let partition = 0; partition < 4; partition++)
        await bench.fill(topic, partition, 100, `q${partition}-`);
      await until('2400 records', () => distinct() === 2400);
      // Everything was committed in the block that brought it, so nothing was read twice.
      assert.equal(firstDrinker.records.length + secondDrinker.records.length, 2400);
      const grants = firstLog.grants.filter((leases) => leases.length > 0);
      const generations = new Set(grants.flat().map((lease) => lease.generation));
      assert.equal(generations.size, grants.length, 'each assignment has its generation');

      function distinct(): number {
        return new Set([...firstDrinker.records, ...secondDrinker.records].map((record) => record.value))
          .size;
      }
    });

    test('work in hand is finished and committed before a lease is given up', async () => {
      const topic = await bench.topic(2);
      const group = unique('group');
      await bench.fill(topic, 0, 50);
      await bench.fill(topic, 1, 50);
      const first = client.newSource({ topic, group, drainTimeoutMs: 20_000 });
      const log = await started(bench, first);
      const blocks = [(await first.next())!, (await first.next())!];
      const answers: string[] = [];
      let newcomerJoined = false;
      log.onEnding = async (leases) => {
        assert.ok(leases.every((lease) => log.held.has(lease) && lease.state.kind === 'ending'));
        const ending = blocks.filter(({ lease }) => leases.includes(lease));
        // What is left to do once the blocks are released, their commit, is waited for as well.
        for (const block of ending) first.release(block);
        // For several heartbeats the newcomer may not be let in; that nothing happens only time can show.
        await new Promise((resolve) => setTimeout(resolve, 2_000));
        assert.equal(newcomerJoined, false, 'the newcomer was let in before the work was finished');
        for (const { lease, nextOffset } of ending)
          answers.push(await first.commit([{ lease, offset: nextOffset }]));
      };
      const second = client.newSource({ topic, group });
      const granted = started(bench, second);
      await until('the drain', () => log.endings.length === 1);
      const newcomer = await granted;
      await until('the newcomer’s lease', () => newcomer.held.size === 1);
      newcomerJoined = true;
      const ended = log.endings[0]!.leases;
      // All of them where assignments are eager, one where they are cooperative.
      assert.deepEqual(
        answers,
        ended.map(() => 'committed'),
      );
      assert.ok(log.endings[0]!.withinMs > 15_000);
      for (const { state } of ended) assert.deepEqual(state, { kind: 'gone', reason: 'revoked' });
      const [{ partition }] = [...newcomer.held] as [Lease];
      assert.ok(ended.some((lease) => lease.partition === partition));
      const drinker = new Drinker(second);
      await bench.fill(topic, partition, 1, 'after');
      await until('the record after', () => drinker.records.length > 0);
      assert.deepEqual(drinker.values(), ['after0']);
    });

    test('a drain that takes too long is cut off at its deadline', async () => {
      const topic = await bench.topic(2);
      const group = unique('group');
      for (const partition of [0, 1]) await bench.fill(topic, partition, 50);
      const first = client.newSource({ topic, group, drainTimeoutMs: 500 });
      const log = await started(bench, first);
      const blocks = [(await first.next())!, (await first.next())!];
      log.onEnding = () => new Promise(() => {});
      const second = client.newSource({ topic, group });
      const newcomer = await started(bench, second);
      await until('the newcomer’s lease', () => newcomer.held.size === 1);
      assert.equal(log.endings.length, 1);
      for (const lease of log.endings[0]!.leases) {
        assert.equal(lease.state.kind, 'gone');
        assert.ok(blocks.some((block) => block.lease === lease));
      }
    });

    test('a commit under a lease that is gone is dropped, also when the partition came back', async () => {
      const topic = await bench.topic(1);
      const group = unique('group');
      await bench.fill(topic, 0, 100);
      const source = client.newSource({ topic, group });
      const log = await started(bench, source);
      const block = (await source.next())!;
      const old = block.lease;
      assert.equal(await source.commit([{ lease: old, offset: 10 }]), 'committed');
      const [member] = (await bench.admin.describeGroups([group])).groups[0]!.members;
      await evict(client.brokers[0]!, group, member!.memberId);
      await until('the lease again', () => log.held.size === 1 && !log.held.has(old));
      const [current] = [...log.held] as [Lease];
      assert.notEqual(current.generation, old.generation);
      assert.equal(old.state.kind, 'gone');
      source.release(block);
      assert.equal(await source.commit([{ lease: old, offset: 99 }]), 'committed');
      assert.equal(await bench.committed(group, topic), 10);
      const drinker = new Drinker(source);
      await until('the records again', () => drinker.records.length === 90);
      assert.equal(drinker.records[0]?.offset, 10);
      assert.ok(drinker.blocks.every((entry) => entry.lease === current));
    });

    test('a lease that the group took back unnoticed cannot commit', async () => {
      const topic = await bench.topic(1);
      const group = unique('group');
      await bench.fill(topic, 0, 100);
      const source = client.newSource({ topic, group });
      const log = await started(bench, source);
      const block = (await source.next())!;
      const description = await bench.admin.describeGroups([group]);
      const [member] = description.groups[0]!.members;
      await evict(client.brokers[0]!, group, member!.memberId);
      const answer = await source.commit([{ lease: block.lease, offset: 50 }]);
      // Refused when the member did not know yet, dropped when it did.
      assert.ok(answer === 'refused' || block.lease.state.kind === 'gone');
      assert.equal(await bench.committed(group, topic), -1);
      source.release(block);
      const drinker = new Drinker(source);
      await until('everything again', () => drinker.records.length === 100);
      assert.ok(log.grants.length >= 2);
      assert.equal(log.failures.length, 0);
    });
  });
}
