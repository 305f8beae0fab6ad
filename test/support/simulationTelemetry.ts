import type { TidemarkError } from '../../src/errors.ts';
import type { BatchClosed, ModelRows, SkipReason, Standing, Telemetry } from '../../src/telemetry/events.ts';
import type { LatencySheet } from '../../src/telemetry/latencySheet.ts';

/** Counts what tests ask about; tells nobody. */
export class SimulatedTelemetry implements Telemetry {
  readonly closed: BatchClosed[] = [];
  readonly skipped: Record<SkipReason, number> = { tombstone: 0, 'record-type': 0, command: 0 };
  readonly rejected: { code: string; detail: string; at: string; id: string | undefined }[] = [];
  /** Of rejected events that are traced. */
  readonly rejectedTraces: string[] = [];
  /** Of the frame of each rejected event. */
  readonly rejectedSchemas: (number | undefined)[] = [];
  readonly failedRequests: { path: string; cause: TidemarkError }[] = [];
  readonly traced = { traced: 0, overLimit: 0 };
  readonly inFlightBytes: number[] = [];
  readonly latenciesMs: number[] = [];
  readonly committedOffsets: { partition: number; offset: number; endOffset: number }[] = [];
  readonly refusedCommits: number[][] = [];
  readonly segments: {
    eventMs: number[];
    events: number;
    arrivalMs: number;
    scoreMs: number;
    produceMs: number;
  }[] = [];
  /** How far the partitions of the last pipeline that was started have come. */
  standings: () => Standing[] = () => [];
  missing = 0;
  unknown = 0;
  decided = 0;
  scored = 0;
  deadLettered = 0;

  stateChanged(): void {}
  started(): void {}
  listening(): void {}
  warned(): void {}
  leasesGranted(): void {}
  leasesEnding(): void {}
  leasesGone(): void {}
  partitionStopped(): void {}
  dependencyDown(): void {}
  dependencyUp(): void {}
  schemaLoaded(): void {}
  schemaUnusable(): void {}
  pausedByCommand(): void {}
  resumedByCommand(): void {}
  commandAnswered(): void {}
  commandIgnored(): void {}
  commandsUnheard(): void {}
  commandsHeard(): void {}
  fatal(): void {}
  logEnds(): void {}
  groupSeen(): void {}
  spansExported(): void {}
  spansLost(): void {}

  batchScored(facts: { closed: BatchClosed }): void {
    this.closed.push(facts.closed);
  }

  batchDelivered(facts: { scored: number; deadLettered: number }): void {
    this.scored += facts.scored;
    this.deadLettered += facts.deadLettered;
  }

  modelRan({ missing, unknown, decided }: ModelRows): void {
    for (const count of missing) this.missing += count;
    for (const count of unknown) this.unknown += count;
    for (const count of decided) this.decided += count;
  }

  latencies({ eventMs, timed, timedEnd, arrivalMs, scored, scoreMs, produceMs }: LatencySheet): void {
    this.latenciesMs.push(...eventMs.subarray(0, timed));
    for (const [segment, events] of scored.entries()) {
      const firstTimed = timedEnd[segment - 1] ?? 0;
      const of = [...eventMs.subarray(firstTimed, timedEnd[segment])];
      this.segments.push({ eventMs: of, events, arrivalMs: arrivalMs[segment], scoreMs, produceMs });
    }
  }

  standingsFrom(look: () => Iterable<Standing>): void {
    this.standings = () => [...look()];
  }

  eventsSkipped(reason: SkipReason, count: number): void {
    this.skipped[reason] += count;
  }

  eventRejected(
    code: string,
    detail: string,
    at: string,
    id: string | undefined,
    traceId?: string,
    schemaId?: number,
  ): void {
    this.rejected.push({ code, detail, at, id });
    this.rejectedSchemas.push(schemaId);
    if (traceId !== undefined) this.rejectedTraces.push(traceId);
  }

  requestFailed(path: string, cause: TidemarkError): void {
    this.failedRequests.push({ path, cause });
  }

  eventsTraced(traced: number, overLimit: number): void {
    this.traced.traced += traced;
    this.traced.overLimit += overLimit;
  }

  committed(partition: number, offset: number, endOffset: number): void {
    this.committedOffsets.push({ partition, offset, endOffset });
  }

  commitRefused(partitions: readonly number[]): void {
    this.refusedCommits.push([...partitions]);
  }

  inFlight(bytes: number): void {
    this.inFlightBytes.push(bytes);
  }
}
