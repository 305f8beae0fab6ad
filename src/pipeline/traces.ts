import type { ErrorCode } from '../errors.ts';
import type { BatchClosed, Telemetry } from '../telemetry/events.ts';
import type { EventTrace, EventTracer, Score, TracedRecord } from '../telemetry/tracing/eventTracer.ts';
import type { Batch } from './batch.ts';
import type { RejectionTraces } from './deadLetters.ts';
import { type DecisionPlan, decide } from './decision.ts';
import { modelStamp, type TracedRow } from './encode.ts';
import {
  type Block,
  type Clock,
  HEADERS_END,
  HEADERS_START,
  type RecordMaker,
  type Scorer,
  SPAN_STRIDE,
  type TraceHeaders,
} from './ports.ts';
import { TraceSampling } from './traceSampling.ts';

/** How events are traced. */
export interface Tracing {
  readonly tracer: EventTracer;
  readonly headers: TraceHeaders;
  /** Of events that their producer does not trace, the share that is traced here, 0 to 1. */
  readonly sample: number;
  readonly maxPerSecond: number;
  /** What each rule of the decision decides. */
  readonly decisions: readonly string[];
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

export interface TracesParts {
  readonly sink: RecordMaker;
  readonly scorer: Scorer;
  readonly clock: Clock;
  readonly telemetry: Pick<Telemetry, 'eventsTraced'>;
  readonly decision: DecisionPlan | undefined;
  /** Where scored events and dead letters go. */
  readonly output: string;
  readonly deadLetters: string;
}

/** Outputs that a trace shows at most: a model may have one per class. */
const MAX_OUTPUTS = 16;
const NO_ROW = -1;
const NOTHING: readonly TracedRow[] = [];

interface Chosen {
  readonly block: Block;
  readonly index: number;
  /** NO_ROW for a record that was not scored. */
  readonly row: number;
}

interface Open extends Chosen {
  readonly trace: EventTrace;
  code: ErrorCode | undefined;
}

/**
 * The traces of events on their way through the pipeline. With `tracing` not configured there is no such object; with it,
 * each event's headers are looked through once, and only those that are traced get anything of their own.
 */
export class Traces implements RejectionTraces {
  readonly #tracing: Tracing;
  readonly #parts: TracesParts;
  readonly #sampling: TraceSampling;
  readonly #open = new Map<Batch, Open[]>();
  /** For the few records of which something is wrong. */
  readonly #byBlock = new WeakMap<Block, Open[]>();

  constructor(tracing: Tracing, parts: TracesParts) {
    this.#tracing = tracing;
    this.#parts = parts;
    this.#sampling = new TraceSampling(tracing.sample, tracing.maxPerSecond, tracing.random);
  }

  /** Chooses events of a batch that was scored and begins their traces. @returns the rows among them, in order */
  begin(batch: Batch, closed: BatchClosed): readonly TracedRow[] {
    const chosen = this.#choose(batch);
    if (chosen.length === 0) return NOTHING;
    const { clock, sink, scorer } = this.#parts;
    // All times by one clock, which never runs backwards; the other only says where it stands.
    const epochMs = clock.now() - clock.monotonicMs();
    const traces = this.#tracing.tracer.begin(
      {
        rows: batch.rows,
        closed,
        openedMs: epochMs + batch.openedMs,
        begunMs: epochMs + batch.runBeganMs,
        endedMs: epochMs + batch.runEndedMs,
      },
      chosen.map((one) => this.#recordOf(batch, one, epochMs)),
    );
    const open = chosen.map((one, i): Open => ({ ...one, trace: traces[i], code: undefined }));
    this.#open.set(batch, open);
    for (const one of open) {
      const others = this.#byBlock.get(one.block);
      if (others === undefined) this.#byBlock.set(one.block, [one]);
      else others.push(one);
    }
    return open
      .filter(({ row }) => row !== NO_ROW)
      .map(({ row, trace: { traceparent } }) => ({
        row,
        stamp: modelStamp(sink, scorer, [['traceparent', traceparent]]),
      }));
  }

  rejected(block: Block, index: number, code: ErrorCode): string | undefined {
    const open = this.#byBlock.get(block)?.find((one) => one.index === index);
    if (open === undefined) return undefined;
    open.code = code;
    return open.trace.traceId;
  }

  /** Every record of the batch has its acknowledged outcome. */
  done(batch: Batch): void {
    const open = this.#open.get(batch);
    if (open === undefined) return;
    this.#open.delete(batch);
    const { clock, output, deadLetters } = this.#parts;
    const nowMs = clock.now();
    for (const { row, code, trace } of open) {
      const partition = row === NO_ROW ? -1 : batch.partitionOf[row];
      if (code !== undefined) trace.end({ kind: 'dead-lettered', topic: deadLetters, code }, nowMs);
      else if (partition >= 0) trace.end({ kind: 'scored', topic: output, partition }, nowMs);
      else trace.end({ kind: 'given-up' }, nowMs);
    }
  }

  #choose(batch: Batch): Chosen[] {
    const nowMs = this.#parts.clock.monotonicMs();
    const refused = this.#sampling.takeRefused(nowMs);
    const chosen: Chosen[] = [];
    for (const { block, firstRow, endRow } of batch.segments) {
      // Its bytes were released and may be another fetch's by now.
      if (block.lease.state.kind === 'gone') continue;
      for (let row = firstRow; row < endRow; row++) {
        const index = batch.recordOf[row];
        if (this.#takes(block, index, nowMs)) chosen.push({ block, index, row });
      }
    }
    for (const { block, index } of batch.rejections) {
      if (block.lease.state.kind === 'gone') continue;
      if (this.#takes(block, index, nowMs)) chosen.push({ block, index, row: NO_ROW });
    }
    if (chosen.length + refused > 0) this.#parts.telemetry.eventsTraced(chosen.length, refused);
    return chosen;
  }

  #takes(block: Block, index: number, nowMs: number): boolean {
    const start = block.spans[index * SPAN_STRIDE + HEADERS_START];
    const end = block.spans[index * SPAN_STRIDE + HEADERS_END];
    // A record without headers has one byte of them, their count.
    const isSampled = end - start > 1 && this.#tracing.headers.isSampled(block.bytes, start, end);
    return this.#sampling.takes(isSampled, nowMs);
  }

  #recordOf(batch: Batch, { block, index, row }: Chosen, epochMs: number): TracedRecord {
    const { lease, bytes, spans, offsets, timestamps } = block;
    const start = spans[index * SPAN_STRIDE + HEADERS_START];
    const end = spans[index * SPAN_STRIDE + HEADERS_END];
    const segment = batch.segments.find((one) => one.block === block);
    const record = {
      topic: lease.topic,
      partition: lease.partition,
      offset: offsets[index],
      timestampMs: timestamps[index],
      arrivedMs: epochMs + (segment?.arrivedMs ?? batch.openedMs),
      parent: this.#tracing.headers.contextOf(bytes, start, end),
    };
    return row === NO_ROW ? record : { ...record, score: this.#scoreOf(batch, row) };
  }

  #scoreOf({ outputs }: Batch, row: number): Score {
    const { decision } = this.#parts;
    const numbers: [string, number][] = [];
    for (const { name, kind, values } of outputs) {
      if (kind === 'number' && numbers.length < MAX_OUTPUTS) numbers.push([name, values[row]]);
    }
    if (decision === undefined) return { outputs: numbers, decision: undefined };
    const rule = decide(decision, outputs[decision.output].values[row] as number);
    return { outputs: numbers, decision: this.#tracing.decisions[rule] };
  }
}
