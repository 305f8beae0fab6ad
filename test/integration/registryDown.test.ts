import assert from 'node:assert/strict';
import { test } from 'node:test';
import avro from 'avsc';
import { countOf, newCardFraud } from '../support/cardFraud.ts';
import { Endpoints } from '../support/endpoints.ts';
import { Gate } from '../support/gate.ts';
import { encodePayment, payment, payments, transactionSchema } from '../support/payments.ts';
import { readScored } from '../support/scored.ts';
import { framed, produce, registerSchema, sharedStack, waitFor } from '../support/stack.ts';
import { runTidemark, scoreUntilEnd, type TidemarkProcess } from '../support/tidemark.ts';

const nextSchema = JSON.parse(transactionSchema);
nextSchema.fields.push({ name: 'channel', type: 'string', default: 'web' });
const nextType = avro.Type.forSchema(nextSchema);

for (const [how, fault] of [
  ['refuses connections', (gate: Gate) => gate.shut()],
  ['hangs', async (gate: Gate) => gate.stall()],
] as const) {
  test(`a registry that ${how} holds up only events of an unknown schema, and nothing is dropped`, async (t) => {
    const { registryUrl } = await sharedStack();
    const gate = await Gate.before(t, registryUrl);
    const pipeline = await newCardFraud(t, {
      partitions: 3,
      settings: {
        'registry.url': gate.url(registryUrl),
        'registry.timeout': '1s',
        http: { port: 0 },
        watchdog: '7s',
      },
    });
    const nextId = await registerSchema(`${pipeline.input}-next`, nextSchema);
    const old = (at: number, partition: number) => ({
      value: encodePayment(pipeline.schemaId, payment(at)),
      partition,
    });
    await produce(pipeline.input, [old(0, 0), old(1, 1), old(2, 2)]);
    const run = runTidemark(t, pipeline.file);
    const endpoints = await Endpoints.of(run);
    const untilCount = (count: number) =>
      waitFor(async () => (await countOf(pipeline.output)) >= count, `${count} scored events`, 30_000);
    await untilCount(3);
    await endpoints.untilReady(true);

    await fault(gate);
    const next = nextType.toBuffer({ ...payment(3), channel: 'pos' });
    await produce(pipeline.input, [
      { value: framed(nextId, next), partition: 1 },
      old(4, 1),
      ...Array.from({ length: 10 }, (_, at) => old(5 + at, at % 2 === 0 ? 0 : 2)),
    ]);
    await untilCount(13);
    const waiting = await endpoints.untilReady(false);
    assert.deepEqual(
      waiting.reasons.map(({ code }) => code),
      ['E-REGISTRY-UNREACHABLE'],
    );
    assert.equal(waiting.state, 'running');
    assert.equal(await endpoints.metric('tidemark_paused{reason="registry"}'), 1);
    // A declared pause is no reason for the watchdog to bark.
    const sinceMs = performance.now();
    await waitFor(() => performance.now() - sinceMs > 9_000, 'the watchdog’s time to pass', 30_000);
    assert.equal(run.end, undefined, run.story());
    const meanwhile = await readScored(pipeline.output);
    assert.deepEqual(
      meanwhile.filter(({ source }) => source.partition === 1).map(({ source }) => source.offset),
      [0],
    );

    await gate.shut();
    await gate.open();
    await endpoints.untilReady(true);
    await untilCount(15);
    run.kill('SIGTERM');
    await run.endsWith(0);
    const events = await readScored(pipeline.output);
    assert.deepEqual(
      events.filter(({ source }) => source.partition === 1).map(({ value }) => value.transaction_id),
      ['t-1', 't-3', 't-4'],
    );
    assert.equal(await countOf(pipeline.deadLetter), 0);
    assert.deepEqual(
      new Set(events.map(({ value }) => value.transaction_id)),
      new Set(payments(15).map((value) => value.transaction_id)),
    );
    assert.equal(events.length, 15);
  });
}

test('a partition that waits for a schema neither holds up a rebalance nor a drain, and is read again', async (t) => {
  const { registryUrl } = await sharedStack();
  const gate = await Gate.before(t, registryUrl);
  const pipeline = await newCardFraud(t, {
    partitions: 2,
    settings: { 'registry.url': gate.url(registryUrl), 'registry.timeout': '1s' },
  });
  const nextId = await registerSchema(`${pipeline.input}-next`, nextSchema);
  const known = { value: encodePayment(pipeline.schemaId, payment(0)), partition: 0 };
  const unknown = {
    value: framed(nextId, nextType.toBuffer({ ...payment(1), channel: 'pos' })),
    partition: 1,
  };
  await produce(pipeline.input, [known]);
  const first = runTidemark(t, pipeline.file);
  const second = runTidemark(t, pipeline.file);
  await Promise.all([first.untilHolding(1), second.untilHolding(1)]);
  await waitFor(async () => (await countOf(pipeline.output)) === 1, 'the known event', 30_000);

  await gate.shut();
  await produce(pipeline.input, [unknown]);
  const waits = (run: TidemarkProcess) => run.logs.some(({ dependency }) => dependency === 'registry');
  const owner = await waitFor(() => [first, second].find(waits), 'a member that waits', 30_000);
  const other = owner === first ? second : first;
  other.kill('SIGTERM');
  await other.endsWith(0, 20_000);
  await owner.untilHolding(2);
  owner.kill('SIGTERM');
  await owner.endsWith(0, 20_000);
  assert.equal(await countOf(pipeline.output), 1);

  await gate.open();
  assert.equal((await scoreUntilEnd(t, pipeline.file)).scored, 1);
  const events = await readScored(pipeline.output);
  assert.deepEqual(events.map(({ value }) => value.transaction_id).sort(), ['t-0', 't-1']);
});
