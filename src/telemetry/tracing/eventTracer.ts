/**
 * What is told of events that are traced. No package of OpenTelemetry is named here: who tells needs none, and a process that
 * traces nothing loads none. Times are epoch milliseconds, with fractions.
 */
import type { ErrorCode } from '../../errors.ts';
import type { BatchClosed } from '../events.ts';

/** A span elsewhere, as the headers of W3C Trace Context carry it. */
export interface TraceContext {
  readonly traceparent: string;
  readonly tracestate?: string;
}

/** One run of the model. */
export interface TracedRun {
  readonly rows: number;
  readonly closed: BatchClosed;
  /** When the batch's first record went in. */
  readonly openedMs: number;
  /** From closing the batch to the model's answer. */
  readonly begunMs: number;
  readonly endedMs: number;
}

/** One event of a run. Neither its key nor a feature is ever part of it: traces are read by more people than events are. */
export interface TracedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** -1 when the record has none. */
  readonly timestampMs: number;
  /** When this process got it. */
  readonly arrivedMs: number;
  /** The producer's span. */
  readonly parent: TraceContext | undefined;
  /** What the model made of it; absent when it was never scored. */
  readonly score?: Score;
}

export interface Score {
  /** Numeric outputs of the model by name. */
  readonly outputs: readonly (readonly [name: string, value: number])[];
  readonly decision: string | undefined;
}

export type TracedOutcome =
  | { readonly kind: 'scored'; readonly topic: string; readonly partition: number }
  | { readonly kind: 'dead-lettered'; readonly topic: string; readonly code: ErrorCode }
  /** The partition went to another member, which reads the record again. */
  | { readonly kind: 'given-up' };

export interface EventTrace {
  /** For log lines: 32 hexadecimal digits. */
  readonly traceId: string;
  /** For the header of what is published: names the span of its sending, whose ancestor is the producer's span. */
  readonly traceparent: string;
  end(outcome: TracedOutcome, atMs: number): void;
}

export interface EventTracer {
  /** Begins the traces of a run's events, one for each and in their order. Never throws, never waits. */
  begin(run: TracedRun, records: readonly TracedRecord[]): EventTrace[];
  /** Hands over what has ended, for as long as the deadline allows. */
  close(): Promise<void>;
}
