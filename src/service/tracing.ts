import type { PipelineConfig } from '../config/pipelineConfig.ts';
import { TraceHeaderReader } from '../kafka/traceHeaders.ts';
import type { Scorer } from '../pipeline/ports.ts';
import type { Tracing } from '../pipeline/traces.ts';
import type { Telemetry } from '../telemetry/events.ts';
import type { Resources } from './resources.ts';
import { version } from './version.ts';

/** For the last spans, once all work is done; less than closing everything may take. */
const CLOSE_TIMEOUT_MS = 2_000;
const TRACES_PATH = '/v1/traces';

/** How the pipeline's events are traced; undefined when they are not. Connects to nothing yet. */
export async function openTracing(
  config: PipelineConfig,
  { name, version: modelVersion, digest }: Scorer,
  telemetry: Telemetry,
  resources: Resources,
): Promise<Tracing | undefined> {
  const { tracing, kafka, pipeline, decision } = config;
  if (tracing === undefined) return undefined;
  // Loaded here: OpenTelemetry takes some 25 MB, which a pipeline without traces does without.
  const { openOtlpTracer } = await import('../telemetry/tracing/otlpTracer.ts');
  const tracer = openOtlpTracer(
    {
      url: tracing.endpoint + TRACES_PATH,
      headers: tracing.headers,
      ...(tracing.tls && { tls: tracing.tls }),
      closeTimeoutMs: CLOSE_TIMEOUT_MS,
      pipeline,
      version,
      ...(kafka.instanceId !== undefined && { instance: kafka.instanceId }),
      group: kafka.group,
      clientId: kafka.clientId,
      model: { name, version: modelVersion, digest },
    },
    telemetry,
  );
  resources.defer(() => tracer.close());
  return {
    tracer,
    headers: new TraceHeaderReader(),
    sample: tracing.sample,
    maxPerSecond: tracing.maxPerSecond,
    decisions: decision?.rules.map((rule) => rule.is) ?? [],
    random: Math.random,
  };
}
