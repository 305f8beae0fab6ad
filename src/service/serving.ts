import { hostname } from 'node:os';
import type { PipelineConfig } from '../config/pipelineConfig.ts';
import type { RejectionsView } from '../http/api/rejections.ts';
import type { HttpParts } from '../http/parts.ts';
import type { ReplicaFacts } from '../http/replica.ts';
import { type Chronicle, REJECTIONS_KEPT } from '../telemetry/chronicle.ts';
import type { Observability } from './observability.ts';
import type { Resources } from './resources.ts';
import { version } from './version.ts';

/** What of the API comes from elsewhere, and is absent where that is. */
export type OtherParts = Omit<HttpParts, 'replica' | 'rejections' | 'payload'>;

/** Serves metrics, health, the API and the console, as `http` of the configuration says; stopped by `resources`. */
export async function serve(
  config: PipelineConfig,
  { telemetry, metrics, health, chronicle, log }: Observability,
  resources: Resources,
  others: OtherParts = {},
): Promise<void> {
  const { http } = config;
  if (http === 'off') return;
  // Loaded here: a pipeline that serves nothing needs neither.
  const { startHttp } = await import('../http/server.ts');
  const { Replica } = await import('../http/replica.ts');
  const { readPayload } = await import('./look/payload.ts');
  const replica = new Replica({ registry: metrics.registry, health, chronicle, facts: factsOf(config) });
  replica.start();
  resources.defer(() => replica.stop());
  let isReading = false;
  const server = await startHttp({
    host: http.host,
    port: http.port,
    access: http,
    metrics,
    health,
    telemetry,
    parts: {
      ...others,
      replica: (sinceMs) => replica.view(sinceMs),
      rejections: () => rejectionsView(chronicle),
      payload: async (place) => {
        if (!chronicle.rejections.some((rejection) => rejection.place === place)) return undefined;
        // One at a time, for each takes connections of its own; and none waits, for nobody waits as long as a queue may get.
        if (isReading) return 'busy';
        isReading = true;
        log.info({ event: 'payloadShown', at: place }, `${place} is read again and shown over HTTP`);
        return readPayload(config, place).finally(() => {
          isReading = false;
        });
      },
    },
  });
  resources.defer(() => server.close());
  telemetry.listening({ host: http.host, port: server.port });
}

function factsOf({
  pipeline: name,
  kafka,
  input,
  output,
  deadLetter,
  delivery,
  slo,
}: PipelineConfig): ReplicaFacts {
  return {
    process: {
      host: hostname(),
      pid: process.pid,
      startedMs: Math.round(performance.timeOrigin),
      version,
      node: process.versions.node,
    },
    pipeline: {
      name,
      group: kafka.group,
      topic: input.topic,
      outputTopic: output.topic,
      deadLetterTopic: deadLetter.topic,
      client: kafka.client,
      delivery,
    },
    ...(slo && { slo: { p99Seconds: slo.p99Ms / 1000, from: slo.from } }),
  };
}

function rejectionsView({ rejections }: Chronicle): RejectionsView {
  return {
    keptPerCode: REJECTIONS_KEPT,
    rejections: rejections.map(({ id, traceId, schemaId, ...rejection }) => ({
      ...rejection,
      ...(id !== undefined && { id }),
      ...(traceId !== undefined && { traceId }),
      ...(schemaId !== undefined && { schemaId }),
    })),
  };
}
