import type { ErrorCode, TidemarkError } from '../errors.ts';
import type { Chronicle } from './chronicle.ts';
import { CommandLog } from './commandLog.ts';
import { countLatencies } from './countLatencies.ts';
import type {
  BatchClosed,
  Dependency,
  HeldByCommand,
  LifeState,
  ModelRows,
  SkipReason,
  SourcePosition,
  Standing,
  StartFacts,
  Telemetry,
} from './events.ts';
import { bugOf, factsOf } from './faultFacts.ts';
import { type GroupFacts, showGroup } from './groupFacts.ts';
import type { Health } from './health.ts';
import type { LatencySheet } from './latencySheet.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import { ModelWatch } from './modelWatch.ts';
import { OutageLog } from './outageLog.ts';
import { PartitionWatch } from './partitionWatch.ts';
import { PauseTimes } from './pauseTimes.ts';
import { ProcessGauges } from './processGauges.ts';
import { RejectionLog } from './rejectionLog.ts';
import { RequestLog } from './requestLog.ts';
import { SpanCounts } from './spanCounts.ts';
import type { Tally } from './tally.ts';

export interface TelemetryParts {
  readonly log: Log;
  readonly metrics: Metrics;
  /** Follows the same events. */
  readonly health: Health;
  /** Follows the same events, for the console. */
  readonly chronicle: Chronicle;
  /** Follows the same events, for the summary at the end. */
  readonly tally: Tally;
  /** Is told what is down and up again. */
  readonly pauses: Pick<Telemetry, 'dependencyDown' | 'dependencyUp'>;
  /** Milliseconds that never run backwards. Default: the machine's. */
  readonly monotonicMs?: () => number;
  /** Epoch milliseconds. Default: the machine's. */
  readonly nowMs?: () => number;
}

/** Tells every event as its log line, its metrics and its part in health. Quiet: batches and commits are `debug`. */
export function createTelemetry(parts: TelemetryParts): Telemetry {
  return new Teller(parts);
}

class Teller implements Telemetry {
  readonly #log: Log;
  readonly #metrics: Metrics;
  readonly #health: Health;
  readonly #chronicle: Chronicle;
  readonly #tally: Tally;
  readonly #pauses: TelemetryParts['pauses'];
  readonly #rejections: RejectionLog;
  readonly #outages: OutageLog;
  readonly #requests: RequestLog;
  readonly #commands: CommandLog;
  readonly #spans: SpanCounts;
  readonly #process: ProcessGauges;
  readonly #partitions: PartitionWatch;
  readonly #model: ModelWatch;
  readonly #pauseTimes: PauseTimes;

  constructor(parts: TelemetryParts) {
    this.#log = parts.log;
    this.#metrics = parts.metrics;
    this.#health = parts.health;
    this.#chronicle = parts.chronicle;
    this.#tally = parts.tally;
    this.#pauses = parts.pauses;
    const monotonicMs = parts.monotonicMs ?? (() => performance.now());
    this.#rejections = new RejectionLog(parts.log, monotonicMs);
    this.#outages = new OutageLog(parts.log, monotonicMs);
    this.#requests = new RequestLog(parts.log, monotonicMs);
    this.#commands = new CommandLog(parts.log);
    this.#spans = new SpanCounts(parts.log, parts.metrics, monotonicMs);
    this.#process = new ProcessGauges(parts.metrics);
    this.#partitions = new PartitionWatch(parts.metrics, parts.nowMs ?? Date.now);
    this.#model = new ModelWatch(parts.metrics);
    this.#pauseTimes = new PauseTimes(parts.metrics, monotonicMs);
    parts.metrics.registry.beforeScrape(() => this.#showNow());
  }

  stateChanged(state: LifeState): void {
    this.#health.stateChanged(state);
    this.#chronicle.stateChanged(state);
    this.#process.state(state.kind);
    if (state.kind === 'stopped') this.#rejections.tellSuppressed(true);
    this.#log.info({ event: 'state', ...state }, 'why' in state ? `${state.kind}: ${state.why}` : state.kind);
  }

  started(facts: StartFacts): void {
    const { pipeline, client, delivery, model } = facts;
    const { name, version, digest, rowsPerRun } = model;
    this.#health.started();
    this.#chronicle.started(facts);
    this.#process.started(facts);
    this.#model.began(model);
    this.#log.info(
      { event: 'started', pipeline, model: name, version, digest, client, delivery, rowsPerRun },
      `pipeline ${pipeline} scores with ${name} ${version} (${digest})`,
    );
  }

  listening({ host, port }: { host: string; port: number }): void {
    const at = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
    this.#log.info({ event: 'listening', host, port }, `console, metrics and health on http://${at}`);
  }

  warned(code: string, message: string): void {
    this.#health.warned(code, message);
    this.#metrics.warnings.inc({ code });
    this.#log.warn({ event: 'warning', code }, message);
  }

  leasesGranted(partitions: readonly number[], generation: number): void {
    this.#health.leasesGranted(partitions);
    this.#partitions.granted(partitions);
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
    this.#partitions.gone(partitions);
    this.#log.info(
      { event: 'leasesGone', partitions, reason },
      `partitions ${partitions.join(', ')} ${reason}`,
    );
  }

  partitionStopped(partition: number, cause: TidemarkError): void {
    this.#health.partitionStopped(partition, cause);
    this.#partitions.stopped(partition, cause.code);
    this.#log.error(
      { event: 'partitionStopped', partition, ...factsOf(cause) },
      `partition ${partition} is stopped, the others go on: ${cause.message}`,
    );
  }

  dependencyDown(what: Dependency, cause: TidemarkError): void {
    this.#health.dependencyDown(what, cause);
    this.#chronicle.dependencyDown(what, cause);
    this.#pauseTimes.begin(what);
    this.#outages.down(what, cause);
    this.#pauses.dependencyDown(what, cause);
  }

  dependencyUp(what: Dependency): void {
    this.#health.dependencyUp(what);
    this.#chronicle.dependencyUp(what);
    this.#pauseTimes.end(what);
    if (this.#outages.up(what)) this.#pauses.dependencyUp(what);
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
    this.#metrics.batchRows.observeSame(facts.rows, 1);
    this.#log.debug({ event: 'batchScored', ...facts }, 'batch scored');
  }

  batchDelivered(facts: { scored: number; deadLettered: number; bytes: number; ms: number }): void {
    this.#tally.batchDelivered(facts);
    this.#metrics.events.inc({ outcome: 'scored' }, facts.scored);
    this.#metrics.events.inc({ outcome: 'dead_lettered' }, facts.deadLettered);
    this.#metrics.deliveredBytes.inc(facts.bytes);
    this.#log.debug({ event: 'batchDelivered', ...facts }, 'batch delivered');
  }

  modelRan(rows: ModelRows): void {
    this.#model.ran(rows);
  }

  latencies(sheet: LatencySheet): void {
    countLatencies(this.#metrics, sheet);
  }

  eventsSkipped(reason: SkipReason, count: number): void {
    this.#tally.eventsSkipped(reason, count);
    this.#metrics.events.inc({ outcome: 'skipped' }, count);
    this.#metrics.skips.inc({ reason }, count);
  }

  eventRejected(
    code: ErrorCode,
    detail: string,
    at: SourcePosition,
    id: string | undefined,
    traceId?: string,
    schemaId?: number,
  ): void {
    this.#metrics.rejections.inc({ code });
    this.#chronicle.eventRejected(code, detail, at, id, traceId, schemaId);
    this.#rejections.tell(code, detail, at, id, traceId);
  }

  standingsFrom(look: () => Iterable<Standing>): void {
    this.#partitions.standingsFrom(look);
  }

  logEnds(ends: ReadonlyMap<number, number>): void {
    this.#partitions.logEnds(ends);
  }

  eventsTraced(traced: number, overLimit: number): void {
    this.#spans.traced(traced, overLimit);
  }

  spansExported(count: number): void {
    this.#spans.exported(count);
  }

  spansLost(count: number, why: string): void {
    this.#spans.lost(count, why);
  }

  committed(partition: number, offset: number, endOffset: number): void {
    this.#partitions.committed(partition, offset, endOffset);
    // Commits come about once a second while there is progress, so what was held back is told soon after its window.
    this.#rejections.tellSuppressed(false);
    this.#log.debug({ event: 'committed', partition, offset, endOffset }, 'committed');
  }

  commitRefused(partitions: readonly number[]): void {
    this.#metrics.commitsRefused.inc();
    const message = 'the group refused a commit: it has moved on, and these records are read again';
    this.#log.warn({ event: 'commitRefused', partitions }, message);
  }

  groupSeen(facts: GroupFacts | undefined): void {
    showGroup(this.#metrics, facts);
  }

  inFlight(bytes: number, events: number): void {
    this.#health.inFlight(bytes, events);
    this.#tally.inFlight(bytes, events);
    this.#process.inFlight(bytes, events);
  }

  pausedByCommand(held: HeldByCommand): void {
    this.#health.pausedByCommand(held);
    this.#chronicle.pausedByCommand(held);
    this.#pauseTimes.begin('command');
    this.#commands.paused(held);
  }

  resumedByCommand(): void {
    this.#health.resumedByCommand();
    this.#chronicle.resumedByCommand();
    this.#pauseTimes.end('command');
    this.#commands.resumed();
  }

  commandAnswered(facts: Parameters<Telemetry['commandAnswered']>[0]): void {
    this.#commands.answered(facts);
  }

  commandIgnored(at: SourcePosition, problem: string): void {
    this.#commands.ignored(at, problem);
  }

  commandsUnheard(cause: TidemarkError): void {
    this.#health.commandsUnheard(cause);
    this.#commands.unheard(cause);
  }

  commandsHeard(): void {
    this.#health.commandsHeard();
    this.#commands.heard();
  }

  requestFailed(path: string, cause: TidemarkError): void {
    this.#requests.failed(path, cause);
  }

  fatal(cause: TidemarkError): void {
    this.#health.fatal(cause);
    this.#log.fatal({ event: 'fatal', ...factsOf(cause), ...bugOf(cause) }, cause.message);
  }

  /** What changes too often to be told each time, or by itself. */
  #showNow(): void {
    this.#partitions.show();
    this.#pauseTimes.count();
    this.#process.show();
  }
}
