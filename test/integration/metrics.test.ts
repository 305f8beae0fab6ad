/** What a running process tells of itself: no more and no less than docs/metrics.md, in a form that Prometheus takes, and true. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { samplesOf } from '../../tools/demo/exposition.ts';
import { newCardFraud } from '../support/cardFraud.ts';
import { Endpoints } from '../support/endpoints.ts';
import { faultsOfExposition } from '../support/exposition.ts';
import { decisionOf, type Payment, payments, scoresOf } from '../support/payments.ts';
import { produce, waitFor } from '../support/stack.ts';
import { runTidemark } from '../support/tidemark.ts';

const PAYMENTS = 300;
/** Whose amount the model refuses. */
const OUT_OF_RANGE: Payment = { ...payments(1)[0]!, transaction_id: 'too-much', amount: 1e9 };

/** What this run gives no reason to tell. */
const NOT_TOLD: Readonly<Record<string, string>> = {
  tidemark_partition_stopped: 'no partition is stopped',
  tidemark_schemas_unusable_total: 'every schema serves',
  tidemark_warnings_total: 'nothing is warned of',
  tidemark_feature_unknown_total: 'the model has no categories',
};

/** What it takes a look at the whole group to know, or several, ten seconds apart. */
const TOLD_LATER = [
  'tidemark_group_members',
  'tidemark_group_lag_records',
  'tidemark_group_arrival_rate',
  'tidemark_replicas_wanted',
  'tidemark_replica_service_rate',
];

interface Listed {
  readonly type: string;
  readonly labels: readonly string[];
}

/** The table of the page, by name. */
function page(): Map<string, Listed> {
  const text = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
  const rows = text.matchAll(/^\| `(tidemark_\w+)` \| (\w+) \| (.*?) \|/gm);
  return new Map(
    [...rows].map(([, name, type, labels]) => [
      name!,
      { type: type!, labels: [...labels!.matchAll(/`(\w+)`:/g)].map((match) => match[1]!) },
    ]),
  );
}

const OF_FORMAT: Readonly<Record<string, RegExp>> = {
  histogram: /_(bucket|sum|count)$/,
  summary: /_(sum|count)$/,
};

test('the metrics of a running process', async (t) => {
  const pipeline = await newCardFraud(t, {
    partitions: 2,
    settings: { http: { port: 0 }, commit_every: '100ms' },
  });
  await pipeline.send([...payments(PAYMENTS), OUT_OF_RANGE]);
  await produce(pipeline.input, [{ value: 'not framed' }]);
  const run = runTidemark(t, pipeline.file);
  const endpoints = await Endpoints.of(run);
  await waitFor(
    async () => (await endpoints.metric('tidemark_committed_offset')) === PAYMENTS + 2,
    'everything committed',
    60_000,
  );
  const scraped = await endpoints.metricsText();
  const samples = samplesOf(scraped);
  const types = new Map(
    [...scraped.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name!, type!]),
  );
  const one = (name: string, labels: Readonly<Record<string, string>> = {}) => {
    const found = samples.filter(
      (sample) =>
        sample.name === `tidemark_${name}` &&
        Object.entries(labels).every(([label, value]) => sample.labels.get(label) === value),
    );
    assert.equal(found.length, 1, `${found.length} samples of ${name} with ${JSON.stringify(labels)}`);
    return found[0]!.value;
  };

  await t.test('are those of the page, with its types and labels, and the process’s own', () => {
    const ours = [...types.keys()].filter((name) => !/^(process|nodejs)_/.test(name));
    const listed = page();
    assert.deepEqual(ours.sort(), [...listed.keys()].sort());
    for (const [name, { type, labels }] of listed) {
      assert.equal(types.get(name), type, name);
      const own = samples.filter((sample) => sample.name.replace(OF_FORMAT[type] ?? '', '') === name);
      if (name in NOT_TOLD) assert.equal(own.length, 0, `${name} is told though ${NOT_TOLD[name]}`);
      else assert.ok(own.length > 0 || TOLD_LATER.includes(name), `nothing is told of ${name}`);
      for (const sample of own) {
        const given = [...sample.labels.keys()].filter((label) => !(type === 'histogram' && label === 'le'));
        const expected = sample.name === name || type !== 'summary' ? [...labels, 'pipeline'] : ['pipeline'];
        assert.deepEqual(given.sort(), expected.sort(), sample.name);
      }
    }
  });

  await t.test('all name the pipeline', () => {
    for (const { name, labels } of samples) assert.equal(labels.get('pipeline'), 'card-fraud', name);
  });

  await t.test('are well-formed', () => assert.deepEqual(faultsOfExposition(scraped), []));

  const promtool = spawnSync('promtool', ['--version']).status === 0;
  const skip = promtool ? false : 'promtool is not installed; it comes with Debian’s package prometheus';
  await t.test('pass promtool’s check', { skip }, () => {
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
      input: scraped,
      encoding: 'utf8',
    });
    assert.equal(`${stdout}${stderr}`, '');
    assert.equal(status, 0);
  });

  await t.test('tell what the model saw and gave', async () => {
    const scores = await scoresOf(payments(PAYMENTS));
    for (const bound of [0.05, 0.5, 0.9, 1])
      assert.equal(
        one('model_output_bucket', { output: 'score', le: String(bound) }),
        scores.filter((score) => score <= bound).length,
        `scores up to ${bound}`,
      );
    const sum = scores.reduce((total, score) => total + score, 0);
    assert.ok(Math.abs(one('model_output_sum') - sum) < 1e-4 * sum);
    for (const decision of ['block', 'review', 'allow'])
      assert.equal(
        one('decisions_total', { decision }),
        scores.filter((score) => decisionOf(score) === decision).length,
        decision,
      );
    const missing = payments(PAYMENTS).filter(({ terminal }) => terminal.risk_30d === null).length;
    assert.ok(missing > 0);
    // That whose amount is refused is read no further.
    assert.equal(one('feature_missing_total', { feature: 'terminal_risk_30d' }), missing);
    assert.equal(one('feature_missing_total', { feature: 'amount' }), 0);
    assert.equal(one('output_not_finite_total'), 0);
  });

  await t.test('tell what became of events and of their time', () => {
    assert.equal(one('events_total', { outcome: 'scored' }), PAYMENTS);
    assert.equal(one('events_total', { outcome: 'dead_lettered' }), 2);
    assert.equal(one('rejections_total', { code: 'E-FEATURE-RANGE' }), 1);
    assert.equal(one('arrival_latency_seconds_count'), PAYMENTS);
    const parts = ['kafka', 'batch', 'score', 'produce'];
    for (const part of parts) assert.equal(one('latency_part_seconds_count', { part }), PAYMENTS);
    const sumOf = (part: string) => one('latency_part_seconds_sum', { part });
    const within = sumOf('batch') + sumOf('score') + sumOf('produce');
    const arrival = one('arrival_latency_seconds_sum');
    assert.ok(Math.abs(within - arrival) < 1e-6 * arrival, `${within} of ${arrival} s`);
    const whole = one('event_latency_seconds_sum');
    assert.ok(Math.abs(within + sumOf('kafka') - whole) < 1e-6 * whole);
    // The payments happened in 2018.
    assert.equal(one('slo_breaches_total'), PAYMENTS);
    assert.equal(one('slo_p99_seconds'), 0.1);
  });

  await t.test('tell where the partitions stand', () => {
    let ends = 0;
    for (const partition of ['0', '1']) {
      assert.equal(one('partition_lag_records', { partition }), 0);
      assert.equal(one('partition_lag_seconds', { partition }), 0);
      ends += one('end_offset', { partition });
    }
    assert.equal(ends, PAYMENTS + 2);
    assert.equal(one('in_flight_bytes_limit'), 24 * 1024 * 1024);
    assert.equal(one('pipeline_info', { group: pipeline.group, topic: pipeline.input }), 1);
  });

  run.kill('SIGTERM');
  await run.endsWith(0);
});
