/** Commands to a group while what they need breaks. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CompressionTypes } from 'kafkajs';
import { countOf } from '../support/cardFraud.ts';
import { Endpoints } from '../support/endpoints.ts';
import { Gate } from '../support/gate.ts';
import { encodePayment, payment, payments, transactionSchema } from '../support/payments.ts';
import { copiesBySource, readScored } from '../support/scored.ts';
import {
  committedOffsets,
  createTopic,
  kafkaClient,
  produce,
  registerSchema,
  sharedStack,
  waitFor,
  withAdmin,
} from '../support/stack.ts';
import { ask, assertDone, newCommanded, replicas, verb } from '../support/steering.ts';
import { runTidemark } from '../support/tidemark.ts';

test('a control topic that is deleted and made anew leaves the group as it was told, and is heard again', async (t) => {
  const pipeline = await newCommanded(t, { partitions: 2, settings: { http: { port: 0 } } });
  const [one, other] = await replicas(t, pipeline, [1, 1]);
  const endpoints = await Endpoints.of(one!);
  assertDone(await ask(t, pipeline, ['log-level', 'warn']), 2);
  await withAdmin((admin) => admin.deleteTopics({ topics: [pipeline.control] }));
  for (const run of [one!, other!]) await run.says({ event: 'commandsUnheard' }, 60_000);
  await pipeline.send(payments(100));
  await waitFor(async () => (await countOf(pipeline.output)) === 100, 'scores without commands', 30_000);
  const unheard = await endpoints.untilReady(true);
  assert.match(unheard.warnings[0]!.message, /^commands are not heard: /);
  const lost = verb(t, pipeline, 'pause');
  await lost.endsWith(1);
  assert.match(lost.story(), /E-KAFKA-TOPIC-MISSING topic control-.* does not exist/);

  await createTopic(pipeline.control, 1, { config: { 'cleanup.policy': 'compact' } });
  await waitFor(
    async () => (await endpoints.untilReady(true)).warnings.length === 0,
    'commands to be heard again',
    60_000,
  );
  assertDone(await ask(t, pipeline, ['pause', '--timeout', '1m']), 2);
  assert.equal((await endpoints.untilReady(true)).state, 'paused');
  // Deleted while it is paused: nobody has said that it goes on.
  await withAdmin((admin) => admin.deleteTopics({ topics: [pipeline.control] }));
  await createTopic(pipeline.control, 1, { config: { 'cleanup.policy': 'compact' } });
  assertDone(await ask(t, pipeline, ['log-level', 'info', '--timeout', '1m']), 2);
  assert.equal((await endpoints.untilReady(true)).state, 'paused');
});

test('a partition that stopped is got going by skip, and its neighbours never notice', async (t) => {
  const pipeline = await newCommanded(t, { partitions: 2, settings: { http: { port: 0 } } });
  const good = (at: number, partition: number) => ({
    value: encodePayment(pipeline.schemaId, payment(at)),
    partition,
  });
  await produce(pipeline.input, [good(0, 0), good(1, 1)]);
  const producer = (await kafkaClient()).producer();
  await producer.connect();
  t.after(() => producer.disconnect());
  // More than is ever unpacked, in a few kilobytes.
  const messages = Array.from({ length: 70 }, () => ({ partition: 0, value: '0'.repeat(1_000_000) }));
  await producer.send({ topic: pipeline.input, messages, compression: CompressionTypes.GZIP });
  await produce(pipeline.input, [good(2, 0), good(3, 1)]);
  const [run] = await replicas(t, pipeline, [2]);
  const endpoints = await Endpoints.of(run!);
  await run!.says({ event: 'partitionStopped', partition: 0, code: 'E-KAFKA-BATCH-LIMIT' });
  await endpoints.untilReady(false);
  const before = await waitFor(
    async () => {
      const committed = await committedOffsets(pipeline.group, pipeline.input);
      return committed.get(0) === 1 && committed;
    },
    'what lies before it to be committed',
    30_000,
  );
  assert.equal(before.get(0), 1);
  const { stdout } = await verb(t, pipeline, 'skip', '--partition', '0').endsWith(0);
  assert.match(stdout, /^partition 0: 1 → 71 by .+ \(\d+\)\n$/);
  await endpoints.untilReady(true);
  await waitFor(async () => (await countOf(pipeline.output)) === 4, 'what is behind it', 30_000);
  assert.equal(await endpoints.metric('tidemark_skips_total{reason="command"}'), 70);
});

test('a pause while the registry is down ends as one, and what waited for it is scored then', async (t) => {
  const { registryUrl } = await sharedStack();
  const gate = await Gate.before(t, registryUrl);
  const pipeline = await newCommanded(t, {
    partitions: 1,
    settings: { 'registry.url': gate.url(registryUrl), 'registry.timeout': '1s', watchdog: '7s' },
  });
  const schema = JSON.parse(transactionSchema);
  const nextId = await registerSchema(`${pipeline.input}-next`, { ...schema, doc: 'another writer' });
  const [run] = await replicas(t, pipeline, [1]);
  await gate.shut();
  await produce(pipeline.input, [
    { value: encodePayment(nextId, payment(0)) },
    { value: encodePayment(pipeline.schemaId, payment(1)) },
  ]);
  await run!.says({ event: 'dependencyDown', dependency: 'registry' });
  assertDone(await ask(t, pipeline, ['pause']), 1);
  await run!.says({ event: 'state', kind: 'paused' });
  await gate.open();
  await run!.says({ event: 'dependencyUp', dependency: 'registry' });
  await waitFor(async () => (await countOf(pipeline.output)) === 2, 'what was in hand', 30_000);
  await produce(pipeline.input, [{ value: encodePayment(pipeline.schemaId, payment(2)) }]);
  assertDone(await ask(t, pipeline, ['resume']), 1);
  await waitFor(async () => (await countOf(pipeline.output)) === 3, 'what came in the pause', 30_000);
});

test('moves at the same time as each other, as a rebalance and as a kill are done or not, and nothing else is lost', async (t) => {
  const pipeline = await newCommanded(t, { partitions: 4, settings: { commit_every: '200ms' } });
  const events = 400;
  await pipeline.send(payments(events, (at) => `customer-${at % 40}`));
  const [one] = await replicas(t, pipeline, [4]);
  await waitFor(async () => (await countOf(pipeline.output)) === events, 'all scored once', 30_000);
  assertDone(await ask(t, pipeline, ['pause']), 1);
  await pipeline.send(payments(events, (at) => `customer-${at % 40}`));
  const before = await committedOffsets(pipeline.group, pipeline.input);
  const skip = (partition: number) =>
    verb(t, pipeline, 'skip', '--partition', String(partition), '--json', '--timeout', '15s');
  // Two skip the same partition, one another; meanwhile the group is shared out anew, and then a member is killed.
  const asked = [skip(0), skip(0), skip(1)];
  const other = runTidemark(t, pipeline.file);
  await other.untilHolding(2);
  const ended = await Promise.all(asked.map((process) => process.ended));
  const moved = ended.map(({ stdout }) => JSON.parse(stdout).done === true);
  const after = await committedOffsets(pipeline.group, pipeline.input);
  const passed = (partition: number) => after.get(partition)! - before.get(partition)!;
  assert.equal(passed(0), moved.slice(0, 2).filter(Boolean).length);
  assert.equal(passed(1), moved[2] ? 1 : 0);
  const last = skip(2);
  await one!.killed();
  await last.ended;
  await other.untilHolding(4);
  assertDone(await ask(t, pipeline, ['resume', '--timeout', '5s']), 1);
  const skipped = async () => {
    const now = await committedOffsets(pipeline.group, pipeline.input);
    const ends = await withAdmin((admin) => admin.fetchTopicOffsets(pipeline.input));
    return ends.every(({ partition, high }) => now.get(partition) === Number(high));
  };
  await waitFor(skipped, 'the end of every partition', 30_000);
  const scored = copiesBySource(await readScored(pipeline.output));
  const missing = 2 * events - scored.size;
  assert.ok(missing >= moved.filter(Boolean).length && missing <= moved.filter(Boolean).length + 1);
});
