/**
 * Everything worth telling, each named once. One event is its log line, its metrics and (later) its span; the class that
 * implements this interface decides how each is told, so the rest of the code never logs or counts by hand.
 * Labels have bounded values: codes, reasons, topics, partitions; never keys, ids or messages.
 */
import type { ErrorCode, TidemarkError } from '../errors.ts';

export type BatchClosed = 'full' | 'due' | 'drained' | 'ending';
export type SkipReason = 'tombstone' | 'record-type';
export type LifeState =
  | { readonly kind: 'starting' }
  | { readonly kind: 'running' }
  | { readonly kind: 'paused'; readonly why: string }
  | { readonly kind: 'draining'; readonly untilMs: number }
  | { readonly kind: 'stopped'; readonly why: string };

/** A record's place, in the form every header and log line uses: `topic/partition@offset`. */
export type SourcePosition = string;

export interface Telemetry {
  /** The process moved through its life. */
  stateChanged(state: LifeState): void;
  started(facts: {
    pipeline: string;
    model: string;
    version: string;
    digest: string;
    client: string;
    delivery: string;
    rowsPerRun: number;
  }): void;
  /** Metrics and health are served here; the port is the one that was free where the configuration left it open. */
  listening(at: { host: string; port: number }): void;
  /** Start-up found something the operator should know but that stops nothing. */
  warned(code: string, message: string): void;

  leasesGranted(partitions: readonly number[], generation: number): void;
  leasesEnding(partitions: readonly number[], withinMs: number): void;
  leasesGone(partitions: readonly number[], reason: string): void;
  /** A partition that is held is read no further, until a restart: what comes next in it cannot be read. Others go on. */
  partitionStopped(partition: number, cause: TidemarkError): void;

  /** A dependency is down; what needs it waits. `what` is `source`, `sink` or `registry`. */
  dependencyDown(what: Dependency, cause: TidemarkError): void;
  dependencyUp(what: Dependency): void;

  schemaLoaded(schemaId: number, ms: number): void;
  schemaUnusable(schemaId: number, code: ErrorCode, detail: string): void;

  batchScored(facts: { rows: number; closed: BatchClosed; scoreMs: number; oldestMs: number }): void;
  batchDelivered(facts: { scored: number; deadLettered: number; bytes: number; ms: number }): void;
  /** Time from the event (or the record's timestamp: slo.from) to the acknowledged score, milliseconds, `count` of them. */
  latencies(ms: Float64Array, count: number): void;
  eventsSkipped(reason: SkipReason, count: number): void;
  /** Counted always, logged at a bounded rate. */
  eventRejected(code: ErrorCode, detail: string, at: SourcePosition, id: string | undefined): void;

  /** Progress of one partition was committed. */
  committed(partition: number, offset: number, endOffset: number): void;
  commitRefused(partitions: readonly number[]): void;
  /** Bytes and events held between fetch and acknowledgement. */
  inFlight(bytes: number, events: number): void;

  /** The process will end because of this. */
  fatal(cause: TidemarkError): void;
}

export type Dependency = 'source' | 'sink' | 'registry';
