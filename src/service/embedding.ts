/** What somebody sees of a pipeline inside a process of their own. Leads to no types of other packages. */
import type { HealthReport } from '../telemetry/health.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Share } from '../telemetry/tally.ts';

export interface PipelineOptions {
  /** Takes what happens, one call an event, from `log.level` of the configuration on. Default: lines on standard error. */
  readonly logger?: Logger;
  /** Serve console, metrics and health on a port of their own, as `http` of the configuration says. Default: false. */
  readonly http?: boolean;
  /** End when the group has scored up to the end that every partition had at the start. Default: false, run until stopped. */
  readonly untilEnd?: boolean;
  /**
   * Kill this whole process with SIGKILL when its main thread stands still for 10 s longer than `watchdog` of the
   * configuration: a run of the model that never returns cannot be ended otherwise. Default: false.
   */
  readonly killWhenStuck?: boolean;
}

/** What a pipeline did in this process. */
export interface PipelineSummary extends Share {
  /** Whether the end that `untilEnd` waits for was reached; false when it was stopped before. */
  readonly endReached: boolean;
}

export interface PipelineHealth {
  /** `ok` is false only after a fault that ended the pipeline, never because a dependency is down. As /healthz. */
  readonly alive: HealthReport;
  /** `ok` while events are being scored, or would be if there were any. As /readyz. */
  readonly ready: HealthReport;
}

/** A pipeline that can be started once. */
export interface Pipeline {
  /**
   * Resolves when the model is verified and the group has taken this member in, or when the pipeline was stopped before. What
   * is not there yet, a broker or a topic, is waited for. Rejects with the TidemarkError that ended it.
   */
  start(): Promise<void>;
  /**
   * How it ended, after `start`: resolves when it was stopped or reached its end, rejects with the TidemarkError that ended it.
   * Like any promise it is an unhandled rejection, by which Node.js ends the process, when it rejects and nobody listens.
   */
  readonly done: Promise<PipelineSummary>;
  /**
   * Takes nothing new, finishes and commits what is in hand within `kafka.drain_timeout`, and leaves the group.
   * @returns `done`
   */
  stop(): Promise<PipelineSummary>;
  health(): PipelineHealth;
  /** This pipeline's metrics in the text format of Prometheus, without those of the process. */
  metrics(): Promise<string>;
  /** Stops it. Throws what goes wrong with that; a fault that ended it before is told by `done` alone. */
  [Symbol.asyncDispose](): Promise<void>;
}
