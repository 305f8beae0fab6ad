import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { LATENCY_PARTS } from '../../src/telemetry/catalogue/outcomes.ts';
import { countLatencies } from '../../src/telemetry/countLatencies.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { makeLease, recordsOf, startBench } from '../support/simulationBench.ts';
import { makeBlock, simulatedScorer } from '../support/simulationEvents.ts';

interface Arrival {
  readonly partition: number;
  /** How old each record is when it arrives. */
  readonly agesMs: readonly number[];
  /** From this arrival to the next. */
  readonly thenMs: number;
}

interface Setting {
  readonly scoreMs: number;
  readonly produceMs: number;
  readonly maxDelayMs: number;
}

/** Plays arrivals through a pipeline and tells what its metrics say of them. */
async function played(arrivals: readonly Arrival[], { scoreMs, produceMs, maxDelayMs }: Setting) {
  const leases = [makeLease(0), makeLease(1)];
  const scorer = simulatedScorer();
  const bench = await startBench({ scorer, plan: { maxDelayMs, commitEveryMs: 60_000 } }, ...leases);
  const { clock, source, sink, telemetry } = bench;
  scorer.run = () => clock.wait(scoreMs);
  const send = sink.send.bind(sink);
  sink.send = async (buffers) => {
    await clock.wait(produceMs);
    return send(buffers);
  };
  const metrics = createMetrics({ pipeline: 'p', version: '', processMetrics: false });
  telemetry.latencies = (sheet) => countLatencies(metrics, sheet);
  const next = [0, 0];
  for (const { partition, agesMs, thenMs } of arrivals) {
    const nowMs = clock.now();
    const records = recordsOf(new Array(agesMs.length).fill('good'), next[partition]);
    const aged = records.map((record, i) => ({ ...record, timestamp: nowMs - agesMs[i]! }));
    next[partition]! += agesMs.length;
    source.give(makeBlock(leases[partition]!, aged));
    await clock.advance(thenMs);
  }
  await clock.advance(1000);
  const values = await metrics.registry.getMetricsAsJSON();
  const samples = values.flatMap((metric) => ('values' in metric ? (metric.values as Sample[]) : []));
  const find = (name: string, part?: string) =>
    samples.find((one) => one.metricName === `tidemark_${name}` && one.labels.part === part)!.value;
  return {
    sumMs: (name: string, part?: string) => find(`${name}_seconds_sum`, part) * 1000,
    count: (name: string, part?: string) => find(`${name}_seconds_count`, part),
  };
}

interface Sample {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

function assertNear(got: number, wanted: number, what: string): void {
  assert.ok(Math.abs(got - wanted) <= 1e-6 * Math.max(1, wanted), `${what}: ${got} instead of ${wanted}`);
}

describe('the latency of events', () => {
  test('is made of its parts, whatever comes when', async () => {
    const arrival = fc.record({
      partition: fc.integer({ min: 0, max: 1 }),
      agesMs: fc.array(fc.integer({ min: 0, max: 50_000 }), { minLength: 1, maxLength: 9 }),
      thenMs: fc.integer({ min: 0, max: 30 }),
    });
    const setting = fc.record({
      scoreMs: fc.integer({ min: 0, max: 20 }),
      produceMs: fc.integer({ min: 0, max: 20 }),
      maxDelayMs: fc.integer({ min: 0, max: 20 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(arrival, { minLength: 1, maxLength: 6 }), setting, async (arrivals, how) => {
        const { sumMs, count } = await played(arrivals, how);
        const events = arrivals.reduce((total, { agesMs }) => total + agesMs.length, 0);
        assert.equal(count('event_latency'), events);
        assert.equal(count('arrival_latency'), events);
        for (const part of LATENCY_PARTS) assert.equal(count('latency_part', part), events, part);
        const [kafka, batch, score, produce] = LATENCY_PARTS.map((part) => sumMs('latency_part', part));
        assertNear(kafka! + batch! + score! + produce!, sumMs('event_latency'), 'the whole');
        assertNear(batch! + score! + produce!, sumMs('arrival_latency'), 'since the arrival');
        assertNear(score!, events * how.scoreMs, 'scoring');
      }),
      { numRuns: 60 },
    );
  });

  test('is told to the millisecond where nothing waits for anything else', async () => {
    const arrivals = [{ partition: 0, agesMs: [500, 300], thenMs: 100 }];
    const { sumMs } = await played(arrivals, { scoreMs: 7, produceMs: 13, maxDelayMs: 10 });
    const parts = LATENCY_PARTS.map((part) => Math.round(sumMs('latency_part', part)));
    assert.deepEqual(parts, [800, 2 * 10, 2 * 7, 2 * 13]);
  });
});
