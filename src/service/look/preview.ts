/**
 * Shows events as the model sees them: read, scored, decided on and written by the code that `run` uses, and then looked at
 * instead of sent.
 */
import { EventDecoder } from '../../avro/decodeEvent.ts';
import { type ReaderParts, RegistryReaders } from '../../avro/readers.ts';
import type { PipelineConfig } from '../../config/pipelineConfig.ts';
import { type ErrorCode, TidemarkError } from '../../errors.ts';
import { Batch } from '../../pipeline/batch.ts';
import { DeadLetters } from '../../pipeline/deadLetters.ts';
import { decide, rulesOf } from '../../pipeline/decision.ts';
import { Encoder, modelStamp } from '../../pipeline/encode.ts';
import { type Cursor, fill } from '../../pipeline/fill.ts';
import { type PaperRecord, PaperRecords } from '../../pipeline/paperRecords.ts';
import {
  type Block,
  keyView,
  READ_OK,
  type RowReaders,
  SPAN_STRIDE,
  VALUE_END,
  VALUE_START,
  valueView,
} from '../../pipeline/ports.ts';
import { Progress } from '../../pipeline/progress.ts';
import { systemClock } from '../clock.ts';
import type { Contract } from '../contract.ts';
import { type Proved, provedWriter } from '../proved.ts';
import { type Mark, probePlan, rowValues } from './fills.ts';

export interface SeenFeature {
  readonly name: string;
  /** As the model's input holds it; a long beyond 2^53 is a bigint. */
  readonly value: number | bigint | string;
  readonly mark: Mark;
}

/** Where an event is from, and what `run` would do with it. */
export interface SeenEvent {
  readonly partition: number;
  readonly offset: number;
  /** Of the record, epoch milliseconds; -1 when it has none. */
  readonly timestampMs: number;
  /** As UTF-8; null when the record has none. */
  readonly key: string | null;
  readonly outcome: Outcome;
}

export type Outcome =
  | {
      readonly kind: 'scored';
      readonly features: readonly SeenFeature[];
      readonly outputs: Readonly<Record<string, number | string>>;
      readonly decision?: string;
      /** The event's own time, epoch milliseconds; absent when it has none. */
      readonly eventTimeMs?: number;
      /** The scored event as it would be published, as JSON. */
      readonly published: unknown;
    }
  | { readonly kind: 'dead-letter'; readonly code: ErrorCode; readonly detail: string }
  | { readonly kind: 'skipped'; readonly why: 'tombstone' | 'record-type' };

export interface PreviewParts {
  readonly config: PipelineConfig;
  readonly proved: Proved;
  /** Where writer schemas are found. */
  readonly registry: ReaderParts['registry'];
}

/** Rows scored together: few, since somebody waits to see them. */
const MAX_ROWS = 256;
const SILENT = { schemaLoaded: () => {}, schemaUnusable: () => {}, eventRejected: () => {} };
/** What shows is the value, not its frame. */
const NO_SCHEMA_ID = 0;

export class Preview {
  readonly #parts: PreviewParts;
  readonly #readers: RowReaders;
  /** Readers that fill in something else, by what they fill in for. */
  readonly #probes: readonly (readonly [Mark, RowReaders])[];
  readonly #batch: Batch;
  readonly #probed: Batch;
  readonly #encoder: Encoder;
  readonly #decoder: EventDecoder;
  readonly #decisions: readonly string[];
  #made: PaperRecord[] = [];

  constructor(parts: PreviewParts) {
    const { config, proved } = parts;
    const { rowPlan, writerPlan, decision } = proved.contract;
    const { scorer } = proved.model;
    this.#parts = parts;
    this.#readers = this.#readersOf(rowPlan);
    this.#probes = (['missing', 'unknown'] as const).flatMap((mark) => {
      const plan = probePlan(rowPlan, mark);
      return plan === undefined ? [] : [[mark, this.#readersOf(plan)] as const];
    });
    const shape = {
      maxRows: MAX_ROWS,
      carriedFields: rowPlan.carried.length,
      features: rowPlan.features.length,
      rules: decision === undefined ? 0 : rulesOf(decision),
    };
    this.#batch = new Batch(scorer, shape);
    this.#probed = new Batch(scorer, { ...shape, maxRows: 1 });
    const sink = new PaperRecords((record) => this.#made.push(record));
    const { name: model, version } = scorer;
    const letters = new DeadLetters(
      sink,
      this.#readers,
      SILENT,
      { pipeline: config.pipeline, model, version },
      { topic: config.deadLetter.topic, count: 1, partitioner: 'key' },
    );
    const plan = {
      partitions: { topic: config.output.topic, count: 1, partitioner: 'key' },
      decision,
      timestamp: config.output.timestamp,
      stamp: modelStamp(sink, scorer),
    } as const;
    this.#encoder = new Encoder(plan, provedWriter(proved, NO_SCHEMA_ID), sink, letters);
    this.#decoder = new EventDecoder(proved.outputSchema.node);
    this.#decisions = writerPlan.decisions;
  }

  /** Every record of the block, in order. Throws a TidemarkError: E-MODEL-RUN, or why a writer's schema cannot be had. */
  async look(block: Block): Promise<SeenEvent[]> {
    const progress = new Progress(() => {});
    progress.grant(block.lease);
    const cursor: Cursor = { block, index: 0, arrivedMs: 0 };
    const seen: SeenEvent[] = [];
    for (let first = 0; ; first = cursor.index) {
      const result = await this.#fill(cursor, progress);
      seen.push(...(await this.#show(block, first, result === 'read' ? block.count : cursor.index)));
      if (result === 'read') return seen;
    }
  }

  /** Fills the batch as far as it goes, waiting for schemas. */
  async #fill(cursor: Cursor, progress: Progress): Promise<'read' | 'full'> {
    for (;;) {
      const counts = { tombstones: 0, otherTypes: 0 };
      const result = fill(cursor, this.#batch, this.#readers, progress, counts);
      if (typeof result === 'string') return result;
      await this.#readers.load(result.needsSchema);
    }
  }

  /** Scores the batch and tells what became of records `[first, end)`. */
  async #show(block: Block, first: number, end: number): Promise<SeenEvent[]> {
    const batch = this.#batch;
    if (batch.rows > 0) await this.#parts.proved.model.scorer.run(batch.inputs, batch.rows, batch.outputs);
    this.#encoder.encode(batch, systemClock.now());
    const rowOf = new Map<number, number>();
    for (let row = 0; row < batch.rows; row++) rowOf.set(batch.recordOf[row]!, row);
    const recordOf = new Map(this.#made.map((record) => [record.index, record]));
    const seen: SeenEvent[] = [];
    for (let index = first; index < end; index++) {
      const outcome = await this.#outcome(block, index, rowOf.get(index), recordOf.get(index));
      seen.push({ ...placeOf(block, index), outcome });
    }
    this.#made = [];
    batch.reset();
    return seen;
  }

  async #outcome(
    block: Block,
    index: number,
    row: number | undefined,
    record: PaperRecord | undefined,
  ): Promise<Outcome> {
    if (record === undefined) {
      const isTombstone = valueView(block, index) === undefined;
      return { kind: 'skipped', why: isTombstone ? 'tombstone' : 'record-type' };
    }
    const code = record.headers.get('error-code');
    if (row === undefined || code !== undefined) {
      const detail = record.headers.get('error-detail') ?? '';
      return { kind: 'dead-letter', code: code as ErrorCode, detail };
    }
    const { decision } = this.#parts.proved.contract;
    const { outputs, eventTimes } = this.#batch;
    const rule = decision && this.#decisions[decide(decision, Number(outputs[decision.output]!.values[row]))];
    const eventTimeMs = eventTimes[row]!;
    return {
      kind: 'scored',
      features: await this.#features(block, index, row),
      outputs: Object.fromEntries(outputs.map(({ name, values }) => [name, values[row]!])),
      ...(rule === undefined ? {} : { decision: rule }),
      ...(Number.isNaN(eventTimeMs) ? {} : { eventTimeMs }),
      published: this.#decoder.decode(record.value!),
    };
  }

  async #features(block: Block, index: number, row: number): Promise<SeenFeature[]> {
    const { features } = this.#parts.proved.contract.rowPlan;
    const values = rowValues(features, this.#batch, row);
    const marks = new Array<Mark>(values.length).fill('read');
    for (const [mark, readers] of this.#probes) {
      const others = await this.#probe(readers, block, index);
      for (const [at, other] of others.entries()) if (!Object.is(other, values[at])) marks[at] = mark;
    }
    return features.map(({ name }, at) => ({ name, value: values[at]!, mark: marks[at]! }));
  }

  /** The row of a record as another plan reads it. */
  async #probe(readers: RowReaders, block: Block, index: number) {
    const { bytes, spans } = block;
    const [start, end] = [spans[index * SPAN_STRIDE + VALUE_START]!, spans[index * SPAN_STRIDE + VALUE_END]!];
    const id = readers.schemaIdOf(bytes, start, end);
    if (readers.ready(id) === undefined) await readers.load(id);
    const result = readers.ready(id)?.read(bytes, start, end, 0, this.#probed);
    if (result !== READ_OK)
      throw new TidemarkError('E-INTERNAL', 'an event that was scored is read otherwise a second time');
    return rowValues(this.#parts.proved.contract.rowPlan.features, this.#probed, 0);
  }

  #readersOf(plan: Contract['rowPlan']): RowReaders {
    const { registry } = this.#parts;
    return new RegistryReaders({ registry, plan, telemetry: SILENT, clock: systemClock });
  }
}

function placeOf(block: Block, index: number): Omit<SeenEvent, 'outcome'> {
  const key = keyView(block, index);
  return {
    partition: block.lease.partition,
    offset: block.offsets[index]!,
    timestampMs: block.timestamps[index]!,
    key: key === undefined ? null : Buffer.from(key).toString(),
  };
}
