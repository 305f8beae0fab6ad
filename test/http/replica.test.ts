import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TidemarkError } from '../../src/errors.ts';
import { Replica } from '../../src/http/replica.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { Flow, PARTITIONS } from '../console/flow.ts';
import { quietTelemetry } from '../support/quietTelemetry.ts';

function newReplica({ stuck = false } = {}) {
  const metrics = createMetrics({ pipeline: 'p', version: '1.2.3', sloP99Ms: 100, processMetrics: false });
  const { telemetry, health, chronicle } = quietTelemetry(metrics);
  const replica = new Replica({
    registry: metrics.registry,
    health,
    chronicle,
    facts: {
      process: { host: 'h', pid: 1, startedMs: 0, version: '1.2.3', node: '24' },
      pipeline: {
        name: 'p',
        group: 'g',
        topic: 't',
        outputTopic: 'o',
        deadLetterTopic: 'd',
        client: 'native',
        delivery: 'at-least-once',
      },
      slo: { p99Seconds: 0.1, from: 'event' },
    },
  });
  return { replica, telemetry, metrics, begin: () => new Flow(telemetry, stuck) };
}

test('before anything has come it says what it is, and of the rest nothing instead of zero', async () => {
  const { replica } = newReplica();
  const view = await replica.view(0);
  assert.deepEqual(view.state.kind, 'starting');
  assert.equal(view.model, undefined);
  assert.equal(view.rates, undefined);
  assert.deepEqual(view.latency, {});
  assert.deepEqual(
    view.journey,
    ['kafka', 'batch', 'score', 'produce'].map((room) => ({ room })),
  );
  assert.deepEqual([view.partitions, view.outputs, view.decisions, view.features], [[], [], [], []]);
  assert.deepEqual(view.history.atMs, []);
});

test('it says what the metrics say: totals, rates, where the time goes, partitions, the model', async () => {
  const { replica, metrics, begin } = newReplica();
  const flow = begin();
  const startMs = Date.now() - 60_000;
  for (let at = startMs; at < startMs + 60_000; at += 2_000) {
    flow.step(at);
    await replica.look(at, at);
  }
  const view = await replica.view(0);
  const events = await metrics.registry.getSingleMetric('tidemark_events_total')!.get();
  const scored = events.values.find(({ labels }) => labels.outcome === 'scored')!.value;
  assert.equal(view.totals.scored, scored);
  const { history, rates, latency } = view;
  assert.equal(history.atMs.length, 29, 'a sample needs the one before');
  const counted = history.scored.reduce((sum: number, perSecond) => sum + perSecond! * 2, 0);
  assert.ok(Math.abs(counted - scored) < scored / 20, `${counted} in the history, ${scored} in all`);
  assert.ok(Math.abs(rates!.scored - history.scored.at(-1)!) < rates!.scored / 2);
  const sum = view.journey.reduce((total, { meanSeconds }) => total + meanSeconds!, 0);
  assert.ok(Math.abs(sum - latency.event!.meanSeconds) < 1e-6, 'the rooms make up the whole');
  assert.ok(latency.event!.withinSlo! > 0.99 && latency.event!.p99Seconds <= 0.1);
  assert.deepEqual(
    view.partitions.map(({ partition }) => partition),
    PARTITIONS,
  );
  assert.ok(view.partitions.every(({ progressPerSecond }) => progressPerSecond! > 0));
  const [output] = view.outputs;
  assert.equal(output!.output, 'score');
  assert.equal(
    output!.counts.reduce((total, count) => total + count, 0),
    output!.count,
  );
  assert.equal(output!.counts.length, output!.bounds.length + 1);
  assert.deepEqual(
    view.decisions.map(({ decision }) => decision),
    ['allow', 'review', 'block'],
  );
  assert.deepEqual(view.features, [{ feature: 'terminal_risk_30d', missing: 90, unknown: 0 }]);
  assert.equal(view.model!.version, '2.0.0');

  const later = await replica.view(history.atMs.at(-3)!);
  assert.deepEqual(later.history.atMs, history.atMs.slice(-2), 'only what is asked for');
});

test('rates and history go on when the clock of the machine is set back', async () => {
  const { replica, begin } = newReplica();
  const flow = begin();
  const hour = 3_600_000;
  const lookAt = async (monotonicMs: number) => {
    const atMs = hour + monotonicMs - (monotonicMs > 20_000 ? hour / 2 : 0);
    flow.step(atMs);
    await replica.look(atMs, monotonicMs);
  };
  for (let at = 0; at <= 20_000; at += 2_000) await lookAt(at);
  const before = (await replica.view(0)).history.atMs.at(-1)!;
  for (let at = 22_000; at <= 26_000; at += 2_000) await lookAt(at);
  const { history, rates, partitions, batches } = await replica.view(before);
  assert.equal(history.atMs.length, 13, 'whoever knows the old time gets all of it anew');
  assert.deepEqual(
    history.atMs.map((atMs) => atMs - history.atMs[0]!),
    history.atMs.map((_, at) => at * 2_000),
  );
  assert.equal(history.atMs.at(-1), hour / 2 + 26_000, 'by the time that it is now');
  assert.ok(history.scored.every((perSecond) => perSecond! > 0 && perSecond! < 2_000));
  assert.ok(rates!.scored > 0 && rates!.scored < 2_000 && batches!.perSecond === 2.5);
  assert.ok(partitions.every(({ progressPerSecond }) => progressPerSecond! > 0));
  const later = await replica.view(history.atMs.at(-2)!);
  assert.deepEqual(later.history.atMs, history.atMs.slice(-1), 'and from then on what came since');
});

test('the history is bounded, and a metric that cannot be collected leaves a gap in it', async () => {
  const { replica, metrics } = newReplica();
  for (let at = 0; at < 1_000; at++) await replica.look(at * 2_000, at * 2_000);
  const { history } = await replica.view(0);
  assert.equal(history.atMs.length, history.capacity);
  metrics.registry.getMetricsAsJSON = () => Promise.reject(new Error('no'));
  await replica.look(2_000_000, 2_000_000);
});

test('a partition that is stopped, and what is down, are told with their codes', async () => {
  const { replica, telemetry, begin } = newReplica();
  begin().step(Date.now());
  telemetry.partitionStopped(2, new TidemarkError('E-KAFKA-CORRUPT', 'the batch at 12 is corrupt'));
  telemetry.dependencyDown('registry', new TidemarkError('E-REGISTRY-UNREACHABLE', 'no answer'));
  const view = await replica.view(0);
  const stopped = { code: 'E-KAFKA-CORRUPT', message: 'the batch at 12 is corrupt' };
  assert.deepEqual(view.partitions[2]!.stopped, stopped);
  assert.deepEqual(
    view.pauses.map(({ reason, code, why }) => ({ reason, code, why })),
    [{ reason: 'registry', code: 'E-REGISTRY-UNREACHABLE', why: 'no answer' }],
  );
  assert.equal(view.ready.ok, false);
  telemetry.dependencyUp('registry');
  assert.deepEqual((await replica.view(0)).pauses, []);
});
