import { Chronicle } from '../../src/telemetry/chronicle.ts';
import type { Telemetry } from '../../src/telemetry/events.ts';
import { Health } from '../../src/telemetry/health.ts';
import { createLog } from '../../src/telemetry/log.ts';
import type { Metrics } from '../../src/telemetry/metrics.ts';
import { Tally } from '../../src/telemetry/tally.ts';
import { createTelemetry } from '../../src/telemetry/telemetry.ts';
import { SimulatedTelemetry } from './simulationTelemetry.ts';

/** The real telemetry over these metrics, without a line of log, and what is read of it over HTTP. */
export function quietTelemetry(metrics: Metrics): {
  readonly telemetry: Telemetry;
  readonly health: Health;
  readonly chronicle: Chronicle;
} {
  const health = new Health();
  const chronicle = new Chronicle();
  const log = createLog({ level: 'silent' });
  const pauses = new SimulatedTelemetry();
  const telemetry = createTelemetry({ log, metrics, health, chronicle, tally: new Tally(), pauses });
  return { telemetry, health, chronicle };
}
