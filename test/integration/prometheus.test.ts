import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dashboards } from '../../tools/dashboards.ts';
import { queriesOf } from '../ops/support/queries.ts';
import { rules } from '../ops/support/rules.ts';
import { newCardFraud } from '../support/cardFraud.ts';
import { payments } from '../support/payments.ts';
import { lacksPrometheus, Prometheus } from '../support/prometheus.ts';
import { waitFor } from '../support/stack.ts';
import { runTidemark } from '../support/tidemark.ts';

/** What has an answer as soon as events are scored, of each dashboard. */
const ANSWERED = [
  'Events scored a second',
  'Records waiting',
  'The oldest waits for',
  'In time, last hour',
  'Replicas that run',
  'Alerts',
  'Does what arrives get scored?',
  'Latency against the objective',
  'Where does an event’s time go?',
  'Latency of events',
  'Rows of a batch',
  'Why do batches close?',
  'What does each partition do?',
  'Who holds how many partitions?',
  'States',
  'Which model scores where?',
  'What runs where?',
  'Models in use',
  'Values of $output',
  'Mean of each output',
  'Spread of each output',
  'What is decided?',
  'Processor',
  'Memory',
  'JavaScript heap',
  'Event loop delay',
  'File descriptors',
  'Held between fetch and acknowledgement',
  'Events in hand',
  'Delivered',
  'Generation of the group',
  'Versions',
];

test('Prometheus scrapes a pipeline, evaluates every rule and answers every dashboard', {
  skip: lacksPrometheus,
}, async (t) => {
  const pipeline = await newCardFraud(t, { settings: { http: { port: 0 }, commit_every: '100ms' } });
  const run = runTidemark(t, pipeline.file);
  const { host, port } = await run.says({ event: 'listening' });
  const prometheus = await Prometheus.watching(t, `${host}:${port}`);
  await waitFor(async () => (await prometheus.targetHealth()) === 'up', 'the target to be up', 30_000);

  const [built] = await waitFor(
    async () => {
      const found = await prometheus.query('tidemark_build_info');
      return found.length > 0 && found;
    },
    'a first scrape',
    30_000,
  );
  const chosen = { pipeline: built!.metric.pipeline!, replica: built!.metric.instance! };
  // Some in each scrape, so that there is a rate.
  const isScoring = async () => {
    await pipeline.send(payments(200));
    const [scored] = await prometheus.query('sum(increase(tidemark_events_total{outcome="scored"}[1m]))');
    return Number(scored?.value[1] ?? 0) >= 1_000;
  };
  await waitFor(isScoring, 'a thousand events seen by Prometheus', 60_000);

  const evaluated = await waitFor(
    async () => {
      const live = await prometheus.rules();
      return live.every(({ health }) => health !== 'unknown') && live;
    },
    'every rule to be evaluated',
    30_000,
  );
  assert.deepEqual(
    evaluated.map(({ name }) => name).sort(),
    rules.map(({ alert, record }) => alert ?? record).sort(),
  );
  assert.deepEqual(
    evaluated.filter(({ health }) => health !== 'ok'),
    [],
  );

  const unanswered: string[] = [];
  for (const dashboard of dashboards()) {
    const answered = new Map<string, number>();
    for (const { by, query } of queriesOf(dashboard, chosen))
      answered.set(by, (answered.get(by) ?? 0) + (await prometheus.query(query)).length);
    unanswered.push(...[...answered].filter(([, count]) => count === 0).map(([by]) => by));
  }
  assert.deepEqual(
    ANSWERED.filter((panel) => unanswered.includes(panel)),
    [],
    'these have no answer',
  );

  assert.ok(!(await prometheus.alerts()).includes('TidemarkNoReplica'));
  await run.killed();
  await waitFor(
    async () => (await prometheus.alerts()).includes('TidemarkNoReplica'),
    'the alert that no replica is there',
    30_000,
  );
});
