/** What decoding, scoring and encoding do with a batch, one stage at a time and without what holds the stages together. */
import type { PipelineConfig } from '../../src/config/pipelineConfig.ts';
import { Batch } from '../../src/pipeline/batch.ts';
import { decide, rulesOf } from '../../src/pipeline/decision.ts';
import { modelStamp } from '../../src/pipeline/encode.ts';
import { partitionFor } from '../../src/pipeline/partitions.ts';
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
} from '../../src/pipeline/ports.ts';
import type { Contract } from '../../src/service/contract.ts';
import type { StageCost, StageName } from './stageCosts.ts';

/** For `append`: the incoming record's. */
const OWN_TIMESTAMP = -1;

export interface StageParts {
  readonly config: PipelineConfig;
  readonly contract: Contract;
  readonly scorer: Scorer;
  readonly readers: RowReaders;
  readonly writer: EventWriter;
  readonly sink: Sink;
  /** Of the output topic. */
  readonly partitions: number;
}

interface Slice {
  readonly block: Block;
  readonly from: number;
  readonly to: number;
}

/** Rows that are worked on together, and what came of them so far. */
export interface Portion {
  readonly slices: readonly Slice[];
  readonly batch: Batch;
}

/** Adds up what a stage takes. */
export class Stopwatch {
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

/** Blocks in portions of `maxRows`, as the pipeline fills its batches; at most `limit` of them. */
export function portionsOf(
  { config, contract, scorer }: StageParts,
  blocks: readonly Block[],
  limit = Infinity,
): Portion[] {
  const { maxRows } = config.batching;
  const { rowPlan, decision } = contract;
  const shape = {
    carriedFields: rowPlan.carried.length,
    features: rowPlan.features.length,
    rules: decision === undefined ? 0 : rulesOf(decision),
  };
  const portions: Portion[] = [];
  let slices: Slice[] = [];
  let rows = 0;
  const close = () => {
    if (rows > 0 && portions.length < limit) {
      portions.push({ slices, batch: new Batch(scorer, { ...shape, maxRows: rows }) });
    }
    slices = [];
    rows = 0;
  };
  for (const block of blocks) {
    for (let from = 0; from < block.count && portions.length < limit; ) {
      const to = Math.min(block.count, from + maxRows - rows);
      slices.push({ block, from, to });
      rows += to - from;
      from = to;
      if (rows === maxRows) close();
    }
  }
  close();
  return portions;
}

export type WorkName = 'decode' | 'score' | 'encode';
/** Does a stage's work over so many events. */
export type Work = (stage: WorkName, events: number) => Promise<StageCost>;

/** Each stage works on what the one before left in the portions' batches; encoding leaves records that can be sent. */
export async function openWork(parts: StageParts, portions: readonly Portion[]): Promise<Work> {
  const { readers, scorer, sink } = parts;
  const { bytes, spans } = portions[0]!.slices[0]!.block;
  await readers.load(readers.schemaIdOf(bytes, spans[VALUE_START]!, spans[VALUE_END]!));
  const stamp = modelStamp(sink, scorer);
  const work = {
    decode: (portion: Portion) => decode(parts, portion),
    score: ({ batch }: Portion) => scorer.run(batch.inputs, batch.rows, batch.outputs),
    encode: (portion: Portion) => encode(parts, stamp, portion),
  };
  return (stage, events) => costOf(stage, events, portions, work[stage]);
}

/** Does `work` with one portion after another, beginning again at the end, until so many events went through and all portions. */
async function costOf(
  name: StageName,
  events: number,
  portions: readonly Portion[],
  work: (portion: Portion) => void | Promise<void>,
): Promise<StageCost> {
  const watch = new Stopwatch();
  watch.start();
  let done = 0;
  for (let turn = 0; done < events || turn < portions.length; turn++) {
    const portion = portions[turn % portions.length]!;
    const working = work(portion);
    if (working !== undefined) await working;
    done += portion.batch.maxRows;
  }
  return watch.stop(name, done);
}

function decode({ readers }: StageParts, { slices, batch }: Portion): void {
  batch.reset();
  for (const { block, from, to } of slices) {
    const { bytes, spans } = block;
    for (let index = from; index < to; index++) {
      const start = spans[index * SPAN_STRIDE + VALUE_START]!;
      const end = spans[index * SPAN_STRIDE + VALUE_END]!;
      const reader = readers.ready(readers.schemaIdOf(bytes, start, end))!;
      const result = reader.read(bytes, start, end, batch.rows, batch);
      if (result !== READ_OK) throw new Error(JSON.stringify(reader.explain(result)));
      batch.rows++;
    }
  }
}

function encode(parts: StageParts, stamp: HeaderStamp, { slices, batch }: Portion): void {
  const { config, contract, sink, writer, partitions } = parts;
  const { topic, partitioner } = config.output;
  const decision = contract.decision!;
  const scores = batch.outputs[decision.output]!.values as Float64Array;
  const scoredAtMs = Date.now();
  const open: (RecordBuffer | undefined)[] = new Array(partitions).fill(undefined);
  for (const buffer of batch.buffers.splice(0)) sink.release(buffer);
  let row = 0;
  for (const { block, from, to } of slices) {
    for (let index = from; index < to; index++, row++) {
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
}
