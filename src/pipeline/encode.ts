import type { Batch } from './batch.ts';
import type { DeadLetters } from './deadLetters.ts';
import { type DecisionPlan, decide } from './decision.ts';
import { type Partitions, partitionFor } from './partitions.ts';
import type { Block, EventWriter, HeaderStamp, RecordBuffer, RecordMaker, Scorer } from './ports.ts';
import type { Segment } from './progress.ts';

export interface EncodePlan {
  readonly partitions: Partitions;
  readonly decision: DecisionPlan | undefined;
  /** The timestamp of scored events: the input record's own, or when it was scored. */
  readonly timestamp: 'event' | 'scored';
  /** model-name, model-version, model-digest and source. */
  readonly stamp: HeaderStamp;
}

/** A row whose scored event carries headers of its own. */
export interface TracedRow {
  readonly row: number;
  readonly stamp: HeaderStamp;
}

/** For `append`: the incoming record's. */
const EVENT_TIMESTAMP = -1;

/** The headers that name the model of a scored event and where the event came from (P6), and others. */
export function modelStamp(
  sink: RecordMaker,
  { name, version, digest }: Scorer,
  others: readonly (readonly [name: string, value: string])[] = [],
): HeaderStamp {
  const model: [string, string][] = [
    ['model-name', name],
    ['model-version', version],
    ['model-digest', digest],
  ];
  return sink.newStamp([...model, ...others], { source: true });
}

/** Writes the outcomes of a scored batch: scored events into one record buffer per output partition, the rest as dead letters. */
export class Encoder {
  readonly #plan: EncodePlan;
  readonly #writer: EventWriter;
  readonly #sink: RecordMaker;
  readonly #deadLetters: DeadLetters;
  /** Of the batch being encoded, the one that is written to, by output partition. */
  readonly #buffers: (RecordBuffer | undefined)[];

  constructor(plan: EncodePlan, writer: EventWriter, sink: RecordMaker, deadLetters: DeadLetters) {
    this.#plan = plan;
    this.#writer = writer;
    this.#sink = sink;
    this.#deadLetters = deadLetters;
    this.#buffers = new Array(plan.partitions.count).fill(undefined);
  }

  /** @param traced rows with a stamp of their own, in order */
  encode(batch: Batch, scoredAtMs: number, traced: readonly TracedRow[] = []): void {
    const bad = firstNotFinite(batch);
    for (const segment of batch.segments) {
      // Another member owns the partition by now and will publish these rows itself.
      if (segment.block.lease.state.kind === 'gone')
        batch.partitionOf.fill(-1, segment.firstRow, segment.endRow);
      else this.#encodeSegment(batch, segment, traced, bad, scoredAtMs);
    }
    for (const rejected of batch.rejections) {
      if (rejected.block.lease.state.kind === 'gone') continue;
      this.#deadLetters.appendRejected(batch.letters, rejected);
      batch.deadLettered++;
    }
    for (const { partition } of batch.buffers) this.#buffers[partition] = undefined;
  }

  /** In stretches between traced rows, so that no row is asked whether it is one. */
  #encodeSegment(
    batch: Batch,
    { block, firstRow, endRow }: Segment,
    traced: readonly TracedRow[],
    bad: number,
    scoredAtMs: number,
  ): void {
    const { stamp: usual } = this.#plan;
    let from = firstRow;
    for (const { row, stamp } of traced) {
      if (row < from || row >= endRow) continue;
      this.#encodeRows(batch, block, from, row, usual, bad, scoredAtMs);
      this.#encodeRows(batch, block, row, row + 1, stamp, bad, scoredAtMs);
      from = row + 1;
    }
    this.#encodeRows(batch, block, from, endRow, usual, bad, scoredAtMs);
  }

  #encodeRows(
    batch: Batch,
    block: Block,
    firstRow: number,
    endRow: number,
    stamp: HeaderStamp,
    bad: number,
    scoredAtMs: number,
  ): void {
    const { partitions, decision, timestamp } = this.#plan;
    const { outputs, recordOf, partitionOf, decided } = batch;
    const scores = decision === undefined ? undefined : (outputs[decision.output].values as Float64Array);
    const writer = this.#writer;
    // The event's own is read where it is written: a time is a number that each call would make an object for.
    const timestampMs = timestamp === 'event' ? EVENT_TIMESTAMP : scoredAtMs;
    for (let row = firstRow; row < endRow; row++) {
      const index = recordOf[row];
      if (row >= bad && this.#rejectedNotFinite(batch, row, block, index)) continue;
      const rule = decision === undefined || scores === undefined ? -1 : decide(decision, scores[row]);
      if (rule >= 0) decided[rule]++;
      const partition = partitionFor(partitions, this.#sink, block, index);
      let buffer = this.#buffers[partition];
      if (buffer === undefined || buffer.isFull) buffer = this.#open(batch, partition);
      const value = buffer.valueRoom();
      const start = value.length;
      writer.write(value, row, batch, outputs, rule, block, index, scoredAtMs);
      buffer.append(block, index, value.bytes, start, value.length, timestampMs, stamp);
      partitionOf[row] = partition;
      batch.scored++;
    }
  }

  #rejectedNotFinite(batch: Batch, row: number, block: Block, index: number): boolean {
    const output = batch.outputs.find(
      ({ kind, values }) => kind === 'number' && !Number.isFinite(values[row]),
    );
    if (output === undefined) return false;
    const detail = `model output ${output.name} is ${output.values[row]}`;
    this.#deadLetters.append(batch.letters, block, index, 'E-SCORE-NOT-FINITE', detail);
    batch.partitionOf[row] = -1;
    batch.deadLettered++;
    return true;
  }

  #open(batch: Batch, partition: number): RecordBuffer {
    const buffer = this.#sink.newRecords(this.#plan.partitions.topic, partition);
    this.#buffers[partition] = buffer;
    batch.buffers.push(buffer);
    return buffer;
  }
}

/** The first row with an output that is no number; `batch.rows` when there is none, as almost always. */
function firstNotFinite({ outputs, rows }: Batch): number {
  let first = rows;
  for (const { kind, values } of outputs) {
    if (kind !== 'number') continue;
    for (let row = 0; row < first; row++) if (!Number.isFinite(values[row])) first = row;
  }
  return first;
}
