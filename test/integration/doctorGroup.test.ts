/** What `tidemark doctor` says of a group, of what it has still to read, and of what holds it back. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { newCardFraud } from '../support/cardFraud.ts';
import { has, hasNone, verdictsOf } from '../support/doctor.ts';
import { alter, commit, idleMembers, write } from '../support/doctorGround.ts';
import { payments } from '../support/payments.ts';
import { createTopic, kafkaClient, uniqueName, waitFor, withAdmin } from '../support/stack.ts';

const MINUTE_MS = 60_000;

// Most of it is waiting: for the group to be watched, for members, for transactions to become old.
describe('what takes seconds', { concurrency: true }, () => {
  describe('the group', { concurrency: true }, () => {
    test('has more members than partitions', async (t) => {
      const { file, group, input } = await newCardFraud(t, { partitions: 1 });
      has(await verdictsOf(file, 'group'), 'ok', /has no member now; .* so up to 1 processes/);
      await idleMembers(t, group, input, 2);
      has(
        await verdictsOf(file, 'group'),
        'warn',
        /2 members of group .*; 1 stands by/,
        /or run 1 processes/,
      );
    });

    test('reads another topic', async (t) => {
      const { file, group } = await newCardFraud(t, { partitions: 2 });
      await idleMembers(t, group, await createTopic(uniqueName('other'), 1), 1);
      has(await verdictsOf(file, 'group'), 'fail', /nobody .* reads partitions 0, 1/, /same kafka.group/);
    });

    test('has no member, or one that stands still, whose partitions are not called hot', async (t) => {
      const { file, group, input } = await newCardFraud(t, { partitions: 3 });
      await write(input, 2_000, 0, 1);
      await write(input, 10, 0, 2);
      await commit(group, input, [0, 0, 0]);
      has(
        await verdictsOf(file, 'progress'),
        'warn',
        /2,010 records of .* wait.*has no member/,
        /tidemark run -c/,
      );
      await idleMembers(t, group, input, 1);
      const verdicts = await verdictsOf(file, 'progress');
      has(
        verdicts,
        'fail',
        /partitions 1, 2 .*stand still: nothing was committed there for 1\ds with 2,010 records/,
        /readyz/,
      );
      assert.ok(!verdicts.some(({ evidence }) => /of what waits/.test(evidence)), JSON.stringify(verdicts));
    });

    test('stands still with a few events: as top would say, after as long', async (t) => {
      const { file, group, input } = await newCardFraud(t, { partitions: 2 });
      await write(input, 3, 0, 1);
      await commit(group, input, [0, 0]);
      await idleMembers(t, group, input, 1);
      const evidence =
        /partition 1 of .* stands still: nothing was committed there for 1\ds with 3 records waiting$/;
      has(await verdictsOf(file, 'progress'), 'fail', evidence, /readyz/);
    });

    test('that begins at the end has nothing to read before its start', async (t) => {
      const { fileWith, input } = await newCardFraud(t, { partitions: 1 });
      await write(input, 5);
      const verdicts = await verdictsOf(fileWith({ 'input.start': 'latest' }), 'progress');
      has(verdicts, 'ok', /nothing waits in/);
    });
  });

  describe('retention', { concurrency: true }, () => {
    test('that is half used up, or over, by the age of what is not read', async (t) => {
      const { file, group, input } = await newCardFraud(t, { partitions: 1 });
      await alter(input, { 'retention.ms': String(60 * MINUTE_MS) });
      await write(input, 10, 40 * MINUTE_MS);
      await commit(group, input, [0]);
      const half =
        /retention.ms of .* is 1h, the oldest unread record 40m .* old; at the present rates .* unread in (19|20)m/;
      has(await verdictsOf(file, 'retention'), 'warn', half, /Raise retention.ms/);
      // The log may be quicker with its deletion than the question: both are told.
      await alter(input, { 'retention.ms': String(30 * MINUTE_MS) });
      has(await verdictsOf(file, 'retention'), 'fail', /at any moment|were deleted before they were read/);
    });

    test('that has deleted what was not read', async (t) => {
      const { file, group, input } = await newCardFraud(t, { partitions: 1 });
      await write(input, 10);
      await commit(group, input, [3]);
      await withAdmin(async (admin) => {
        // kafkajs deletes records of topics it knows only.
        await admin.fetchTopicMetadata({ topics: [input] });
        await admin.deleteTopicRecords({ topic: input, partitions: [{ partition: 0, offset: '8' }] });
      });
      const evidence = /begins at 8 and the group is at 3: 5 records were deleted/;
      has(await verdictsOf(file, 'retention'), 'fail', evidence, /input.out_of_range \(now stop\)/);
    });

    test('that is used up by bytes', async (t) => {
      const { file, group, input } = await newCardFraud(t, { partitions: 1 });
      await alter(input, { 'retention.bytes': '2000' });
      await write(input, 100);
      await commit(group, input, [0]);
      const verdicts = await verdictsOf(file, 'retention');
      has(verdicts, 'fail', /retention.bytes of .* is 1.95 KiB a partition, of which .* are unread/, /Raise/);
    });

    test('is no matter for a group that has read everything', async (t) => {
      const { file, group, input, send } = await newCardFraud(t, { partitions: 1 });
      await alter(input, { 'retention.ms': String(60 * MINUTE_MS) });
      await send(payments(5, () => 'c'));
      await commit(group, input, [5]);
      const verdicts = await verdictsOf(file, 'retention');
      has(verdicts, 'ok', /is 1h, and nothing waits/);
      hasNone(verdicts, 'warn', 'fail', 'skipped');
    });
  });

  test('a transaction that its producer does not end is named, with what it holds back', async (t) => {
    const { file, fileWith, input } = await newCardFraud(t, { partitions: 1 });
    const transactionalId = uniqueName('forgetful');
    const producer = (await kafkaClient()).producer({
      transactionalId,
      transactionTimeout: 120_000,
      idempotent: true,
      maxInFlightRequests: 1,
    });
    await producer.connect();
    t.after(() => producer.disconnect());
    const open = await producer.transaction();
    await open.send({ topic: input, messages: [{ partition: 0, value: 'inside' }] });
    await write(input, 4);
    const told = async () => {
      const verdicts = await verdictsOf(file, 'transactions');
      return verdicts.find(({ status }) => status === 'warn');
    };
    const verdict = await waitFor(told, 'the transaction to be noticed', 20_000);
    has(
      [verdict],
      'warn',
      new RegExp(`transaction ${transactionalId} has been open in ${input}/0 for .*; 5 records from`),
      /2m/,
    );
    hasNone(await verdictsOf(fileWith({ 'kafka.isolation': 'read_uncommitted' }), 'transactions'), 'warn');
    await open.abort();
    // An abort is answered before its markers are in the partitions.
    const ended = async () => {
      const verdicts = await verdictsOf(file, 'transactions');
      return verdicts.every(({ status }) => status === 'ok') ? verdicts : undefined;
    };
    has(await waitFor(ended, 'the transaction to end', 20_000), 'ok', /no transaction is open/);
  });
});
