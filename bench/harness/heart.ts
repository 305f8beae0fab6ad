/** The pipeline without Kafka: between a source and a sink in memory, on one core. */
import { compileEventWriter } from '../../src/avro/eventWriter.ts';
import { RegistryReaders } from '../../src/avro/readers.ts';
import type { PipelineConfig } from '../../src/config/pipelineConfig.ts';
import { Pipeline } from '../../src/pipeline/pipeline.ts';
import { systemClock } from '../../src/service/clock.ts';
import { proveContract } from '../../src/service/contract.ts';
import { loadMaterials, modelFacts } from '../../src/service/materials.ts';
import { modelToWatch } from '../../src/service/modelToWatch.ts';
import { observe } from '../../src/service/observability.ts';
import type { Telemetry } from '../../src/telemetry/events.ts';
import { MemorySink, MemorySource } from './memory.ts';
import type { MemoryBlock } from './memoryBlocks.ts';
import type { StageParts } from './stageWork.ts';

/** Of the events; the scored events' is the next. */
export const SCHEMA_ID = 7;

export interface Heart extends StageParts {
  readonly telemetry: Telemetry;
}

/** @param partitions of the input and of the output */
export async function openHeart(config: PipelineConfig, partitions: number): Promise<Heart> {
  const { model, outputSchema, eventSchema, faults } = await loadMaterials(config);
  if (model === undefined || outputSchema === undefined || eventSchema === undefined) {
    throw new Error(JSON.stringify(faults));
  }
  const { contract } = proveContract(config, modelFacts(model), outputSchema.node, eventSchema.node);
  const compiled = compileEventWriter(outputSchema.node, {
    ...contract.writerPlan,
    schemaId: SCHEMA_ID + 1,
  });
  if (compiled.kind === 'unfit') throw new Error(JSON.stringify(compiled.faults));
  const quiet = { dependencyDown: () => {}, dependencyUp: () => {} };
  const { telemetry } = observe({ ...config, log: { level: 'silent' } }, 'bench', quiet);
  const schema = { id: SCHEMA_ID, schema: eventSchema.text, references: [] };
  const readers = new RegistryReaders({
    registry: { schemaById: async () => ({ kind: 'schema', schema }) },
    plan: contract.rowPlan,
    telemetry,
    clock: systemClock,
  });
  const { scorer } = model;
  const sink = new MemorySink(partitions);
  telemetry.started({
    pipeline: config.pipeline,
    client: 'memory',
    delivery: config.delivery,
    group: config.kafka.group,
    topic: config.input.topic,
    maxInFlightBytes: config.batching.maxInFlightBytes,
    model: modelToWatch(model, contract),
  });
  return { config, contract, scorer, readers, writer: compiled.writer, sink, partitions, telemetry };
}

/** What an event cost. */
export interface HeartCost {
  readonly seconds: number;
  /** Of all threads of the process. */
  readonly cpuSeconds: number;
}

/** Sends so many events, or up to a block more, through a pipeline. */
export async function runHeart(
  heart: Heart,
  blocks: readonly MemoryBlock[],
  events: number,
): Promise<HeartCost> {
  const { config, contract, scorer, readers, writer, partitions, telemetry } = heart;
  const { topic, partitioner, timestamp } = config.output;
  const source = new MemorySource(blocks, events);
  const sink = new MemorySink(partitions);
  const pipeline = new Pipeline(
    {
      maxRows: config.batching.maxRows,
      maxDelayMs: config.batching.maxDelayMs,
      maxInFlightBytes: config.batching.maxInFlightBytes,
      carriedFields: contract.rowPlan.carried.length,
      features: contract.rowPlan.features.length,
      encode: {
        partitions: { topic, count: partitions, partitioner },
        decision: contract.decision,
        timestamp,
      },
      deadLetterPartitions: { topic: config.deadLetter.topic, count: 1, partitioner: 'key' },
      facts: { pipeline: 'heart', model: scorer.name, version: scorer.version },
      commitEveryMs: config.commitEveryMs,
      latencyFrom: 'event',
      watchdogMs: config.watchdogMs,
    },
    { source, sink, readers, scorer, writer, telemetry, clock: systemClock },
  );
  const beganMs = performance.now();
  const before = process.cpuUsage();
  await pipeline.run();
  const { user, system } = process.cpuUsage(before);
  const seconds = (performance.now() - beganMs) / 1000;
  if (sink.records !== source.given) throw new Error(`${sink.records} of ${source.given} events came out`);
  return { seconds: seconds / source.given, cpuSeconds: (user + system) / 1e6 / source.given };
}
