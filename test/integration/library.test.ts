/** `createPipeline` in the process of somebody else: here that of the test. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { register } from 'prom-client';
import { parse } from 'yaml';
import { createPipeline, type PipelineDefinition, type TidemarkError } from '../../src/index.ts';
import { type CardFraud, countOf, newCardFraud } from '../support/cardFraud.ts';
import { payments } from '../support/payments.ts';
import { readScored } from '../support/scored.ts';
import { waitFor } from '../support/stack.ts';
import { ask, assertDone, newCommanded } from '../support/steering.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

function definitionOf({ file }: CardFraud, changes: object = {}): PipelineDefinition {
  return { ...parse(readFileSync(file, 'utf8')), ...changes };
}

/** What belongs to the process and not to a pipeline. */
async function hostState() {
  return {
    listeners: process.eventNames().map((name) => [name, process.listenerCount(name)]),
    emitWarning: process.emitWarning,
    metrics: await register.metrics(),
    env: { ...process.env },
    exitCode: process.exitCode,
  };
}

async function scoredIds({ output }: CardFraud): Promise<unknown[]> {
  return (await readScored(output)).map(({ value }) => value.transaction_id).sort();
}

const idsOf = (count: number) =>
  payments(count)
    .map((value) => value.transaction_id)
    .sort();

async function twoPipelines(t: TestContext): Promise<[CardFraud, CardFraud]> {
  return [await newCardFraud(t, { partitions: 2 }), await newCardFraud(t, { partitions: 2 })];
}

test('two pipelines live in one process, each with its own work, metrics and end, and the process stays as it was', async (t) => {
  const before = await hostState();
  const [a, b] = await twoPipelines(t);
  await a.send(payments(300));
  await b.send(payments(200));
  const first = createPipeline(definitionOf(a), { logger: quiet });
  const second = createPipeline(definitionOf(b, { delivery: 'at-least-once' }), { logger: quiet });
  await Promise.all([first.start(), second.start()]);
  assert.ok(first.health().ready.ok);
  await waitFor(async () => (await countOf(a.output)) + (await countOf(b.output)) === 500, 'scores', 30_000);

  const { scored, deadLettered, endReached } = await first.stop();
  assert.deepEqual({ scored, deadLettered, endReached }, { scored: 300, deadLettered: 0, endReached: false });
  assert.deepEqual([first.health().alive.state, first.health().ready.ok], ['stopped', false]);
  assert.ok(second.health().ready.ok, 'the other one goes on');
  const text = await second.metrics();
  assert.match(text, /^tidemark_events_total\{outcome="scored",pipeline="[^"]+"\} 200$/m);
  assert.doesNotMatch(text, /^(process|nodejs)_/m);
  assert.equal((await second.stop()).scored, 200);

  assert.deepEqual(await scoredIds(a), idsOf(300));
  assert.deepEqual(await scoredIds(b), idsOf(200));
  const { env, ...after } = await hostState();
  assert.deepEqual(
    { ...after, env: { ...env, ORT_DISABLE_TELEMETRY: before.env.ORT_DISABLE_TELEMETRY } },
    before,
  );
});

test('commands hold, quieten and drain a pipeline within a process, which gets its summary', async (t) => {
  const pipeline = await newCommanded(t, { partitions: 2 });
  await pipeline.send(payments(50));
  const levels: string[] = [];
  const tell = (level: string) => () => levels.push(level);
  const logger = { debug: tell('debug'), info: tell('info'), warn: tell('warn'), error: tell('error') };
  const drained = createPipeline(definitionOf(pipeline), { logger });
  await drained.start();
  await waitFor(async () => (await countOf(pipeline.output)) === 50, 'scores', 30_000);
  assertDone(await ask(t, pipeline, ['pause']), 1);
  const { ready } = drained.health();
  assert.ok(ready.ok && ready.state === 'paused');
  assert.match(ready.warnings[0]!.message, /^paused by alice: a test; `tidemark resume` goes on$/);
  assertDone(await ask(t, pipeline, ['resume']), 1);
  assert.deepEqual(drained.health().ready.warnings, []);
  assertDone(await ask(t, pipeline, ['log-level', 'silent']), 1);
  levels.length = 0;
  assertDone(await ask(t, pipeline, ['drain']), 1);
  const { scored, endReached } = await drained.done;
  assert.deepEqual({ scored, endReached }, { scored: 50, endReached: false });
  assert.deepEqual(levels, []);

  // Stands by, and is stopped before it ever joined.
  const standing = createPipeline(definitionOf(pipeline), { logger: quiet });
  const started = standing.start();
  await waitFor(() => standing.health().ready.state === 'paused', 'a process that stands by', 30_000);
  assert.match(standing.health().ready.reasons[0]!.message, /^drained by alice: a test/);
  assert.equal((await standing.stop()).scored, 0);
  await started;
});

test('a job ends by itself, and its logger hears each event with its facts', async (t) => {
  const pipeline = await newCardFraud(t, { partitions: 2 });
  await pipeline.send(payments(50));
  const told = new Map<string, string>();
  const tell = (facts: object, message: string) => told.set((facts as { event: string }).event, message);
  const logger = { debug: () => {}, info: tell, warn: tell, error: tell };
  await using job = createPipeline(definitionOf(pipeline), { untilEnd: true, logger });
  await job.start();
  const { scored, endReached } = await job.done;
  assert.deepEqual({ scored, endReached }, { scored: 50, endReached: true });
  assert.match(told.get('started')!, /scores with card-fraud 1\.0\.0/);
  assert.equal(told.get('state'), 'stopped: drained');
  assert.equal(told.has('listening'), false, 'no port is opened unless asked for');
});

test('with http the endpoints are served as the configuration says', async (t) => {
  const pipeline = await newCardFraud(t, { partitions: 1 });
  const ports: number[] = [];
  const info = (facts: { event?: string; port?: number }) => {
    if (facts.event === 'listening') ports.push(facts.port!);
  };
  await using served = createPipeline(definitionOf(pipeline, { http: { port: 0 } }), {
    http: true,
    logger: { ...quiet, info },
  });
  await served.start();
  const answer = await fetch(`http://127.0.0.1:${ports[0]}/readyz`);
  assert.deepEqual([answer.status, await answer.json()], [200, served.health().ready]);
});

test('a fault after the start rejects done with its code, and health tells it', async (t) => {
  const pipeline = await newCardFraud(t, { partitions: 1 });
  const definition = definitionOf(pipeline);
  definition.kafka.instance_id = 'the-same-twice';
  const first = createPipeline(definition, { logger: quiet });
  await first.start();
  const fault = first.done.catch((cause: TidemarkError) => cause);
  await using second = createPipeline(definition, { logger: quiet });
  await second.start();
  const { code, message } = (await fault) as TidemarkError;
  assert.equal(code, 'E-KAFKA-FENCED');
  assert.deepEqual(first.health().alive.reasons, [{ code, message }]);
  assert.ok(second.health().ready.ok);
});
