import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { cardFraudYaml, freshNames, temporaryFolder } from '../support/cardFraud.ts';
import { Endpoints } from '../support/endpoints.ts';
import { ownStack } from '../support/ownStack.ts';
import { encodePayment, payments, transactionSchema } from '../support/payments.ts';
import { copiesBySource, readScored } from '../support/scored.ts';
import { createTopic, produce, registerSchema, waitFor } from '../support/stack.ts';
import { runTidemark } from '../support/tidemark.ts';

const stack = await ownStack();

test('the order of starting does not matter: pipeline, registry, subjects, broker, topics', async (t) => {
  await stack.stopBroker(0);
  await stack.stopRegistry();
  const names = freshNames();
  const file = join(temporaryFolder(t), 'pipeline.yaml');
  const settings = { http: { port: 0 }, 'input.schema': undefined, 'registry.timeout': '1s', watchdog: '7s' };
  writeFileSync(file, cardFraudYaml(names, stack, settings));

  const run = runTidemark(t, file);
  const endpoints = await Endpoints.of(run);
  await run.says({ event: 'dependencyDown', code: 'E-REGISTRY-UNREACHABLE' });
  assert.equal((await endpoints.untilReady(false)).status, 503);

  await stack.startRegistry();
  await run.says({
    event: 'dependencyDown',
    code: 'E-REGISTRY-SUBJECT-MISSING',
    msg: new RegExp(names.input),
  });
  const schemaId = await registerSchema(`${names.input}-value`, transactionSchema);
  await waitFor(
    () => run.logs.findLast(({ dependency }) => dependency === 'registry')?.msg.includes(names.output),
    'the output subject to be missed',
    30_000,
  );
  const scored = new URL('../../schemas/scored-transaction.avsc', import.meta.url);
  await registerSchema(`${names.output}-value`, readFileSync(scored, 'utf8'));

  await run.says({ event: 'dependencyDown', code: 'E-KAFKA-UNREACHABLE' });
  await endpoints.untilReady(false);
  await stack.startBroker(0);
  for (const [topic, partitions] of [
    [names.input, 3],
    [names.output, 2],
    [names.deadLetter, 1],
  ] as const) {
    // Missed one after the other, in whatever order.
    await run.says({ event: 'dependencyDown', code: 'E-KAFKA-TOPIC-MISSING' }, 60_000);
    assert.equal(run.end, undefined, run.story());
    await createTopic(topic, partitions);
  }
  await endpoints.untilReady(true, 60_000);
  await produce(
    names.input,
    payments(200).map((value) => ({ key: value.customer_id, value: encodePayment(schemaId, value) })),
  );
  await waitFor(async () => (await readScored(names.output)).length === 200, '200 scored events', 30_000);
  run.kill('SIGTERM');
  await run.endsWith(0);
});

test('a pipeline goes on after all it needs was down at once and the registry came back with nothing', async (t) => {
  const names = freshNames();
  await createTopic(names.input, 1);
  await createTopic(names.output, 1);
  await createTopic(names.deadLetter, 1);
  const schemaId = await registerSchema(`${names.input}-value`, transactionSchema);
  const file = join(temporaryFolder(t), 'pipeline.yaml');
  writeFileSync(
    file,
    cardFraudYaml(names, stack, { http: { port: 0 }, 'output.register': true, watchdog: '7s' }),
  );
  const run = runTidemark(t, file);
  const endpoints = await Endpoints.of(run);
  await endpoints.untilReady(true);
  const send = (from: number, to: number) =>
    produce(
      names.input,
      payments(to)
        .slice(from)
        .map((value) => ({ value: encodePayment(schemaId, value) })),
    );
  await send(0, 100);
  await waitFor(async () => (await readScored(names.output)).length === 100, '100 scored events', 30_000);
  await Promise.all([stack.stopBroker(0), stack.stopRegistry()]);
  await run.says({ event: 'state', kind: 'paused' }, 60_000);
  await Promise.all([stack.startBroker(0), stack.startRegistry()]);
  await endpoints.untilReady(true, 90_000);
  await send(100, 200);
  const scoredSubject = new URL('../../schemas/scored-transaction.avsc', import.meta.url);
  // The reader of this test has to find the schemas again; the pipeline knows them.
  await registerSchema(`${names.input}-value`, transactionSchema);
  await registerSchema(`${names.output}-value`, readFileSync(scoredSubject, 'utf8'));
  // Those that were scored but not committed when the broker went are scored again.
  const scoredOnce = async () => copiesBySource(await readScored(names.output)).size === 200;
  await waitFor(scoredOnce, '200 scored events', 60_000);
  run.kill('SIGTERM');
  await run.endsWith(0);
});
