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
      const leases = new Set(firstLog.grants.flat().map((lease) => lease.generation));
      assert.equal(leases.size, firstLog.grants.length, 'each assignment has its generation');

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
        assert.deepEqual(new Set(leases), log.held);
        assert.ok(leases.every((lease) => lease.state.kind === 'ending'));
        // What is left to do once the blocks are released, their commit, is waited for as well: the group has to wait for
        // longer than several heartbeats.
        for (const block of blocks) first.release(block);
        await new Promise((resolve) => setTimeout(resolve, 2_000));
        assert.equal(newcomerJoined, false, 'the newcomer was let in before the work was finished');
        for (const block of blocks) {
          answers.push(await first.commit([{ lease: block.lease, offset: block.nextOffset }]));
        }
      };
      const second = client.newSource({ topic, group });
      const granted = started(bench, second);
      await until('the drain', () => log.endings.length === 1);
      const newcomer = await granted;
      const watch = until('the newcomer’s lease', () => newcomer.held.size === 1).then(() => {
        newcomerJoined = true;
      });
      await watch;
      assert.deepEqual(answers, ['committed', 'committed']);
      assert.ok(log.endings[0]!.withinMs > 15_000);
      assert.deepEqual(
        blocks.map((block) => block.lease.state),
        [
          { kind: 'gone', reason: 'revoked' },
          { kind: 'gone', reason: 'revoked' },
        ],
      );
      const drinker = new Drinker(second);
      await bench.fill(topic, [...newcomer.held][0]!.partition, 1, 'after');
      await until('the record after', () => drinker.records.length > 0);
      assert.deepEqual(drinker.values(), ['after0']);
    });

    test('a drain that takes too long is cut off at its deadline', async () => {
      const topic = await bench.topic(2);
      const group = unique('group');
      await bench.fill(topic, 0, 50);
      const first = client.newSource({ topic, group, drainTimeoutMs: 500 });
      const log = await started(bench, first);
      const block = (await first.next())!;
      log.onEnding = () => new Promise(() => {});
      const second = client.newSource({ topic, group });
      const newcomer = await started(bench, second);
      await until('the newcomer’s lease', () => newcomer.held.size === 1);
      assert.equal(block.lease.state.kind, 'gone');
      assert.equal(log.endings.length, 1);
    });

    test('a commit under a lease that is gone is dropped, also when the partition came back', async () => {
      const topic = await bench.topic(1);
      const group = unique('group');
      await bench.fill(topic, 0, 100);
      const first = client.newSource({ topic, group });
      const log = await started(bench, first);
      const block = (await first.next())!;
      const old = block.lease;
      assert.equal(await first.commit([{ lease: old, offset: 10 }]), 'committed');
      const second = client.newSource({ topic, group });
      const newcomer = await started(bench, second);
      await until('the new generation', () => newcomer.grants.length > 0 && log.grants.length === 2);
      await second.stop();
      await until('the lease again', () => log.held.size === 1 && ![...log.held].includes(old));
      const [current] = [...log.held] as [Lease];
      assert.notEqual(current.generation, old.generation);
      first.release(block);
      assert.equal(await first.commit([{ lease: old, offset: 99 }]), 'committed');
      assert.equal(await bench.committed(group, topic), 10);
      const drinker = new Drinker(first);
      await until('the records again', () => drinker.records.length === 90);
      assert.equal(drinker.records[0]?.offset, 10);
      assert.ok(drinker.blocks.every((entry) => entry.lease.state.kind !== 'gone'));
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
