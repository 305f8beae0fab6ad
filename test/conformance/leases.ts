import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Block, Lease } from '../../src/pipeline/ports.ts';
import type { ClientUnderTest } from './client.ts';
import { Bench, Drinker, started, unique, until } from './support.ts';

/** What only clients with a membership of their own keep in full. */
export function leaseConformance(name: string, client: ClientUnderTest): void {
  const { drainsBeforeRevoke, staticMembership } = client.capabilities;
  if (drainsBeforeRevoke !== 'full' && !staticMembership) return;
  describe(`${name}: leases`, () => {
    let bench: Bench;
    before(async () => {
      bench = await Bench.open(client.brokers);
    });
    after(() => bench.close());

    if (drainsBeforeRevoke === 'full') {
      test('no lease is given up without its work in hand being waited for, whenever the rebalance is found', async () => {
        const topic = await bench.topic(4);
        const group = unique('group');
        for (let partition = 0; partition < 4; partition++) await bench.fill(topic, partition, 20);
        const first = client.newSource({ topic, group, drainTimeoutMs: 20_000 });
        const log = await started(bench, first);
        const inHand = new Map<Lease, Block>();
        while (inHand.size < 4) {
          const block = (await first.next())!;
          inHand.set(block.lease, block);
        }
        const finish = async (lease: Lease) => {
          const block = inHand.get(lease);
          if (block === undefined) return;
          inHand.delete(lease);
          assert.equal(await first.commit([{ lease, offset: block.nextOffset }]), 'committed');
          first.release(block);
        };
        // The client fetches, and waits, with the blocks out, for longer than it takes to find a rebalance.
        log.onEnding = async (leases) => {
          for (const lease of leases) await finish(lease);
        };
        const drinker = new Drinker(first);
        const others = [0, 1, 2].map(() => client.newSource({ topic, group }));
        for (const other of others) {
          const otherLog = await started(bench, other);
          await until('a lease of the newcomer', () => otherLog.held.size > 0);
        }
        await until('one lease is left', () => log.held.size === 1);
        const ended = new Set(log.endings.flatMap(({ leases }) => leases));
        for (const lease of log.gones) {
          assert.ok(ended.has(lease), `partition ${lease.partition} went without notice`);
          assert.deepEqual(lease.state, { kind: 'gone', reason: 'revoked' });
        }
        for (const lease of log.gones) assert.ok(!inHand.has(lease));
        assert.deepEqual(drinker.records, [], 'nothing was read twice');
      });
    }

    if (staticMembership) {
      test('a member that is back soon takes up its partitions, and nobody else notices', async () => {
        const topic = await bench.topic(2);
        const group = unique('group');
        const place = unique('instance');
        const request = { topic, group, sessionTimeoutMs: 20_000 };
        const first = client.newSource({ ...request, instanceId: `${place}-1` });
        const firstLog = await started(bench, first);
        const second = client.newSource({ ...request, instanceId: `${place}-2` });
        const secondLog = await started(bench, second);
        await until('a lease each', () => firstLog.held.size === 1 && secondLog.held.size === 1);
        const [{ partition }] = [...firstLog.held] as [Lease];
        const [kept] = [...secondLog.held];
        await first.stop();
        const again = client.newSource({ ...request, instanceId: `${place}-1` });
        const againLog = await started(bench, again);
        await until('the lease again', () => againLog.held.size === 1);
        assert.deepEqual(
          [...againLog.held].map((lease) => lease.partition),
          [partition],
        );
        assert.deepEqual([...secondLog.held], [kept]);
        assert.equal(kept?.state.kind, 'held');
        await bench.fill(topic, partition, 3);
        const drinker = new Drinker(again);
        await until('its records', () => drinker.records.length === 3);
      });

      test('a second process of the same name ends the first, for good', async () => {
        const topic = await bench.topic(1);
        const group = unique('group');
        const instanceId = unique('instance');
        const first = client.newSource({ topic, group, instanceId });
        const log = await started(bench, first);
        await until('the lease', () => log.held.size === 1);
        const second = client.newSource({ topic, group, instanceId });
        const secondLog = await started(bench, second);
        await until('the lease of the second', () => secondLog.held.size === 1);
        await until('the end of the first', () => log.failures.length === 1);
        assert.equal(log.held.size, 0);
        assert.equal(log.failures[0]?.code, 'E-KAFKA-FENCED');
      });
    }
  });
}
