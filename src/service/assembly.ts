import { RegistryReaders } from '../avro/readers.ts';
import { Registry } from '../avro/registry.ts';
import type { PipelineConfig } from '../config/pipelineConfig.ts';
import { TidemarkError } from '../errors.ts';
import { Pipeline, type PipelinePlan } from '../pipeline/pipeline.ts';
import type { Sink } from '../pipeline/ports.ts';
import type { Telemetry } from '../telemetry/events.ts';
import { checkCapabilities, newClient } from './client.ts';
import { systemClock } from './clock.ts';
import type { Contract } from './contract.ts';
import { modelToWatch } from './modelToWatch.ts';
import type { Observability } from './observability.ts';
import { loadProved, type Proved, provedWriter } from './proved.ts';
import type { Resources } from './resources.ts';
import { eventSchemaNow, outputSchemaId } from './subjects.ts';
import { openTracing } from './tracing.ts';

/** A run that takes longer holds up heartbeats and sockets. */
const CHUNK_MS = 50;

/**
 * Puts a pipeline together: loads and proves what is on disk, waits for what is not there yet. Everything opened is closed by
 * `resources`, last first; `signal` ends the waiting.
 */
export async function assemblePipeline(
  config: PipelineConfig,
  { telemetry, log }: Observability,
  resources: Resources,
  signal: AbortSignal,
): Promise<Pipeline> {
  for (const warning of checkCapabilities(config)) telemetry.warned('E-KAFKA-CAPABILITY', warning);
  const dependency = (what: 'sink' | 'registry') => ({
    paused: (cause: TidemarkError) => telemetry.dependencyDown(what, cause),
    resumed: () => telemetry.dependencyUp(what),
  });
  const registry = new Registry(config.registry, systemClock, dependency('registry'));
  resources.defer(() => registry.stop());
  const proved = await loadProved(config, () => eventSchemaNow(config, registry, telemetry, signal));
  const { model, outputSchema, contract } = proved;
  const { scorer } = model;
  resources.defer(() => scorer.close());
  warn(telemetry, proved);
  const schemaId = await outputSchemaId(config, outputSchema.text, registry, telemetry, signal);
  const writer = provedWriter(proved, schemaId);
  // Before what works: closed last, it has the spans of all that was still in hand.
  const tracing = await openTracing(config, scorer, telemetry, resources);
  const { source, sink } = await newClient(config, dependency('sink'), (level, message, details) =>
    log.debug({ client: config.kafka.client, level, ...details }, message),
  );
  resources.defer(() => sink.stop());
  resources.defer(() => source.stop());
  await sink.start();
  const plan = await planPipeline(config, contract, sink);
  const readers = new RegistryReaders({ registry, plan: contract.rowPlan, telemetry, clock: systemClock });
  telemetry.started({
    pipeline: config.pipeline,
    client: source.capabilities.name,
    delivery: config.delivery,
    group: config.kafka.group,
    topic: config.input.topic,
    maxInFlightBytes: plan.maxInFlightBytes,
    model: modelToWatch(model, contract),
  });
  const clock = systemClock;
  return new Pipeline(plan, { source, sink, readers, scorer, writer, telemetry, clock, tracing });
}

/** What the author of the pipeline should know of what it is made of. */
function warn(telemetry: Telemetry, { model, warnings }: Proved): void {
  if (model.runMs > CHUNK_MS) {
    const ms = Math.round(model.runMs);
    telemetry.warned(
      'E-MODEL-RUN',
      `one run of the model takes ${ms} ms, during which heartbeats and sockets wait`,
    );
  }
  for (const warning of warnings) telemetry.warned('E-CONTRACT', warning);
}

/** The pipeline's plan; waits for its topics. */
async function planPipeline(config: PipelineConfig, contract: Contract, sink: Sink): Promise<PipelinePlan> {
  const { input, output, deadLetter, batching, commitEveryMs, watchdogMs, slo } = config;
  const { name, version } = contract.writerPlan.model;
  // With keys the input topic is the source's business alone, which waits for it and says so.
  const inputs = output.partitioner === 'source' ? await sink.partitionCount(input.topic) : 0;
  const outputs = await sink.partitionCount(output.topic);
  const deadLetters = await sink.partitionCount(deadLetter.topic);
  if (outputs < inputs) {
    const counts = `${output.topic} has ${outputs} partitions and ${input.topic} has ${inputs}`;
    throw new TidemarkError('E-KAFKA-PARTITIONS', counts);
  }
  return {
    maxRows: batching.maxRows,
    maxDelayMs: batching.maxDelayMs,
    maxInFlightBytes: batching.maxInFlightBytes,
    carriedFields: contract.rowPlan.carried.length,
    features: contract.rowPlan.features.length,
    encode: {
      partitions: { topic: output.topic, count: outputs, partitioner: output.partitioner },
      decision: contract.decision,
      timestamp: output.timestamp,
    },
    deadLetterPartitions: { topic: deadLetter.topic, count: deadLetters, partitioner: 'key' },
    facts: { pipeline: config.pipeline, model: name, version },
    commitEveryMs,
    latencyFrom: slo?.from ?? 'record',
    watchdogMs,
  };
}
