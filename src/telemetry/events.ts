/**
 * Everything worth telling, each named once. One event is its log line and its metrics; the class that implements this
 * interface decides how each is told, so the rest of the code never logs or counts by hand. Spans are apart, in tracing/.
 * Labels have bounded values: codes, reasons, topics, partitions; never keys, ids or messages.
 */
import type { ErrorCode, TidemarkError } from '../errors.ts';
import type { BATCH_CLOSED, SKIP_REASONS } from './catalogue/outcomes.ts';
import type { DEPENDENCIES } from './catalogue/service.ts';
import type { GroupFacts } from './groupFacts.ts';
import type { LatencySheet } from './latencySheet.ts';

export type BatchClosed = (typeof BATCH_CLOSED)[number];
export type SkipReason = (typeof SKIP_REASONS)[number];
export type LifeState =
  | { readonly kind: 'starting' }
  | { readonly kind: 'running' }
  | { readonly kind: 'paused'; readonly why: string }
  | { readonly kind: 'draining'; readonly untilMs: number }
  | { readonly kind: 'stopped'; readonly why: string };

/** A record's place, in the form every header and log line uses: `topic/partition@offset`. */
export type SourcePosition = string;

/** What runs, once all of it is known. */
export interface StartFacts {
  readonly pipeline: string;
  readonly client: string;
  readonly delivery: string;
  readonly group: string;
  readonly topic: string;
  readonly maxInFlightBytes: number;
  readonly model: ModelFacts;
}

export interface ModelFacts {
  readonly name: string;
  readonly version: string;
  readonly digest: string;
  readonly rowsPerRun: number;
  /** In the model's order; those with categories can hold an unknown one. */
  readonly features: readonly { readonly name: string; readonly hasCategories: boolean }[];
  /** In the order of the model's outputs; an output that is text has no bounds. */
  readonly outputs: readonly { readonly name: string; readonly bounds: readonly number[] | undefined }[];
  /** What each rule of the decision says, in order; empty without a decision. */
  readonly decisions: readonly string[];
}

/** What the model was given and gave in one batch. The arrays are used again: whoever is told reads them at once. */
export interface ModelRows {
  readonly rows: number;
  /** Per output of the model an array indexed by row. */
  readonly outputs: readonly (
    | { readonly kind: 'number'; readonly values: Float64Array }
    | { readonly kind: 'string'; readonly values: readonly string[] }
  )[];
  /** By feature: events in which it was null, absent or NaN. */
  readonly missing: Uint32Array;
  /** By feature: events in which it held none of its categories. */
  readonly unknown: Uint32Array;
  /** By rule: events for which it held. */
  readonly decided: Uint32Array;
}

/** How far one held partition has come. Times are epoch milliseconds. */
export interface Standing {
  readonly partition: number;
  /** Where reading began; -1 until that is known. */
  readonly beginOffset: number;
  /** Every record below it has its outcome; -1 before the first. */
  readonly settledOffset: number;
  /** The end of the partition as of the last fetch; -1 before the first. */
  readonly endOffset: number;
  /** Timestamp of the oldest record in hand without an outcome, -1 when it has none; undefined when nothing is in hand. */
  readonly oldestMs: number | undefined;
  /** Timestamp of the last record that got its outcome; -1 before the first. */
  readonly settledMs: number;
}

export interface Telemetry {
  /** The process moved through its life. */
  stateChanged(state: LifeState): void;
  started(facts: StartFacts): void;
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
  modelRan(rows: ModelRows): void;
  /** How long the events of a delivered batch took. The sheet is filled anew for the next one. */
  latencies(sheet: LatencySheet): void;
  eventsSkipped(reason: SkipReason, count: number): void;
  /**
   * Counted always, logged at a bounded rate. `traceId` is that of an event that is traced, `schemaId` that of its frame, where it
   * has one.
   */
  eventRejected(
    code: ErrorCode,
    detail: string,
    at: SourcePosition,
    id: string | undefined,
    traceId?: string,
    schemaId?: number,
  ): void;

  /** Events that are traced, and those that were to be and were beyond `tracing.max_per_second`. */
  eventsTraced(traced: number, overLimit: number): void;
  /** The collector has taken these spans. */
  spansExported(count: number): void;
  /** These spans were dropped. Counted always, logged at a bounded rate. */
  spansLost(count: number, why: string): void;

  /** Where to ask, whenever somebody looks, how far each held partition has come. */
  standingsFrom(look: () => Iterable<Standing>): void;
  /** Progress of one partition was committed. */
  committed(partition: number, offset: number, endOffset: number): void;
  /** Where partitions end now, as somebody found who asked for just that: also of those that are not read any more. */
  logEnds(ends: ReadonlyMap<number, number>): void;
  commitRefused(partitions: readonly number[]): void;
  /** The whole group was looked at, by Kafka's data; undefined when it could not be for a while. */
  groupSeen(facts: GroupFacts | undefined): void;
  /** Bytes and events held between fetch and acknowledgement. */
  inFlight(bytes: number, events: number): void;

  /** A command to the group holds this process, until `resumedByCommand`. Told again when somebody gives another reason. */
  pausedByCommand(held: HeldByCommand): void;
  resumedByCommand(): void;
  /** What this process did with a command to the group. */
  commandAnswered(facts: {
    command: string;
    by: string;
    why: string;
    applied: boolean;
    result: string;
  }): void;

  /** What lies there is no command. */
  commandIgnored(at: SourcePosition, problem: string): void;
  /** The control topic cannot be read: the group goes on as it was told last, and hears nothing new until `commandsHeard`. */
  commandsUnheard(cause: TidemarkError): void;
  commandsHeard(): void;

  /** A request over HTTP failed by a fault of this process's own, not of who asked. Logged at a bounded rate. */
  requestFailed(path: string, cause: TidemarkError): void;

  /** The process will end because of this. */
  fatal(cause: TidemarkError): void;
}

export type Dependency = (typeof DEPENDENCIES)[number];

export interface HeldByCommand {
  /** `paused`: leases are kept, and nothing new is taken. `drained`: it stands by and has not joined its group. */
  readonly state: 'paused' | 'drained';
  readonly by: string;
  readonly why: string;
}
