import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KafkaMessage } from 'kafkajs';
import { PartitionFeed } from '../../../src/kafka/kafkajs/feed.ts';
import { Intake } from '../../../src/kafka/kafkajs/intake.ts';
import type { Block, Lease } from '../../../src/pipeline/ports.ts';

function setUp(maxBlockRecords = 100, maxBlockBytes = 1_000_000) {
  const lease: Lease = { topic: 't', partition: 0, generation: 1, state: { kind: 'held' } };
  const intake = new Intake();
  const seen = { resumes: 0, faults: [] as unknown[] };
  const feed = new PartitionFeed(lease, { maxBlockRecords, maxBlockBytes }, intake, {
    resume: () => seen.resumes++,
    fault: (fault) => seen.faults.push(fault),
  });
  feed.ready = true;
  feed.position = 0;
  return { lease, intake, feed, seen };
}

function messages(from: number, count: number, bytes = 4): KafkaMessage[] {
  return Array.from({ length: count }, (_, i) => ({
    key: null,
    value: Buffer.alloc(bytes),
    timestamp: '1',
    offset: String(from + i),
    attributes: 0,
    headers: {},
  }));
}

const facts = (block: Block | undefined) =>
  block && [block.count, block.offsets[0], block.nextOffset, block.endOffset];
const settled = async (promise: Promise<unknown>) =>
  Promise.race([promise, new Promise((resolve) => setImmediate(resolve, 'pending'))]);

test('a fetch is handed out block by block, the next only after a release', async () => {
  const { intake, feed } = setUp(4);
  const outcome = feed.feed(messages(0, 10), 15, 20);
  const first = (await intake.next())!;
  assert.deepEqual(facts(first), [4, 0, 4, 20]);
  const waiting = intake.next();
  assert.equal(await settled(waiting), 'pending');
  intake.release(first);
  const second = (await waiting)!;
  assert.deepEqual(facts(second), [4, 4, 8, 20]);
  intake.release(second);
  const third = (await intake.next())!;
  assert.deepEqual(facts(third), [2, 8, 15, 20]);
  assert.equal(await settled(outcome), 'pending');
  intake.release(third);
  assert.equal(await outcome, 'released');
  assert.equal(feed.position, 15);
  assert.equal(feed.busy, false);
});

test('blocks keep to the byte limit, but a record larger than that gets a block of its own', async () => {
  const { intake, feed } = setUp(100, 1000);
  feed.feed([...messages(0, 3, 400), ...messages(3, 1, 5000), ...messages(4, 1, 10)], 5, 5);
  const sizes: number[] = [];
  for (let total = 0; total < 5; ) {
    const block = (await intake.next())!;
    sizes.push(block.count);
    total += block.count;
    intake.release(block);
  }
  assert.deepEqual(sizes, [2, 1, 1, 1]);
});

test('a block released twice, or a stranger, changes nothing', async () => {
  const { intake, feed } = setUp(1);
  feed.feed(messages(0, 3), 3, 3);
  const first = (await intake.next())!;
  intake.release(first);
  intake.release(first);
  intake.release({ ...first });
  const second = (await intake.next())!;
  assert.equal(second.offsets[0], 1);
  assert.equal(await settled(intake.next()), 'pending');
});

test('parking gives back all but one block, and goes on behind it when that is released', async () => {
  const { intake, feed, seen } = setUp(4);
  const outcome = feed.feed(messages(0, 10), 10, 10);
  // Nobody has asked yet: the block that is kept is built now, so that the fetch can be forgotten.
  assert.equal(feed.park(), true);
  assert.equal(await outcome, 'parked');
  assert.equal(feed.position, 4);
  assert.equal(feed.park(), false);
  const block = (await intake.next())!;
  assert.deepEqual(facts(block), [4, 0, 4, 10]);
  assert.equal(seen.resumes, 0);
  intake.release(block);
  assert.equal(seen.resumes, 1);
  assert.equal(feed.busy, false);
  assert.equal(await settled(intake.next()), 'pending');
});

test('records that nobody sees move the position, and the pipeline is told once for all of them', async () => {
  const { intake, feed } = setUp();
  feed.pass(5, 50);
  feed.pass(9, 50);
  const empty = (await intake.next())!;
  assert.deepEqual(facts(empty), [0, undefined, 9, 50]);
  feed.pass(12, 50);
  const waiting = intake.next();
  assert.equal(await settled(waiting), 'pending');
  intake.release(empty);
  assert.deepEqual(facts((await waiting)!), [0, undefined, 12, 50]);
  assert.equal(feed.position, 12);
});

test('an empty block after a batch is empty, not the batch again', async () => {
  const { intake, feed } = setUp();
  feed.feed(messages(0, 3), 3, 10);
  intake.release((await intake.next())!);
  feed.pass(7, 10);
  const empty = (await intake.next())!;
  assert.deepEqual(facts(empty), [0, undefined, 7, 10]);
  intake.release(empty);
  assert.equal(await settled(intake.next()), 'pending');
});

test('an ended lease gives no more blocks and lets the handler go; its block may still be released', async () => {
  const { lease, intake, feed, seen } = setUp(2);
  const outcome = feed.feed(messages(0, 6), 6, 6);
  const out = (await intake.next())!;
  lease.state = { kind: 'gone', reason: 'revoked' };
  feed.end();
  assert.equal(await outcome, 'ended');
  intake.release(out);
  assert.equal(await settled(intake.next()), 'pending');
  assert.equal(seen.resumes, 0);
});

test('an ending lease gives nothing new', async () => {
  const { lease, intake, feed } = setUp(2);
  const outcome = feed.feed(messages(0, 6), 6, 6);
  lease.state = { kind: 'ending', deadlineMs: 1 };
  assert.equal(await settled(intake.next()), 'pending');
  assert.equal(await outcome, 'ended');
});

test('an offset that cannot be held is told and not handed out', async () => {
  const { intake, feed, seen } = setUp();
  feed.feed([{ ...messages(0, 1)[0]!, offset: '9007199254740993' } as KafkaMessage], 1, 1);
  assert.equal(await settled(intake.next()), 'pending');
  assert.equal((seen.faults[0] as { code: string }).code, 'E-KAFKA-OFFSET');
});

test('a closed intake lets go of whoever waits', async () => {
  const { intake, feed } = setUp();
  const waiting = intake.next();
  intake.close();
  assert.equal(await waiting, undefined);
  feed.feed(messages(0, 1), 1, 1);
  assert.equal(await intake.next(), undefined);
});
