import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Endpoints } from '../support/endpoints.ts';
import { ownStack } from '../support/ownStack.ts';
import { payments } from '../support/payments.ts';
import { copiesBySource, readScored, withoutDuplicates } from '../support/scored.ts';
import { newSlowCardFraud, untilScored } from '../support/slow.ts';
import { waitFor } from '../support/stack.ts';
import { runTidemark } from '../support/tidemark.ts';

const EVENTS = 8_000;
const stack = await ownStack();

for (const [how, fault] of [
  ['shut down', () => stack.stopBroker(0)],
  ['killed', () => stack.killBroker(0)],
] as const) {
  test(`a broker that is ${how} pauses the pipeline, which lives on, goes on by itself and loses nothing`, async (t) => {
    const pipeline = await newSlowCardFraud(t, {
      partitions: 3,
      settings: { http: { port: 0 }, watchdog: '7s' },
    });
    await pipeline.send(payments(EVENTS));
    const run = runTidemark(t, pipeline.file);
    const endpoints = await Endpoints.of(run);
    await untilScored(pipeline, EVENTS * 0.1, run);

    await fault();
    await run.says({ event: 'state', kind: 'paused' });
    const waiting = await endpoints.untilReady(false);
    assert.ok(
      waiting.reasons.some(({ code }) => code === 'E-KAFKA-UNREACHABLE'),
      JSON.stringify(waiting),
    );
    // Longer than session, drain and watchdog allow anything else.
    const sinceMs = performance.now();
    await waitFor(() => performance.now() - sinceMs > 15_000, 'the outage to last', 30_000);
    assert.equal(run.end, undefined, run.story());
    assert.equal((await endpoints.health('/healthz')).status, 200);

    await stack.startBroker(0);
    await endpoints.untilReady(true, 90_000);
    await waitFor(
      async () => copiesBySource(await readScored(pipeline.output)).size === EVENTS,
      'every event to be scored',
      120_000,
      { everyMs: 1_000 },
    );
    run.kill('SIGTERM');
    await run.endsWith(0);
    const events = await readScored(pipeline.output);
    t.diagnostic(`${events.length - EVENTS} duplicates`);
    assert.equal(withoutDuplicates(events).length, EVENTS);
  });
}

test('a drain while the broker is down ends within its time, with a code, and loses nothing', async (t) => {
  const pipeline = await newSlowCardFraud(t);
  await pipeline.send(payments(EVENTS));
  const run = runTidemark(t, pipeline.file);
  await untilScored(pipeline, EVENTS * 0.1, run);
  await stack.stopBroker(0);
  await run.says({ event: 'state', kind: 'paused' });
  run.kill('SIGTERM');
  await run.endsWith(1, 20_000);
  await run.says({ event: 'fatal', code: 'E-DRAIN-TIMEOUT' });

  await stack.startBroker(0);
  await runTidemark(t, pipeline.file, '--until-end').summary(120_000);
  assert.equal(copiesBySource(await readScored(pipeline.output)).size, EVENTS);
});
