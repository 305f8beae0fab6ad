/**
 * What each stage of the pipeline costs by itself: a process that does one after another, each over as many events as the whole
 * scores and as cold as that begins. Run by bench/pipeline.ts with a pipeline's file, its output schema's id and the number of
 * events; prints one line of JSON.
 */
import { compileEventWriter } from '../src/avro/eventWriter.ts';
import { RegistryReaders } from '../src/avro/readers.ts';
import { Registry } from '../src/avro/registry.ts';
import { loadConfig } from '../src/config/load.ts';
import type { PipelineConfig } from '../src/config/pipelineConfig.ts';
import type { Block } from '../src/pipeline/ports.ts';
import { systemClock } from '../src/service/clock.ts';
import { proveContract } from '../src/service/contract.ts';
import { loadMaterials, modelFacts } from '../src/service/materials.ts';
import { openClient, readInput } from './harness/clients.ts';
import type { StageCost } from './harness/stageCosts.ts';
import { openWork, type Portion, portionsOf, type StageParts, Stopwatch } from './harness/stageWork.ts';

/** Events that stages without a broker go over again and again; more than the processor's caches hold. */
const KEPT_EVENTS = 65_536;
/** Batches on their way to the broker at once. */
const SENDS_AT_ONCE = 4;

async function openParts(config: PipelineConfig, schemaId: number): Promise<StageParts> {
  const { model, outputSchema, eventSchema, faults } = await loadMaterials(config);
  if (model === undefined || outputSchema === undefined || eventSchema === undefined) {
    throw new Error(JSON.stringify(faults));
  }
  const { contract } = proveContract(config, modelFacts(model), outputSchema.node, eventSchema.node);
  const compiled = compileEventWriter(outputSchema.node, { ...contract.writerPlan, schemaId });
  if (compiled.kind === 'unfit') throw new Error(JSON.stringify(compiled.faults));
  const readers = new RegistryReaders({
    registry: new Registry(config.registry, systemClock),
    plan: contract.rowPlan,
    telemetry: { schemaLoaded: () => {}, schemaUnusable: () => {} },
    clock: systemClock,
  });
  const { sink } = await openClient(config);
  await sink.start();
  const partitions = await sink.partitionCount(config.output.topic);
  return { config, contract, scorer: model.scorer, readers, writer: compiled.writer, sink, partitions };
}

async function costOfFetching(config: PipelineConfig, events: number): Promise<StageCost> {
  const watch = new Stopwatch();
  let cost: StageCost | undefined;
  let read = 0;
  await readInput(config, `${config.kafka.group}-fetch`, events, ({ count }) => {
    if (read === 0) watch.start();
    read += count;
    if (read >= events) cost = watch.stop('fetch and check', read);
  });
  return cost!;
}

/** Blocks of the input topic, copied. */
async function keepBlocks(config: PipelineConfig, events: number): Promise<Block[]> {
  const blocks: Block[] = [];
  await readInput(config, `${config.kafka.group}-keep`, Math.min(events, KEPT_EVENTS), (lent) => {
    blocks.push({
      ...lent,
      bytes: Uint8Array.from(lent.bytes),
      spans: lent.spans.slice(),
      offsets: lent.offsets.slice(),
      timestamps: lent.timestamps.slice(),
    });
  });
  return blocks.filter(({ count }) => count > 0);
}

/** Sends what was encoded, several batches at once as the pipeline does; a batch is sent again when it has been acknowledged. */
async function costOfProducing(
  { sink }: StageParts,
  portions: readonly Portion[],
  events: number,
): Promise<StageCost> {
  const watch = new Stopwatch();
  let begun = 0;
  const lane = async (_: unknown, first: number) => {
    const mine = portions.filter((_, index) => index % SENDS_AT_ONCE === first);
    for (let turn = 0; begun < events && mine.length > 0; turn++) {
      const { batch } = mine[turn % mine.length]!;
      begun += batch.rows;
      const refused = await sink.send(batch.buffers);
      if (refused.length > 0) throw new Error(JSON.stringify(refused[0]!.detail));
    }
  };
  watch.start();
  await Promise.all(Array.from({ length: SENDS_AT_ONCE }, lane));
  return watch.stop('produce', begun);
}

async function main(file: string, schemaId: number, events: number): Promise<StageCost[]> {
  const loaded = loadConfig(file);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  const parts = await openParts(loaded.config, schemaId);
  const fetching = await costOfFetching(parts.config, events);
  const portions = portionsOf(parts, await keepBlocks(parts.config, events));
  const work = await openWork(parts, portions);
  return [
    fetching,
    await work('decode', events),
    await work('score', events),
    await work('encode', events),
    await costOfProducing(parts, portions, events),
  ];
}

const [file, schemaId, events] = process.argv.slice(2);
console.log(JSON.stringify(await main(file!, Number(schemaId), Number(events))));
process.exit();
