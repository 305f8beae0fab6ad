import type { PipelineConfig } from '../config/pipelineConfig.ts';
import type { Telemetry } from '../telemetry/events.ts';
import { Health } from '../telemetry/health.ts';
import { createLog, type Log } from '../telemetry/log.ts';
import { createMetrics, type Metrics } from '../telemetry/metrics.ts';
import { Tally } from '../telemetry/tally.ts';
import { createTelemetry } from '../telemetry/telemetry.ts';

/** How a process is seen from outside. */
export interface Observability {
  readonly log: Log;
  readonly metrics: Metrics;
  readonly health: Health;
  readonly tally: Tally;
  readonly telemetry: Telemetry;
}

export function observe(
  config: PipelineConfig,
  version: string,
  pauses: Pick<Telemetry, 'dependencyDown' | 'dependencyUp'>,
): Observability {
  const log = createLog({ level: config.log.level });
  const metrics = createMetrics({
    version,
    ...(config.slo === undefined ? {} : { sloP99Ms: config.slo.p99Ms }),
  });
  const health = new Health();
  const tally = new Tally();
  const telemetry = createTelemetry({ log, metrics, health, tally, pauses });
  return { log, metrics, health, tally, telemetry };
}
