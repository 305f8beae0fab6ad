import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { asTidemarkError, TidemarkError } from '../../src/errors.ts';
import { Chronicle } from '../../src/telemetry/chronicle.ts';
import type { Standing, StartFacts, Telemetry } from '../../src/telemetry/events.ts';
import { Health } from '../../src/telemetry/health.ts';
import { LatencySheet } from '../../src/telemetry/latencySheet.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { Tally } from '../../src/telemetry/tally.ts';
import { createTelemetry } from '../../src/telemetry/telemetry.ts';
import { SimulatedTelemetry } from '../support/simulationTelemetry.ts';

const unreachable = new TidemarkError('E-KAFKA-UNREACHABLE', 'no broker answers');

function newTelemetry(options: { sloP99Ms?: number; level?: 'debug' | 'info' } = {}) {
  const lines: { level: string; event: string; msg: string; [fact: string]: unknown }[] = [];
  const to = { write: (line: string) => lines.push(JSON.parse(line)) };
  const metrics = createMetrics({ pipeline: 'p', version: '0.0.0', processMetrics: false, ...options });
  const health = new Health();
  const clock = { ms: 0, nowMs: 1_000_000 };
  const log = createLog({ level: options.level ?? 'debug', readable: false, to });
  const telemetry = createTelemetry({
    log,
    metrics,
    health,
    chronicle: new Chronicle(),
    tally: new Tally(),
    pauses: new SimulatedTelemetry(),
    monotonicMs: () => clock.ms,
    nowMs: () => clock.nowMs,
  });
  /** The lines of one metric as scraped, without its name's prefix and the label that all have. */
  const scrape = async (name: string): Promise<string[]> =>
    (await metrics.registry.metrics())
      .split('\n')
      .filter((line) => new RegExp(`^tidemark_${name}[ {]`).test(line))
      .map((line) =>
        line
          .slice('tidemark_'.length)
          .replace(/,?pipeline="p"/, '')
          .replace('{}', ''),
      );
  return { telemetry, lines, scrape, clock, health };
}

const FACTS: StartFacts = {
  pipeline: 'p',
  client: 'c',
  delivery: 'at-least-once',
  group: 'g',
  topic: 't',
  maxInFlightBytes: 4096,
  model: {
    name: 'm',
    version: '1.0.0',
    digest: 'd',
    rowsPerRun: 8,
    features: [
      { name: 'amount', hasCategories: false },
      { name: 'country', hasCategories: true },
    ],
    outputs: [
      { name: 'score', bounds: [0.5, 1] },
      { name: 'word', bounds: undefined },
    ],
    decisions: ['block', 'allow', 'block'],
  },
};

/** Of one segment whose events all came at once and were done at once. */
function latencies(eventMs: readonly number[]): LatencySheet {
  const sheet = new LatencySheet();
  sheet.begin(eventMs.length, 0, 0);
  sheet.eventMs.set(eventMs);
  sheet.timed = eventMs.length;
  sheet.endSegment(eventMs.length, 0);
  return sheet;
}

function standing(partition: number, more: Partial<Standing> = {}): Standing {
  const unknown = { beginOffset: -1, settledOffset: -1, endOffset: -1, oldestMs: undefined, settledMs: -1 };
  return { partition, ...unknown, ...more };
}

describe('telemetry', () => {
  test('counts outcomes, batches and latencies', async () => {
    const { telemetry, scrape } = newTelemetry({ sloP99Ms: 80 });
    telemetry.batchScored({ rows: 3, closed: 'due', scoreMs: 2, oldestMs: 5 });
    telemetry.batchDelivered({ scored: 2, deadLettered: 1, bytes: 512, ms: 4 });
    telemetry.eventsSkipped('tombstone', 7);
    telemetry.latencies(latencies([10, 80, 81]));
    assert.deepEqual(await scrape('events_total'), [
      'events_total{outcome="scored"} 2',
      'events_total{outcome="dead_lettered"} 1',
      'events_total{outcome="skipped"} 7',
    ]);
    assert.deepEqual(await scrape('skips_total'), [
      'skips_total{reason="tombstone"} 7',
      'skips_total{reason="record-type"} 0',
      'skips_total{reason="command"} 0',
    ]);
    assert.ok((await scrape('batches_total')).includes('batches_total{closed="due"} 1'));
    assert.deepEqual(await scrape('batch_rows_sum'), ['batch_rows_sum 3']);
    assert.deepEqual(await scrape('delivered_bytes_total'), ['delivered_bytes_total 512']);
    assert.deepEqual(await scrape('event_latency_seconds_count'), ['event_latency_seconds_count 3']);
    assert.deepEqual(await scrape('slo_breaches_total'), ['slo_breaches_total 1']);
    assert.deepEqual(await scrape('slo_breaches_total'), ['slo_breaches_total 1'], 'looking counts nothing');
    assert.deepEqual(await scrape('slo_p99_seconds'), ['slo_p99_seconds 0.08']);
    const buckets = await scrape('event_latency_seconds_bucket');
    assert.ok(buckets.includes('event_latency_seconds_bucket{le="0.08"} 2'), 'the objective is a bound');
  });

  test('counts what a latency is made of, once per event', async () => {
    const { telemetry, scrape } = newTelemetry();
    const sheet = new LatencySheet();
    sheet.begin(8, 3, 20);
    sheet.eventMs.set([100, 130, 51]);
    sheet.timed = 2;
    // One of the three has no time.
    sheet.endSegment(3, 40);
    sheet.timed = 3;
    sheet.endSegment(1, 31);
    telemetry.latencies(sheet);
    const sums = await scrape('latency_part_seconds_sum');
    assert.deepEqual(sums, [
      'latency_part_seconds_sum{part="kafka"} 0.17',
      'latency_part_seconds_sum{part="batch"} 0.059',
      'latency_part_seconds_sum{part="score"} 0.012',
      'latency_part_seconds_sum{part="produce"} 0.08',
    ]);
    assert.deepEqual(await scrape('arrival_latency_seconds_sum'), ['arrival_latency_seconds_sum 0.151']);
    assert.deepEqual(await scrape('arrival_latency_seconds_count'), ['arrival_latency_seconds_count 4']);
    assert.deepEqual(await scrape('event_latency_seconds_sum'), ['event_latency_seconds_sum 0.281']);
  });

  test('counts what the model saw and gave', async () => {
    const { telemetry, scrape } = newTelemetry();
    telemetry.started(FACTS);
    telemetry.modelRan({
      rows: 3,
      outputs: [
        { kind: 'number', values: Float64Array.of(0.25, Number.NaN, 0.75, 99) },
        { kind: 'string', values: ['a', 'b', 'c'] },
      ],
      missing: Uint32Array.of(2, 0),
      unknown: Uint32Array.of(0, 1),
      decided: Uint32Array.of(1, 2, 4),
    });
    assert.deepEqual(await scrape('model_output_bucket'), [
      'model_output_bucket{le="0.5",output="score"} 1',
      'model_output_bucket{le="1",output="score"} 2',
      'model_output_bucket{le="+Inf",output="score"} 2',
    ]);
    assert.deepEqual(await scrape('output_not_finite_total'), ['output_not_finite_total{output="score"} 1']);
    assert.deepEqual(await scrape('feature_missing_total'), [
      'feature_missing_total{feature="amount"} 2',
      'feature_missing_total{feature="country"} 0',
    ]);
    assert.deepEqual(await scrape('feature_unknown_total'), ['feature_unknown_total{feature="country"} 1']);
    assert.deepEqual(await scrape('decisions_total'), [
      'decisions_total{decision="block"} 5',
      'decisions_total{decision="allow"} 2',
    ]);
    assert.deepEqual(await scrape('model_info'), ['model_info{name="m",version="1.0.0",digest="d"} 1']);
    assert.deepEqual(await scrape('in_flight_bytes_limit'), ['in_flight_bytes_limit 4096']);
  });

  test('shows lag and offset of held partitions only, and of none that is not known', async () => {
    const { telemetry, scrape } = newTelemetry();
    telemetry.standingsFrom(() => [
      standing(0, { beginOffset: 80 }),
      standing(1, { beginOffset: 7 }),
      standing(2),
    ]);
    telemetry.leasesGranted([0, 1, 2], 4);
    telemetry.committed(0, 90, 100);
    telemetry.logEnds(
      new Map([
        [1, 7],
        [2, 50],
        [9, 1],
      ]),
    );
    assert.deepEqual(await scrape('partition_lag_records'), [
      'partition_lag_records{partition="0"} 10',
      'partition_lag_records{partition="1"} 0',
    ]);
    assert.equal((await scrape('end_offset')).length, 3);
    assert.deepEqual(await scrape('leases'), ['leases 3']);
    telemetry.leasesGone([0], 'revoked');
    telemetry.committed(0, 95, 100);
    assert.deepEqual(await scrape('partition_lag_records'), ['partition_lag_records{partition="1"} 0']);
    assert.deepEqual(await scrape('committed_offset'), []);
    assert.deepEqual(await scrape('leases'), ['leases 2']);
    telemetry.leasesGranted([], -1);
    assert.deepEqual(await scrape('generation'), ['generation 4']);
  });

  test('tells the time that was lost in a pause while it lasts', async () => {
    const { telemetry, scrape, clock } = newTelemetry();
    telemetry.dependencyDown('sink', unreachable);
    clock.ms = 1500;
    const lost = async () => (await scrape('paused_seconds_total')).find((line) => line.includes('sink'));
    assert.equal(await lost(), 'paused_seconds_total{reason="sink"} 1.5');
    telemetry.dependencyDown('sink', unreachable);
    clock.ms = 2500;
    telemetry.dependencyUp('sink');
    clock.ms = 9000;
    assert.equal(await lost(), 'paused_seconds_total{reason="sink"} 2.5');
    assert.equal((await scrape('paused')).length, 4, 'every reason, at 0');
  });

  test('shows a partition that is stopped for as long as it is held', async () => {
    const { telemetry, scrape } = newTelemetry();
    telemetry.leasesGranted([0, 1], 4);
    telemetry.partitionStopped(1, new TidemarkError('E-KAFKA-CORRUPT', 'orders/1@7: checksum'));
    assert.deepEqual(await scrape('partition_stopped'), [
      'partition_stopped{partition="1",code="E-KAFKA-CORRUPT"} 1',
    ]);
    telemetry.leasesGone([0], 'revoked');
    assert.equal((await scrape('partition_stopped')).length, 1);
    telemetry.leasesGone([1], 'revoked');
    assert.deepEqual(await scrape('partition_stopped'), []);
  });

  test('shows exactly one state', async () => {
    const { telemetry, scrape } = newTelemetry();
    const current = async () => (await scrape('state')).filter((line) => line.endsWith(' 1'));
    assert.deepEqual(await current(), ['state{state="starting"} 1']);
    telemetry.stateChanged({ kind: 'running' });
    assert.deepEqual(await current(), ['state{state="running"} 1']);
  });

  test('logs rejections at a bounded rate, counts all, and tells how many it held back', async () => {
    const { telemetry, lines, scrape, clock } = newTelemetry({ level: 'info' });
    const reject = () => telemetry.eventRejected('E-AVRO-FRAME', 'no zero byte', 't/0@5', undefined);
    for (let i = 0; i < 25; i++) reject();
    telemetry.eventRejected('E-FEATURE-RANGE', 'age is 200', 't/0@6', 'id-1', undefined, 7);
    assert.equal(lines.length, 11);
    clock.ms = 10_000;
    telemetry.committed(0, 1, 1);
    assert.equal(lines[11]!.count, 15);
    for (let i = 0; i < 12; i++) reject();
    telemetry.stateChanged({ kind: 'stopped', why: 'drained' });
    assert.deepEqual(
      lines.slice(22).map((line) => [line.event, line.count]),
      [
        ['eventsRejected', 2],
        ['state', undefined],
      ],
    );
    assert.deepEqual(await scrape('rejections_total'), [
      'rejections_total{code="E-AVRO-FRAME"} 37',
      'rejections_total{code="E-FEATURE-RANGE"} 1',
    ]);
  });

  test('logs an outage once, and its end with how long it took', async () => {
    const { telemetry, lines, scrape, clock, health } = newTelemetry({ level: 'info' });
    telemetry.dependencyUp('sink');
    for (let i = 0; i < 5; i++) telemetry.dependencyDown('sink', unreachable);
    assert.ok((await scrape('paused')).includes('paused{reason="sink"} 1'));
    assert.equal(health.ready().reasons.at(-1)!.code, 'E-KAFKA-UNREACHABLE');
    clock.ms = 2500;
    telemetry.dependencyUp('sink');
    assert.deepEqual(
      lines.map(({ level, event, code, seconds }) => [level, event, code ?? seconds]),
      [
        ['warn', 'dependencyDown', 'E-KAFKA-UNREACHABLE'],
        ['info', 'dependencyUp', 2.5],
      ],
    );
    assert.ok((await scrape('paused')).includes('paused{reason="sink"} 0'));
  });

  test('is quiet at info while events flow', () => {
    const { telemetry, lines } = newTelemetry({ level: 'info' });
    telemetry.batchScored({ rows: 3, closed: 'full', scoreMs: 2, oldestMs: 5 });
    telemetry.batchDelivered({ scored: 3, deadLettered: 0, bytes: 512, ms: 4 });
    telemetry.latencies(latencies([1]));
    telemetry.eventsSkipped('record-type', 2);
    telemetry.committed(0, 1, 2);
    telemetry.inFlight(10, 1);
    assert.deepEqual(lines, []);
  });

  test('a rejected event that is traced names its trace, and lost spans are told once a minute and counted always', async () => {
    const { telemetry, lines, scrape, clock } = newTelemetry();
    telemetry.eventRejected('E-AVRO-FRAME', 'no', 'in/0@1', undefined, 'abc');
    telemetry.eventRejected('E-AVRO-FRAME', 'no', 'in/0@2', undefined);
    assert.deepEqual(
      lines.splice(0).map((line) => line.trace_id),
      ['abc', undefined],
    );
    for (const ms of [0, 1_000, 59_999, 60_000, 60_001]) {
      clock.ms = ms;
      telemetry.spansLost(2, 'refused');
    }
    assert.deepEqual(
      lines.map(({ level, event, count }) => [level, event, count]),
      [
        ['warn', 'spansLost', 2],
        ['warn', 'spansLost', 2],
      ],
    );
    telemetry.spansExported(5);
    telemetry.eventsTraced(3, 4);
    assert.deepEqual(await scrape('trace_spans_total'), [
      'trace_spans_total{outcome="exported"} 5',
      'trace_spans_total{outcome="lost"} 10',
    ]);
    assert.deepEqual(await scrape('traced_events_total'), [
      'traced_events_total{outcome="traced"} 3',
      'traced_events_total{outcome="over_limit"} 4',
    ]);
  });

  test('a fault that was expected comes without a stack, a bug with it', () => {
    const { telemetry, lines } = newTelemetry();
    telemetry.fatal(new TidemarkError('E-CONTRACT', 'two parts do not fit'));
    telemetry.fatal(new TidemarkError('E-INTERNAL', 'a broken promise'));
    telemetry.requestFailed('/scale', new TidemarkError('E-MODEL-RUN', 'no memory'));
    telemetry.requestFailed('/scale', new TidemarkError('E-INTERNAL', 'a broken promise'));
    assert.deepEqual(
      lines.map(({ code, err }) => [code, err !== undefined]),
      [
        ['E-CONTRACT', false],
        ['E-INTERNAL', true],
        ['E-MODEL-RUN', false],
        ['E-INTERNAL', true],
      ],
    );
  });

  test('tells requests that failed at a bounded rate for each code, with where a bug is', () => {
    const { telemetry, lines, clock } = newTelemetry({ level: 'info' });
    const bug = asTidemarkError(new RangeError('no such bucket'));
    for (let i = 0; i < 9; i++) telemetry.requestFailed('/metrics', bug);
    assert.equal(lines.length, 5);
    const { event, path, err } = lines[0]!;
    assert.deepEqual([event, path], ['requestFailed', '/metrics']);
    assert.match((err as { stack: string }).stack, /RangeError: no such bucket\n +at .*telemetry\.test/);
    clock.ms = 60_000;
    telemetry.requestFailed('/metrics', bug);
    assert.equal(lines.length, 6);
  });

  // One call of every event there is: a new event without its line here does not compile.
  const every: { [E in keyof Telemetry]: Parameters<Telemetry[E]> } = {
    stateChanged: [{ kind: 'paused', why: 'sink' }],
    started: [FACTS],
    listening: [{ host: '::1', port: 9464 }],
    warned: ['W-X', 'look'],
    eventsTraced: [2, 1],
    spansExported: [8],
    spansLost: [3, 'connect ECONNREFUSED'],
    leasesGranted: [[3], 1],
    leasesEnding: [[3], 100],
    leasesGone: [[3], 'lost'],
    partitionStopped: [3, unreachable],
    dependencyDown: ['registry', unreachable],
    dependencyUp: ['registry'],
    schemaLoaded: [7, 12],
    schemaUnusable: [7, 'E-SCHEMA-UNUSABLE', 'no amount'],
    batchScored: [{ rows: 1, closed: 'full', scoreMs: 1, oldestMs: 1 }],
    batchDelivered: [{ scored: 1, deadLettered: 0, bytes: 1, ms: 1 }],
    modelRan: [
      {
        rows: 0,
        outputs: [],
        missing: new Uint32Array(2),
        unknown: new Uint32Array(2),
        decided: new Uint32Array(3),
      },
    ],
    latencies: [latencies([1])],
    eventsSkipped: ['tombstone', 1],
    eventRejected: ['E-AVRO-FRAME', 'x', 't/0@1', 'id', 'trace', 7],
    standingsFrom: [() => []],
    committed: [3, 1, 2],
    logEnds: [new Map([[3, 2]])],
    commitRefused: [[3]],
    groupSeen: [{ members: 1, lagRecords: 4 }],
    inFlight: [10, 1],
    pausedByCommand: [{ state: 'paused', by: 'alice', why: 'a look' }],
    resumedByCommand: [],
    commandIgnored: ['control/0@5', 'not JSON'],
    commandsUnheard: [unreachable],
    commandsHeard: [],
    commandAnswered: [{ command: 'pause', by: 'alice', why: 'a look', applied: true, result: 'paused' }],
    requestFailed: ['/metrics', unreachable],
    fatal: [new TidemarkError('E-INTERNAL', 'a broken promise')],
  };
  /** Too many to log even at debug: the batch they belong to is logged. */
  const countedOnly = [
    'modelRan',
    'latencies',
    'standingsFrom',
    'logEnds',
    'groupSeen',
    'eventsSkipped',
    'inFlight',
    'eventsTraced',
    'spansExported',
  ];

  test('tells every event, by a log line unless it is only counted', () => {
    const { telemetry, lines } = newTelemetry();
    for (const [event, facts] of Object.entries(every)) {
      const before = lines.length;
      (telemetry[event as keyof Telemetry] as (...all: unknown[]) => void)(...facts);
      assert.equal(lines.length - before, countedOnly.includes(event) ? 0 : 1, event);
      if (lines.length > before) assert.ok(lines.at(-1)!.msg.length > 0, event);
    }
  });
});
