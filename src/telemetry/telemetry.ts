import type { ErrorCode, TidemarkError } from '../errors.ts';
import { BoundedRate } from './boundedRate.ts';
import type { BatchClosed, Dependency, LifeState, SkipReason, SourcePosition, Telemetry } from './events.ts';
import type { Health } from './health.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { Tally } from './tally.ts';

export interface TelemetryParts {
  readonly log: Log;
  readonly metrics: Metrics;
  /** Follows the same events. */
  readonly health: Health;
  /** Follows the same events, for the summary at the end. */
  readonly tally?: Tally;
  /** Is told what is down and up again. */
  readonly pauses?: Pick<Telemetry, 'dependencyDown' | 'dependencyUp'>;
  /** Milliseconds that never run backwards. Default: the machine's. */
  readonly monotonicMs?: () => number;
}

/** Rejections logged per code in each window; all are counted. */
const REJECTIONS_LOGGED = 10;
const REJECTION_WINDOW_MS = 10_000;
const STATES: readonly LifeState['kind'][] = ['starting', 'running', 'paused', 'draining', 'stopped'];

/** Tells every event as its log line, its metrics and its part in health. Quiet: batches and commits are `debug`. */
export function createTelemetry(parts: TelemetryParts): Telemetry {
  return new Teller(parts);
}

class Teller implements Telemetry {
  readonly #log: Log;
  readonly #metrics: Metrics;
  readonly #health: Health;
  readonly #tally: Tally | undefined;
  readonly #pauses: TelemetryParts['pauses'];
  readonly #monotonicMs: () => number;
  readonly #rejectionRate = new BoundedRate(REJECTIONS_LOGGED, REJECTION_WINDOW_MS);
  readonly #held = new Set<number>();
  readonly #stopped = new Map<number, ErrorCode>();
  readonly #downSince = new Map<Dependency, { readonly sinceMs: number; code: ErrorCode }>();

  constructor(parts: TelemetryParts) {
    this.#log = parts.log;
    this.#metrics = parts.metrics;
    this.#health = parts.health;
    this.#tally = parts.tally;
    this.#pauses = parts.pauses;
    this.#monotonicMs = parts.monotonicMs ?? (() => performance.now());
    this.#showState('starting');
  }

  stateChanged(state: LifeState): void {
    this.#health.stateChanged(state);
    this.#showState(state.kind);
    if (state.kind === 'stopped') this.#tellSuppressed(true);
    this.#log.info({ event: 'state', ...state }, 'why' in state ? `${state.kind}: ${state.why}` : state.kind);
  }

  started(facts: Parameters<Telemetry['started']>[0]): void {
    const { pipeline, model: name, version, digest, client, delivery } = facts;
    this.#health.started();
    this.#metrics.pipelineInfo.set({ pipeline, client, delivery }, 1);
    this.#metrics.modelInfo.set({ name, version, digest }, 1);
    this.#log.info(
      { event: 'started', ...facts },
      `pipeline ${pipeline} scores with ${name} ${version} (${digest})`,
    );
  }

  listening({ host, port }: { host: string; port: number }): void {
    const at = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
    this.#log.info({ event: 'listening', host, port }, `metrics and health on http://${at}`);
  }

  warned(code: string, message: string): void {
    this.#health.warned(code, message);
    this.#metrics.warnings.inc({ code });
    this.#log.warn({ event: 'warning', code }, message);
  }

  leasesGranted(partitions: readonly number[], generation: number): void {
    this.#health.leasesGranted(partitions);
    for (const partition of partitions) this.#held.add(partition);
    this.#metrics.leases.set(this.#held.size);
    // A member that is granted nothing has no lease to read its generation from.
    if (generation >= 0) this.#metrics.generation.set(generation);
    const what = partitions.length === 0 ? 'no partitions' : `partitions ${partitions.join(', ')}`;
    this.#log.info({ event: 'leasesGranted', partitions, generation }, `granted ${what}`);
  }

  leasesEnding(partitions: readonly number[], withinMs: number): void {
    const message = `giving up partitions ${partitions.join(', ')} once their events in hand are done`;
    this.#log.info({ event: 'leasesEnding', partitions, withinMs }, message);
  }

  leasesGone(partitions: readonly number[], reason: string): void {
    this.#health.leasesGone(partitions, reason);
    for (const partition of partitions) {
      this.#held.delete(partition);
      // Another member shows these from now on; a stale copy here would count twice.
      this.#metrics.lag.remove({ partition });
      this.#metrics.committedOffset.remove({ partition });
      const code = this.#stopped.get(partition);
      if (code !== undefined) this.#metrics.stopped.remove({ partition, code });
      this.#stopped.delete(partition);
    }
    this.#metrics.leases.set(this.#held.size);
    this.#log.info(
      { event: 'leasesGone', partitions, reason },
      `partitions ${partitions.join(', ')} ${reason}`,
    );
  }

  partitionStopped(partition: number, cause: TidemarkError): void {
    this.#health.partitionStopped(partition, cause);
    this.#stopped.set(partition, cause.code);
    this.#metrics.stopped.set({ partition, code: cause.code }, 1);
    this.#log.error(
      { event: 'partitionStopped', partition, ...factsOf(cause) },
      `partition ${partition} is stopped, the others go on: ${cause.message}`,
    );
  }

  dependencyDown(what: Dependency, cause: TidemarkError): void {
    this.#health.dependencyDown(what, cause);
    this.#metrics.paused.set({ dependency: what }, 1);
    const known = this.#downSince.get(what);
    const isNews = known?.code !== cause.code;
    if (known === undefined) this.#downSince.set(what, { sinceMs: this.#monotonicMs(), code: cause.code });
    else known.code = cause.code;
    const facts = { event: 'dependencyDown', dependency: what, ...factsOf(cause) };
    this.#log[isNews ? 'warn' : 'debug'](facts, `${what} is down, waiting: ${cause.message}`);
    this.#pauses?.dependencyDown(what, cause);
  }

  dependencyUp(what: Dependency): void {
    this.#health.dependencyUp(what);
    this.#metrics.paused.set({ dependency: what }, 0);
    const known = this.#downSince.get(what);
    if (known === undefined) return;
    this.#downSince.delete(what);
    const seconds = Math.round((this.#monotonicMs() - known.sinceMs) / 100) / 10;
    this.#log.info(
      { event: 'dependencyUp', dependency: what, seconds },
      `${what} is back after ${seconds} s`,
    );
    this.#pauses?.dependencyUp(what);
  }

  schemaLoaded(schemaId: number, ms: number): void {
    this.#metrics.schemasLoaded.inc();
    this.#log.info(
      { event: 'schemaLoaded', schemaId, ms: Math.round(ms) },
      `writer schema ${schemaId} loaded`,
    );
  }

  schemaUnusable(schemaId: number, code: ErrorCode, detail: string): void {
    this.#health.schemaUnusable(schemaId, code, detail);
    this.#metrics.schemasUnusable.inc({ code });
    const message = `every event of writer schema ${schemaId} goes to the dead-letter topic: ${detail}`;
    this.#log.warn({ event: 'schemaUnusable', schemaId, code }, message);
  }

  batchScored(facts: { rows: number; closed: BatchClosed; scoreMs: number; oldestMs: number }): void {
    this.#metrics.batches.inc({ closed: facts.closed });
    this.#metrics.batchRows.observe(facts.rows);
    this.#metrics.batchWait.observe(facts.oldestMs / 1000);
    this.#metrics.score.observe(facts.scoreMs / 1000);
    this.#log.debug({ event: 'batchScored', ...facts }, 'batch scored');
  }

  batchDelivered(facts: { scored: number; deadLettered: number; bytes: number; ms: number }): void {
    this.#tally?.batchDelivered(facts);
    this.#metrics.events.inc({ outcome: 'scored' }, facts.scored);
    this.#metrics.events.inc({ outcome: 'dead_lettered' }, facts.deadLettered);
    this.#metrics.deliveredBytes.inc(facts.bytes);
    this.#metrics.delivery.observe(facts.ms / 1000);
    this.#log.debug({ event: 'batchDelivered', ...facts }, 'batch delivered');
  }

  latencies(ms: Float64Array, count: number): void {
    const { eventLatency, sloBreaches, sloP99Ms } = this.#metrics;
    const breaches = eventLatency.observe(ms, count, sloP99Ms ?? Number.POSITIVE_INFINITY);
    if (breaches > 0) sloBreaches?.inc(breaches);
  }

  eventsSkipped(reason: SkipReason, count: number): void {
    this.#tally?.eventsSkipped(reason, count);
    this.#metrics.events.inc({ outcome: 'skipped' }, count);
    this.#metrics.skips.inc({ reason }, count);
  }

  eventRejected(code: ErrorCode, detail: string, at: SourcePosition, id: string | undefined): void {
    this.#metrics.rejections.inc({ code });
    if (!this.#rejectionRate.allows(code, this.#monotonicMs())) return;
    this.#log.warn(
      { event: 'eventRejected', code, at, id },
      `${at} goes to the dead-letter topic: ${detail}`,
    );
  }

  committed(partition: number, offset: number, endOffset: number): void {
    // The answer to a commit may come after its lease has gone, and with it the partition's metrics.
    if (this.#held.has(partition)) {
      this.#metrics.committedOffset.set({ partition }, offset);
      this.#metrics.lag.set({ partition }, Math.max(0, endOffset - offset));
    }
    this.#tellSuppressed(false);
    this.#log.debug({ event: 'committed', partition, offset, endOffset }, 'committed');
  }

  commitRefused(partitions: readonly number[]): void {
    this.#metrics.commitsRefused.inc();
    const message = 'the group refused a commit: it has moved on, and these records are read again';
    this.#log.warn({ event: 'commitRefused', partitions }, message);
  }

  inFlight(bytes: number, events: number): void {
    this.#health.inFlight(bytes, events);
    this.#tally?.inFlight(bytes, events);
    this.#metrics.inFlightBytes.set(bytes);
    this.#metrics.inFlightEvents.set(events);
  }

  fatal(cause: TidemarkError): void {
    this.#health.fatal(cause);
    // An expected fault is told by its message and what to do; only a bug is looked for in the stack.
    const trace = cause.code === 'E-INTERNAL' ? { err: cause } : {};
    this.#log.fatal({ event: 'fatal', ...factsOf(cause), ...trace }, cause.message);
  }

  /** Commits come about once a second while there is progress, so what was held back is told soon after its window. */
  #tellSuppressed(all: boolean): void {
    for (const { key, count } of this.#rejectionRate.takeSuppressed(this.#monotonicMs(), all)) {
      this.#log.warn(
        { event: 'eventsRejected', code: key, count },
        `${count} more events rejected with ${key}`,
      );
    }
  }

  #showState(current: LifeState['kind']): void {
    for (const state of STATES) this.#metrics.state.set({ state }, state === current ? 1 : 0);
  }
}

function factsOf(error: TidemarkError): { code: ErrorCode; action: string; cause?: string } {
  const { code, action } = error;
  return error.cause instanceof Error ? { code, action, cause: error.cause.message } : { code, action };
}
