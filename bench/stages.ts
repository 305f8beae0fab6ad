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
import { Batch } from '../src/pipeline/batch.ts';
import { decide } from '../src/pipeline/decision.ts';
import { modelStamp } from '../src/pipeline/encode.ts';
import { partitionFor } from '../src/pipeline/partitions.ts';
import {
  type Block,
  type EventWriter,
  type HeaderStamp,
  READ_OK,
  type RecordBuffer,
  type RowReaders,
  type Scorer,
  type Sink,
  SPAN_STRIDE,
  VALUE_END,
  VALUE_START,
} from '../src/pipeline/ports.ts';
import { systemClock } from '../src/service/clock.ts';
import { type Contract, proveContract } from '../src/service/contract.ts';
import { loadMaterials, modelFacts } from '../src/service/materials.ts';
import { openClient, readInput } from './harness/clients.ts';
import type { StageCost, StageName } from './harness/stageCosts.ts';

/** Events that stages without a broker go over again and again; more than the processor's caches hold. */
const KEPT_EVENTS = 65_536;
/** For `append`: the incoming record's. */
const OWN_TIMESTAMP = -1;
/** Batches on their way to the broker at once. */
const SENDS_AT_ONCE = 4;

interface Parts {
  readonly config: PipelineConfig;
  readonly contract: Contract;
  readonly scorer: Scorer;
  readonly readers: RowReaders;
  readonly writer: EventWriter;
  readonly sink: Sink;
  /** Of the output topic. */
  readonly partitions: number;
}

async function openParts(config: PipelineConfig, schemaId: number): Promise<Parts> {
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
  const { sink } = openClient(config);
  await sink.start();
  const partitions = await sink.partitionCount(config.output.topic);
  return { config, contract, scorer: model.scorer, readers, writer: compiled.writer, sink, partitions };
}

/** Rows of one block that are worked on together, and what came of them so far. */
interface Portion {
  readonly block: Block;
  readonly from: number;
  readonly to: number;
  readonly batch: Batch;
}

/** Adds up what a stage takes. */
class Stopwatch {
  #beganMs = 0;
  #cpu = process.cpuUsage();

  start(): void {
    this.#cpu = process.cpuUsage();
    this.#beganMs = performance.now();
  }

  stop(name: StageName, events: number): StageCost {
    const seconds = (performance.now() - this.#beganMs) / 1000;
    const { user, system } = process.cpuUsage(this.#cpu);
    return { name, seconds: seconds / events, cpuSeconds: (user + system) / 1e6 / events };
  }
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

/** Records of the input topic, copied, in portions of a batch at most. */
async function keepPortions({ config, contract, scorer }: Parts, events: number): Promise<Portion[]> {
  const { maxRows } = config.batching;
  const portions: Portion[] = [];
  await readInput(config, `${config.kafka.group}-keep`, Math.min(events, KEPT_EVENTS), (lent) => {
    const block: Block = {
      ...lent,
      bytes: Uint8Array.from(lent.bytes),
      spans: lent.spans.slice(),
      offsets: lent.offsets.slice(),
      timestamps: lent.timestamps.slice(),
    };
    for (let from = 0; from < block.count; from += maxRows) {
      const batch = new Batch(scorer, maxRows, contract.rowPlan.carried.length);
      portions.push({ block, from, to: Math.min(block.count, from + maxRows), batch });
    }
  });
  return portions;
}

/** Does `work` with one portion after another, beginning again at the end, until so many events went through. */
async function costOf(
  name: StageName,
  events: number,
  portions: readonly Portion[],
  work: (portion: Portion) => void | Promise<void>,
): Promise<StageCost> {
  const watch = new Stopwatch();
  watch.start();
  let done = 0;
  for (let turn = 0; done < events; turn++) {
    const portion = portions[turn % portions.length]!;
    await work(portion);
    done += portion.to - portion.from;
  }
  return watch.stop(name, done);
}

function decode({ readers }: Parts, { block, from, to, batch }: Portion): void {
  const { bytes, spans } = block;
  batch.reset();
  for (let index = from; index < to; index++) {
    const start = spans[index * SPAN_STRIDE + VALUE_START]!;
    const end = spans[index * SPAN_STRIDE + VALUE_END]!;
    const reader = readers.ready(readers.schemaIdOf(bytes, start, end))!;
    const result = reader.read(bytes, start, end, batch.rows, batch);
    if (result !== READ_OK) throw new Error(JSON.stringify(reader.explain(result)));
    batch.rows++;
  }
}

function encode(parts: Parts, stamp: HeaderStamp, portion: Portion): void {
  const { config, contract, sink, writer, partitions } = parts;
  const { block, from, batch } = portion;
  const { topic, partitioner } = config.output;
  const decision = contract.decision!;
  const scores = batch.outputs[decision.output]!.values as Float64Array;
  const scoredAtMs = Date.now();
  const open: (RecordBuffer | undefined)[] = new Array(partitions).fill(undefined);
  for (const buffer of batch.buffers.splice(0)) sink.release(buffer);
  for (let row = 0; row < batch.rows; row++) {
    const index = from + row;
    const rule = decide(decision, scores[row]!);
    const partition = partitionFor({ topic, count: partitions, partitioner }, sink, block, index);
    let buffer = open[partition];
    if (buffer === undefined || buffer.isFull) {
      buffer = sink.newRecords(topic, partition);
      open[partition] = buffer;
      batch.buffers.push(buffer);
    }
    const value = buffer.valueRoom();
    const start = value.length;
    writer.write(value, row, batch, batch.outputs, rule, block, index, scoredAtMs);
    buffer.append(block, index, value.bytes, start, value.length, OWN_TIMESTAMP, stamp);
  }
}

/** Sends what was encoded, several batches at once as the pipeline does; a batch is sent again when it has been acknowledged. */
async function costOfProducing(
  { sink }: Parts,
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
  const { sink, readers, scorer } = parts;
  const fetching = await costOfFetching(parts.config, events);
  const portions = await keepPortions(parts, events);
  const { block } = portions[0]!;
  await readers.load(readers.schemaIdOf(block.bytes, block.spans[VALUE_START]!, block.spans[VALUE_END]!));
  const stamp = modelStamp(sink, scorer);
  return [
    fetching,
    await costOf('decode', events, portions, (portion) => decode(parts, portion)),
    await costOf('score', events, portions, ({ batch }) =>
      scorer.run(batch.inputs, batch.rows, batch.outputs),
    ),
    await costOf('encode', events, portions, (portion) => encode(parts, stamp, portion)),
    await costOfProducing(parts, portions, events),
  ];
}

const [file, schemaId, events] = process.argv.slice(2);
console.log(JSON.stringify(await main(file!, Number(schemaId), Number(events))));
process.exit();
