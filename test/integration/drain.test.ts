import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type CardFraud, countOf, newCardFraud, type Settings } from '../support/cardFraud.ts';
import { payments } from '../support/payments.ts';
import { readScored } from '../support/scored.ts';
import { committedOffsets, createTopic, uniqueName, withAdmin } from '../support/stack.ts';
import { runTidemark, TidemarkProcess } from '../support/tidemark.ts';

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

/** Throws an exception that nobody catches when it is told to. */
const THROWS = encodeURIComponent(`process.on('SIGUSR2', () => { throw new Error('nobody caught it'); })`);

const WAITS: readonly {
  readonly what: string;
  readonly settings: Settings;
  readonly event: string;
}[] = [
  {
    what: 'its output topic',
    settings: { 'output.topic': 'tidemark-no-such-topic', 'output.register': true },
    event: 'dependencyDown',
  },
  {
    what: 'its control topic',
    settings: { control: { topic: uniqueName('no-control'), audit_topic: uniqueName('no-audit') } },
    event: 'commandsUnheard',
  },
];

for (const { what, settings, event } of WAITS)
  test(`an exception that nobody caught ends a start that waits for ${what}, with its code`, async (t) => {
    const { file } = await newCardFraud(t, { partitions: 1, settings });
    const run = new TidemarkProcess(t, ['run', '-c', file], {
      NODE_OPTIONS: `--import=data:text/javascript,${THROWS}`,
    });
    await run.says({ event, code: 'E-KAFKA-TOPIC-MISSING' });
    run.kill('SIGUSR2');
    await run.endsWith(1, 15_000);
    await run.says({ event: 'fatal', code: 'E-INTERNAL', msg: /nobody caught it/ });
  });
