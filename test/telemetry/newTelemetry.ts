import { TidemarkError } from '../../src/errors.ts';
import { Chronicle } from '../../src/telemetry/chronicle.ts';
import type { StartFacts } from '../../src/telemetry/events.ts';
import { Health } from '../../src/telemetry/health.ts';
import { LatencySheet } from '../../src/telemetry/latencySheet.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { Tally } from '../../src/telemetry/tally.ts';
import { createTelemetry } from '../../src/telemetry/telemetry.ts';
import { SimulatedTelemetry } from '../support/simulationTelemetry.ts';

export const unreachable = new TidemarkError('E-KAFKA-UNREACHABLE', 'no broker answers');

/** Telemetry whose log lines, metrics and clock are at hand. */
export function newTelemetry(options: { sloP99Ms?: number; level?: 'debug' | 'info' } = {}) {
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

export const FACTS: StartFacts = {
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
export function latencies(eventMs: readonly number[]): LatencySheet {
  const sheet = new LatencySheet();
  sheet.begin(eventMs.length, 0, 0);
  sheet.eventMs.set(eventMs);
  sheet.timed = eventMs.length;
  sheet.endSegment(eventMs.length, 0);
  return sheet;
}
