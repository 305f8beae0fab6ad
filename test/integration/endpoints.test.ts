import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newCardFraud } from '../support/cardFraud.ts';
import { Endpoints } from '../support/endpoints.ts';
import { faultsOfExposition } from '../support/exposition.ts';
import { payments } from '../support/payments.ts';
import { createTopic, produce, uniqueName, waitFor } from '../support/stack.ts';
import { runTidemark } from '../support/tidemark.ts';

test('metrics and health follow a pipeline from its start to its drain', async (t) => {
  const output = uniqueName('late');
  const pipeline = await newCardFraud(t, {
    partitions: 3,
    settings: { http: { port: 0 }, 'output.topic': output, 'output.register': true, commit_every: '100ms' },
  });
  const run = runTidemark(t, pipeline.file);
  const endpoints = await Endpoints.of(run);

  const early = await waitFor(
    async () => {
      const report = await endpoints.health('/readyz');
      return report.reasons.some(({ code }) => code === 'E-KAFKA-TOPIC-MISSING') && report;
    },
    'the missing topic to be told',
    30_000,
  );
  assert.equal(early.status, 503);
  assert.equal(early.state, 'starting');
  assert.equal((await endpoints.health('/healthz')).status, 200);

  await createTopic(output, 3);
  const ready = await endpoints.untilReady(true);
  assert.equal(ready.status, 200);
  assert.equal(ready.state, 'running');
  assert.equal(await endpoints.metric('tidemark_state{state="running"}'), 1);
  assert.equal(await endpoints.metric('tidemark_leases'), 3);

  await pipeline.send(payments(300));
  await produce(pipeline.input, [{ value: 'not framed' }, { key: 'gone', value: null }]);
  const counted = (outcome: string) => endpoints.metric(`tidemark_events_total{outcome="${outcome}"}`);
  await waitFor(async () => (await counted('scored')) === 300, '300 events counted as scored', 30_000);
  await waitFor(async () => (await counted('dead_lettered')) === 1, 'the dead letter counted', 30_000);
  await waitFor(async () => (await counted('skipped')) === 1, 'the tombstone counted', 30_000);
  await waitFor(
    async () => (await endpoints.metric('tidemark_committed_offset')) === 302,
    'everything committed',
    30_000,
  );
  assert.equal(await endpoints.metric('tidemark_partition_lag_records'), 0);
  assert.equal(await endpoints.metric('tidemark_rejections_total{code="E-AVRO-FRAME"}'), 1);
  assert.equal(await endpoints.metric('tidemark_skips_total{reason="tombstone"}'), 1);
  assert.equal(await endpoints.metric('tidemark_event_latency_seconds_count'), 300);
  await waitFor(
    async () => (await endpoints.metric('tidemark_in_flight_events')) === 0,
    'nothing in flight',
    30_000,
  );
  assert.deepEqual(faultsOfExposition(await endpoints.metricsText()), []);

  run.kill('SIGTERM');
  await run.endsWith(0);
});
