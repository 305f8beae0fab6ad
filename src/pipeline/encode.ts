import type { Batch } from './batch.ts';
import type { DeadLetters } from './deadLetters.ts';
import { type DecisionPlan, decide } from './decision.ts';
import { type Partitions, partitionFor } from './partitions.ts';
import type {
  ByteBuffer,
  EventWriter,
  HeaderStamp,
  OutputValues,
  RecordBuffer,
  Scorer,
  Sink,
} from './ports.ts';

export interface EncodePlan {
  readonly partitions: Partitions;
  readonly decision: DecisionPlan | undefined;
  /** The timestamp of scored events: the input record's own, or when it was scored. */
  readonly timestamp: 'event' | 'scored';
  /** model-name, model-version, model-digest and source. */
  readonly stamp: HeaderStamp;
}

/** The headers that name the model of a scored event and where the event came from (P6). */
export function modelStamp(sink: Sink, { name, version, digest }: Scorer): HeaderStamp {
  const model: [string, string][] = [
    ['model-name', name],
    ['model-version', version],
    ['model-digest', digest],
  ];
  return sink.newStamp(model, { source: true });
}

/** Writes the outcomes of a scored batch: scored events into one record buffer per output partition, the rest as dead letters. */
export class Encoder {
  readonly #plan: EncodePlan;
  readonly #writer: EventWriter;
  readonly #sink: Sink;
  readonly #deadLetters: DeadLetters;
  readonly #value: ByteBuffer = { bytes: new Uint8Array(1024), length: 0 };
  readonly #buffers: (RecordBuffer | undefined)[];

  constructor(plan: EncodePlan, writer: EventWriter, sink: Sink, deadLetters: DeadLetters) {
    this.#plan = plan;
    this.#writer = writer;
    this.#sink = sink;
    this.#deadLetters = deadLetters;
    this.#buffers = new Array(plan.partitions.count).fill(undefined);
  }

  encode(batch: Batch, scoredAtMs: number): void {
    this.#buffers.fill(undefined);
    for (let row = 0; row < batch.rows; row++) this.#encodeRow(batch, row, scoredAtMs);
    for (const rejected of batch.rejections) {
      if (rejected.block.lease.state.kind === 'gone') continue;
      this.#deadLetters.appendRejected(batch.buffers, rejected);
      batch.deadLettered++;
    }
  }

  #encodeRow(batch: Batch, row: number, scoredAtMs: number): void {
    const block = batch.blockOf(row);
    batch.partitionOf[row] = -1;
    // Another member owns the partition by now and will publish this row itself.
    if (block.lease.state.kind === 'gone') return;
    const index = batch.recordOf[row];
    const bad = notFinite(batch.outputs, row);
    if (bad !== undefined) {
      const detail = `model output ${bad.name} is ${bad.values[row]}`;
      this.#deadLetters.append(batch.buffers, block, index, 'E-SCORE-NOT-FINITE', detail);
      batch.deadLettered++;
      return;
    }
    const { partitions, decision, timestamp, stamp } = this.#plan;
    const rule =
      decision === undefined ? -1 : decide(decision, batch.outputs[decision.output].values[row] as number);
    const value = this.#value;
    value.length = 0;
    this.#writer.write(value, row, batch, batch.outputs, rule, block, index, scoredAtMs);
    const partition = partitionFor(partitions, this.#sink, block, index);
    const timestampMs = timestamp === 'event' ? block.timestamps[index] : scoredAtMs;
    this.#bufferFor(batch, partition).append(block, index, value.bytes, 0, value.length, timestampMs, stamp);
    batch.partitionOf[row] = partition;
    batch.scored++;
  }

  #bufferFor(batch: Batch, partition: number): RecordBuffer {
    const open = this.#buffers[partition];
    if (open !== undefined) return open;
    const buffer = this.#sink.newRecords(this.#plan.partitions.topic, partition);
    this.#buffers[partition] = buffer;
    batch.buffers.push(buffer);
    return buffer;
  }
}

function notFinite(outputs: readonly OutputValues[], row: number): OutputValues | undefined {
  for (let i = 0; i < outputs.length; i++) {
    const output = outputs[i];
    if (output.kind === 'number' && !Number.isFinite(output.values[row])) return output;
  }
  return undefined;
}
