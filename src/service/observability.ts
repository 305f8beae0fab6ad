import type { PipelineConfig } from '../config/pipelineConfig.ts';
import { Chronicle } from '../telemetry/chronicle.ts';
import type { Telemetry } from '../telemetry/events.ts';
import { Health } from '../telemetry/health.ts';
import { createLog, type Log, logTo } from '../telemetry/log.ts';
import type { Logger } from '../telemetry/logger.ts';
import { createMetrics, type Metrics } from '../telemetry/metrics.ts';
import { Tally } from '../telemetry/tally.ts';
import { createTelemetry } from '../telemetry/telemetry.ts';

/** How a process is seen from outside. */
export interface Observability {
  readonly log: Log;
  readonly metrics: Metrics;
  readonly health: Health;
  readonly chronicle: Chronicle;
  readonly tally: Tally;
  readonly telemetry: Telemetry;
}

export interface ObserveOptions {
  /** Instead of lines on standard error. */
  readonly logger?: Logger | undefined;
  /** Also count the process's own memory, CPU and event loop. Default true. */
  readonly processMetrics?: boolean;
}

export function observe(
  config: PipelineConfig,
  version: string,
  pauses: Pick<Telemetry, 'dependencyDown' | 'dependencyUp'>,
  { logger, processMetrics = true }: ObserveOptions = {},
): Observability {
  const { level } = config.log;
  const log = logger === undefined ? createLog({ level }) : logTo(logger, level);
  const metrics = createMetrics({
    pipeline: config.pipeline,
    version,
    processMetrics,
    ...(config.slo === undefined ? {} : { sloP99Ms: config.slo.p99Ms }),
  });
  const health = new Health();
  const chronicle = new Chronicle();
  const tally = new Tally();
  const telemetry = createTelemetry({ log, metrics, health, chronicle, tally, pauses });
  return { log, metrics, health, chronicle, tally, telemetry };
}
