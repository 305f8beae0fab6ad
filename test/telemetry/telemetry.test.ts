import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TidemarkError } from '../../src/errors.ts';
import type { Telemetry } from '../../src/telemetry/events.ts';
import { LatencySheet } from '../../src/telemetry/latencySheet.ts';
import { FACTS, latencies, newTelemetry, unreachable } from './newTelemetry.ts';

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
