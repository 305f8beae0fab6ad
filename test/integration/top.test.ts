/** `tidemark top` and GET /scale of a live group: each tells the truth when something is done to the group. */
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { TopView } from '../../src/service/group/top.ts';
import type { ScaleAdvice } from '../../src/service/scale/advice.ts';
import { type CardFraud, newCardFraud } from '../support/cardFraud.ts';
import { payments } from '../support/payments.ts';
import { kafkaClient, produce, uniqueName, waitFor } from '../support/stack.ts';
import { runTidemark, TidemarkProcess } from '../support/tidemark.ts';

async function topOf({ file }: CardFraud, t: TestContext): Promise<TopView> {
  const { stdout } = await new TidemarkProcess(t, ['top', '-c', file, '--once', '--json']).endsWith(0);
  return JSON.parse(stdout);
}

/** Sends payments of many customers until the test ends. */
function keepSending(t: TestContext, pipeline: CardFraud): void {
  const over = new AbortController();
  const sending = (async () => {
    while (!over.signal.aborted) await pipeline.send(payments(200, (at) => `customer-${at}`));
  })();
  t.after(async () => {
    over.abort();
    await sending;
  });
}

// Side by side, as most of it is waiting: for sessions to end, and for a partition to stand long enough.
describe('a live group, looked at from outside', { concurrency: true }, () => {
  test('top tells two members of different clients, one of them killed, and then none', async (t) => {
    const pipeline = await newCardFraud(t, { partitions: 4 });
    const native = runTidemark(t, pipeline.fileWith({ 'kafka.client_id': 'ours' }));
    const other = runTidemark(
      t,
      pipeline.fileWith({
        'kafka.client_id': 'theirs',
        'kafka.client': 'kafkajs',
        'output.compression': 'none',
      }),
    );
    await Promise.all([native.untilHolding(2), other.untilHolding(2)]);
    keepSending(t, pipeline);
    await native.says({ event: 'schemaLoaded' });

    const both = await waitFor(
      async () => {
        const view = await topOf(pipeline, t);
        return view.partitions.every(({ progressPerSecond }) => progressPerSecond! > 0) && view;
      },
      'all partitions to be scored',
      30_000,
    );
    assert.equal(both.state, 'stable');
    assert.deepEqual(both.members.map(({ clientId, partitions }) => [clientId, partitions.length]).sort(), [
      ['ours', 2],
      ['theirs', 2],
    ]);
    for (const { owner, state, arrivalPerSecond } of both.partitions) {
      assert.ok(both.members.some(({ memberId }) => memberId === owner));
      assert.equal(state, 'keeping-up');
      assert.ok(arrivalPerSecond! > 0);
    }
    assert.equal(both.scale?.replicas, 2);

    await other.killed();
    // The group misses it when its session ends; the survivor has everything then.
    await native.untilHolding(4);
    const one = await topOf(pipeline, t);
    assert.deepEqual(
      one.members.map(({ clientId, partitions }) => [clientId, partitions]),
      [['ours', [0, 1, 2, 3]]],
    );

    await native.killed();
    const none = await waitFor(
      async () => {
        const view = await topOf(pipeline, t);
        return view.members.length === 0 && view;
      },
      'the group to miss both',
      30_000,
    );
    assert.equal(none.state, 'empty');
    assert.deepEqual(new Set(none.partitions.map(({ state }) => state)), new Set(['no-owner']));
    assert.ok(none.lag > 0);
    assert.match(none.scale!.reason, /^No replica is running\./);
  });

  test('top and /scale name a partition that stands before an open transaction, and no more replicas for it', async (t) => {
    const pipeline = await newCardFraud(t, { partitions: 3, settings: { http: { port: 0 } } });
    const replica = runTidemark(t, pipeline.file);
    const { port } = await replica.says({ event: 'listening' });
    await replica.untilHolding(3);
    const producer = (await kafkaClient()).producer({
      transactionalId: uniqueName('open'),
      idempotent: true,
      maxInFlightRequests: 1,
    });
    await producer.connect();
    const transaction = await producer.transaction();
    await transaction.send({
      topic: pipeline.input,
      messages: [{ partition: 1, key: 'open', value: 'open' }],
    });
    t.after(async () => {
      // In this order: a producer that is disconnected would connect again for the abort, and stay.
      await transaction.abort();
      await producer.disconnect();
    });
    keepSending(t, pipeline);

    const stuck = await waitFor(
      async () => {
        const view = await topOf(pipeline, t);
        return view.partitions[1]?.state === 'stuck' && view.partitions[0]?.state === 'keeping-up' && view;
      },
      'partition 1 to be stuck, and that one alone',
      60_000,
    );
    assert.equal(stuck.partitions[1]?.openTransaction, true);
    assert.equal(stuck.partitions[1]?.progressPerSecond, 0);
    assert.deepEqual(
      stuck.scale?.stuck.map(({ partition }) => partition),
      [1],
    );
    assert.match(stuck.scale!.stuck[0]!.what, /a transaction that is still open/);
    assert.ok(stuck.partitions[1]!.lag! > 0);

    const advice = await waitFor(
      async () => {
        const response = await fetch(`http://127.0.0.1:${port}/scale`);
        const answered = (await response.json()) as ScaleAdvice;
        return response.status === 200 && answered.stuck.length > 0 && answered;
      },
      '/scale to name the stuck partition',
      60_000,
    );
    assert.equal(advice.replicas, 1);
    assert.equal(advice.wanted, 1, advice.reason);
    assert.deepEqual(
      advice.stuck.map(({ partition }) => partition),
      [1],
    );
    assert.ok(advice.because.serviceRate! > 0, advice.reason);
    assert.match(advice.reason, /Left out: partition 1 has not moved/);
    const metrics = await fetch(`http://127.0.0.1:${port}/metrics`).then((response) => response.text());
    for (const name of ['group_members', 'replicas_wanted'])
      assert.match(metrics, new RegExp(`^tidemark_${name}(\\{.*\\})? 1$`, 'm'));
    for (const name of ['group_lag_records', 'group_arrival_rate', 'replica_service_rate'])
      assert.match(metrics, new RegExp(`^tidemark_${name}(\\{.*\\})? [1-9]`, 'm'));
  });

  test('top names the key of a partition that has all that waits', async (t) => {
    const pipeline = await newCardFraud(t, { partitions: 4 });
    const messages = Array.from({ length: 3_000 }, (_, at) => ({
      key: at % 10 === 0 ? `customer-${at}` : 'whale',
      value: 'of no account',
      partition: 2,
    }));
    await produce(pipeline.input, messages);
    // One that has the group and commits little by little, as a replica does that cannot keep up.
    const consumer = (await kafkaClient()).consumer({ groupId: pipeline.group });
    await consumer.connect();
    t.after(() => consumer.disconnect());
    await consumer.subscribe({ topic: pipeline.input, fromBeginning: true });
    await consumer.run({
      autoCommit: true,
      autoCommitThreshold: 1,
      eachMessage: async () => {
        await new Promise((resolve) => setTimeout(resolve, 40));
      },
    });
    const view = await waitFor(
      async () => {
        const seen = await topOf(pipeline, t);
        return seen.scale?.hot.length === 1 && seen;
      },
      'a hot partition',
      30_000,
    );
    const [hot] = view.scale!.hot;
    assert.equal(hot!.partition, 2);
    assert.deepEqual([hot!.key?.key, hot!.key?.share, hot!.key?.sampled], ['whale', 0.9, 1000]);
    assert.equal(view.partitions[2]?.state, 'behind');
    assert.ok(view.scale!.wanted <= 4);
  });
});
