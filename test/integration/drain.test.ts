import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type CardFraud, countOf, newCardFraud, type Settings } from '../support/cardFraud.ts';
import { payments } from '../support/payments.ts';
import { readScored } from '../support/scored.ts';
import { committedOffsets, createTopic, withAdmin } from '../support/stack.ts';
import { runTidemark, type TidemarkProcess } from '../support/tidemark.ts';

interface Stuck {
  readonly pipeline: CardFraud;
  readonly run: TidemarkProcess;
}

/** A pipeline with events in hand that it cannot get rid of: somebody deleted its output topic. */
async function stuckPipeline(t: TestContext, events: number, settings: Settings = {}): Promise<Stuck> {
  const pipeline = await newCardFraud(t, { settings });
  const run = runTidemark(t, pipeline.file);
  await run.says({ event: 'leasesGranted' });
  await withAdmin((admin) => admin.deleteTopics({ topics: [pipeline.output] }));
  await pipeline.send(payments(events));
  await run.says({ event: 'dependencyDown', dependency: 'sink' });
  return { pipeline, run };
}

test('a drain that the output does not let end is given up after its time, with a code, and commits nothing', async (t) => {
  const { pipeline, run } = await stuckPipeline(t, 100, { 'kafka.drain_timeout': '1s' });
  run.kill('SIGTERM');
  await run.endsWith(1, 15_000);
  await run.says({ event: 'fatal', code: 'E-DRAIN-TIMEOUT' });
  const committed = [...(await committedOffsets(pipeline.group, pipeline.input)).values()];
  assert.ok(
    committed.every((offset) => offset <= 0),
    `committed ${committed}`,
  );
});

test('a second signal ends a draining process at once, non-zero', async (t) => {
  const { run } = await stuckPipeline(t, 100, {
    'kafka.session_timeout': '30s',
    'kafka.drain_timeout': '29s',
  });
  run.kill('SIGINT');
  await run.says({ event: 'state', kind: 'draining' });
  run.kill('SIGTERM');
  await run.endsWith(143, 10_000);
});

test('an output that takes nothing for a while pauses the pipeline, which goes on by itself and loses nothing', async (t) => {
  const { pipeline, run } = await stuckPipeline(t, 500);
  const { code } = await run.says({ event: 'dependencyDown', dependency: 'sink' });
  assert.equal(code, 'E-KAFKA-TOPIC-MISSING');
  await run.says({ event: 'state', kind: 'paused' });
  await createTopic(pipeline.output, 3);
  await run.says({ event: 'dependencyUp', dependency: 'sink' });
  await run.says(
    { event: 'state', kind: 'running' },
    30_000,
    run.logs.findIndex(({ kind }) => kind === 'paused'),
  );
  run.kill('SIGTERM');
  await run.endsWith(0);
  const ids = (await readScored(pipeline.output)).map(({ value }) => value.transaction_id);
  assert.equal(new Set(ids).size, await countOf(pipeline.input));
});

test('a signal before the pipeline runs ends the process with 0: there is nothing to drain', async (t) => {
  // A topic that never comes.
  const pipeline = await newCardFraud(t, {
    settings: { 'output.topic': 'tidemark-no-such-topic', 'output.register': true },
  });
  const run = runTidemark(t, pipeline.file);
  await run.says({ event: 'dependencyDown', code: 'E-KAFKA-TOPIC-MISSING' });
  run.kill('SIGTERM');
  await run.endsWith(0, 10_000);
});
