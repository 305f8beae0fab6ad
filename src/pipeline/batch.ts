import { TidemarkError } from '../errors.ts';
import type {
  Block,
  ByteBuffer,
  InputBuffer,
  OutputValues,
  RecordBuffer,
  RowReader,
  RowTarget,
  Scorer,
} from './ports.ts';
import type { Progress, Segment } from './progress.ts';

/** A record that left the road before it was scored. `reader` explains `result`; without one the value is not framed. */
export interface RejectedRecord {
  readonly block: Block;
  readonly index: number;
  readonly result: number;
  readonly reader: RowReader | undefined;
}

export interface BatchShape {
  readonly maxRows: number;
  readonly carriedFields: number;
  readonly features: number;
  /** Of the decision; 0 without one. */
  readonly rules: number;
}

/**
 * Rows scored together, from any number of partitions. Everything per row lives in arrays made once and reused: a batch goes
 * round from filling to scoring to delivery and back.
 */
export class Batch implements RowTarget {
  readonly maxRows: number;
  readonly inputs: readonly InputBuffer[];
  readonly outputs: readonly OutputValues[];
  readonly spans: Int32Array;
  readonly side: ByteBuffer;
  readonly eventTimes: Float64Array;
  readonly missing: Uint32Array;
  readonly unknown: Uint32Array;
  /** By rule of the decision: rows for which it held. */
  readonly decided: Uint32Array;
  /** The record's index in its block, per row. */
  readonly recordOf: Int32Array;
  /** The output partition, per row; -1 when the row was not published. */
  readonly partitionOf: Int32Array;
  /** Each with the rows that are of it, in order. */
  readonly segments: Segment[] = [];
  readonly rejections: RejectedRecord[] = [];
  /** Scored events to be sent. */
  readonly buffers: RecordBuffer[] = [];
  /** Dead letters to be sent. */
  readonly letters: RecordBuffer[] = [];
  rows = 0;
  scored = 0;
  deadLettered = 0;
  /** When the first record went in, monotonic milliseconds. */
  openedMs = 0;
  /** When the model began and ended to score them, monotonic milliseconds. */
  runBeganMs = 0;
  runEndedMs = 0;

  constructor(scorer: Scorer, { maxRows, carriedFields, features, rules }: BatchShape) {
    this.maxRows = maxRows;
    this.inputs = scorer.newInputs(maxRows);
    this.outputs = scorer.newOutputs(maxRows);
    this.spans = new Int32Array(maxRows * carriedFields * 2);
    this.side = { bytes: new Uint8Array(4096), length: 0 };
    this.eventTimes = new Float64Array(maxRows);
    this.missing = new Uint32Array(features);
    this.unknown = new Uint32Array(features);
    this.decided = new Uint32Array(rules);
    this.recordOf = new Int32Array(maxRows);
    this.partitionOf = new Int32Array(maxRows);
  }

  get isEmpty(): boolean {
    return this.segments.length === 0;
  }

  /** Rejections count as rows, so that a stream of bad events cannot grow a batch without bound. */
  get isFull(): boolean {
    return this.rows + this.rejections.length >= this.maxRows;
  }

  /** The block a row came from; for the few rows that something is wrong with. */
  blockOf(row: number): Block {
    const segment = this.segments.find(({ endRow }) => row < endRow);
    if (segment === undefined) throw new TidemarkError('E-INTERNAL', `row ${row} is of no segment`);
    return segment.block;
  }

  /** Every record of the batch has its acknowledged outcome. */
  settle(progress: Progress): void {
    for (const segment of this.segments) progress.settle(segment);
  }

  reset(): void {
    this.rows = 0;
    this.scored = 0;
    this.deadLettered = 0;
    this.side.length = 0;
    this.missing.fill(0);
    this.unknown.fill(0);
    this.decided.fill(0);
    this.segments.length = 0;
    this.rejections.length = 0;
    this.buffers.length = 0;
    this.letters.length = 0;
  }
}
