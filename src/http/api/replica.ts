/**
 * This process, and nothing of the others. Times are milliseconds since the epoch where a name ends in `Ms`; durations are
 * seconds, sizes bytes, rates per second. What is not known is absent, never zero.
 */

/** GET /api/replica: this process, and nothing of the others. */
export interface ReplicaView {
  /** When this was read. */
  readonly atMs: number;
  readonly process: ProcessView;
  readonly pipeline: PipelineView;
  /** Absent until it is verified. */
  readonly model?: ModelView;
  readonly state: StateView;
  /** What waits, and since when. */
  readonly pauses: readonly PauseView[];
  readonly alive: ReportView;
  readonly ready: ReportView;
  readonly slo?: SloView;
  /** Since the process started. */
  readonly totals: TotalsView;
  /** Events per second over the last ten seconds or so; absent until there are two samples. */
  readonly rates?: OutcomeCounts & { readonly deliveredBytes: number };
  /** Over the last minute or so: absent without an event in it. */
  readonly latency: { readonly event?: LatencyView; readonly arrival?: LatencyView };
  /** Where the time of an event goes, in the order of its journey, over the last minute or so. */
  readonly journey: readonly RoomView[];
  readonly batches?: BatchesView;
  readonly partitions: readonly PartitionView[];
  readonly inFlight: { readonly events?: number; readonly bytes?: number; readonly limitBytes?: number };
  readonly outputs: readonly OutputView[];
  readonly decisions: readonly { readonly decision: string; readonly count: number }[];
  /** Features that were filled in, most often first. */
  readonly features: readonly FeatureView[];
  readonly eventLoopDelay: readonly { readonly quantile: string; readonly seconds: number }[];
  readonly history: HistoryView;
}

export interface ProcessView {
  readonly host: string;
  readonly pid: number;
  readonly startedMs: number;
  readonly version: string;
  readonly node: string;
}

export interface PipelineView {
  readonly name: string;
  readonly group: string;
  readonly topic: string;
  readonly outputTopic: string;
  readonly deadLetterTopic: string;
  readonly client: string;
  readonly delivery: string;
}

export interface ModelView {
  readonly name: string;
  readonly version: string;
  readonly digest: string;
}

export interface StateView {
  readonly kind: 'starting' | 'running' | 'paused' | 'draining' | 'stopped';
  readonly sinceMs: number;
  readonly why?: string;
  /** When draining ends at the latest. */
  readonly untilMs?: number;
}

export interface PauseView {
  /** source, sink, registry, or command. */
  readonly reason: string;
  readonly sinceMs: number;
  readonly code?: string;
  readonly why: string;
}

export interface ReportView {
  readonly ok: boolean;
  readonly reasons: readonly ReasonView[];
  readonly warnings: readonly ReasonView[];
}

export interface ReasonView {
  readonly code?: string;
  readonly message: string;
}

export interface SloView {
  readonly p99Seconds: number;
  readonly from: 'event' | 'record';
  /** Events that took longer, since the process started. */
  readonly breaches: number;
}

export interface OutcomeCounts {
  readonly scored: number;
  readonly deadLettered: number;
  readonly skipped: number;
}

export interface TotalsView extends OutcomeCounts {
  readonly deliveredBytes: number;
  readonly commitsRefused: number;
  readonly rejections: readonly { readonly code: string; readonly count: number }[];
  readonly skips: readonly { readonly reason: string; readonly count: number }[];
}

/** Of a histogram: quantiles are interpolated within a bucket, as Prometheus does. */
export interface LatencyView {
  readonly count: number;
  readonly meanSeconds: number;
  readonly p50Seconds: number;
  readonly p99Seconds: number;
  /** Share of the events within the objective, 0 to 1; exact, as the objective is a bound. Absent without one. */
  readonly withinSlo?: number;
}

export type RoomName = 'kafka' | 'batch' | 'score' | 'produce';

export interface RoomView {
  readonly room: RoomName;
  /** Absent without an event in the last minute. */
  readonly meanSeconds?: number;
  readonly p99Seconds?: number;
}

export interface BatchesView {
  /** Over the last minute. */
  readonly meanRows: number;
  readonly perSecond: number;
  /** By why they closed, since the process started. */
  readonly closed: readonly { readonly why: string; readonly count: number }[];
}

export interface PartitionView {
  readonly partition: number;
  readonly lagRecords?: number;
  /** Age of the oldest record without an outcome. */
  readonly lagSeconds?: number;
  readonly committedOffset?: number;
  readonly endOffset?: number;
  /** Committed offsets per second over the last ten seconds or so. */
  readonly progressPerSecond?: number;
  /** Why it is read no further. */
  readonly stopped?: ReasonView;
}

/** The values of one numeric output since the process started. */
export interface OutputView {
  readonly output: string;
  /** Inclusive upper bounds, ascending; `counts` has one more, for what is beyond them all. */
  readonly bounds: readonly number[];
  /** Events of each bucket, not cumulative. */
  readonly counts: readonly number[];
  readonly count: number;
  /** Absent without an event. */
  readonly mean?: number;
  readonly notFinite: number;
}

export interface FeatureView {
  readonly feature: string;
  readonly missing: number;
  readonly unknown: number;
}

/** Samples in columns, oldest first; null where nothing was known. */
export interface HistoryView {
  readonly everySeconds: number;
  /** The most samples that are kept. */
  readonly capacity: number;
  readonly atMs: readonly number[];
  readonly scored: Column;
  readonly deadLettered: Column;
  readonly skipped: Column;
  readonly lagRecords: Column;
  readonly lagSeconds: Column;
  readonly p50Seconds: Column;
  readonly p99Seconds: Column;
  /** 1 while something was paused. */
  readonly paused: Column;
}

export type Column = readonly (number | null)[];
