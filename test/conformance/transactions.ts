import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Transaction } from 'kafkajs';
import type { ClientUnderTest } from './client.ts';
import { Bench, Drinker, started, unique, until } from './support.ts';

/** Asked of clients that filter aborted records in full. */
export function transactionConformance(name: string, client: ClientUnderTest): void {
  if (client.capabilities.readCommitted !== 'full') return;
  describe(`${name}: transactions`, () => {
    let bench: Bench;
    before(async () => {
      bench = await Bench.open(client.brokers);
    });
    after(() => bench.close());

    const put = (open: Transaction, topic: string, ...values: string[]) =>
      open.send({ topic, messages: values.map((value) => ({ partition: 0, value })) });

    test('of several producers that interleave: aborted ones are left out, the others are whole', async () => {
      const topic = await bench.topic(1);
      const [a, b, c] = [
        await bench.transactional(),
        await bench.transactional(),
        await bench.transactional(),
      ] as const;
      const [first, second, third] = [await a.transaction(), await b.transaction(), await c.transaction()];
      await put(first, topic, 'a1');
      await put(second, topic, 'gone1');
      await bench.write(topic, [{ partition: 0, value: 'plain1' }]);
      await put(first, topic, 'a2');
      await put(third, topic, 'c1');
      await put(second, topic, 'gone2', 'gone3');
      await second.abort();
      await put(first, topic, 'a3');
      // The producer that aborted goes on and commits: only what lies before its marker is left out.
      const again = await b.transaction();
      await put(again, topic, 'b1');
      await first.commit();
      const last = await a.transaction();
      await put(last, topic, 'gone4');
      await again.commit();
      await third.commit();
      await last.abort();
      const source = client.newSource({ topic, group: unique('group'), maxBytesPerPartition: 1 });
      await started(bench, source);
      const drinker = new Drinker(source);
      // Ten records and five markers.
      await until('the end of the log', () => drinker.positions.get(0) === 15);
      assert.deepEqual(drinker.values(), ['a1', 'plain1', 'a2', 'c1', 'a3', 'b1']);
    });

    test('that are open hold back what follows them until they end', async () => {
      const topic = await bench.topic(1);
      const writer = await bench.transactional();
      const open = await writer.transaction();
      await bench.write(topic, [{ partition: 0, value: 'before' }]);
      await put(open, topic, 'inside');
      await bench.write(topic, [{ partition: 0, value: 'after' }]);
      const source = client.newSource({ topic, group: unique('group') });
      await started(bench, source);
      const drinker = new Drinker(source);
      await until('the record before', () => drinker.records.length === 1);
      await open.commit();
      await until('the rest', () => drinker.records.length === 3);
      assert.deepEqual(drinker.values(), ['before', 'inside', 'after']);
    });
  });
}
