import type { BatchClosed, SkipReason, Telemetry } from '../../src/telemetry/events.ts';

/** Counts what tests ask about; tells nobody. */
export class SimulatedTelemetry implements Telemetry {
  readonly closed: BatchClosed[] = [];
  readonly skipped: Record<SkipReason, number> = { tombstone: 0, 'record-type': 0 };
  readonly rejected: { code: string; detail: string; at: string; id: string | undefined }[] = [];
  readonly inFlightBytes: number[] = [];
  readonly latenciesMs: number[] = [];
  readonly committedOffsets: { partition: number; offset: number; endOffset: number }[] = [];
  readonly refusedCommits: number[][] = [];
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
  fatal(): void {}

  batchScored(facts: { closed: BatchClosed }): void {
    this.closed.push(facts.closed);
  }

  batchDelivered(facts: { scored: number; deadLettered: number }): void {
    this.scored += facts.scored;
    this.deadLettered += facts.deadLettered;
  }

  latencies(ms: Float64Array, count: number): void {
    this.latenciesMs.push(...ms.subarray(0, count));
  }

  eventsSkipped(reason: SkipReason, count: number): void {
    this.skipped[reason] += count;
  }

  eventRejected(code: string, detail: string, at: string, id: string | undefined): void {
    this.rejected.push({ code, detail, at, id });
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
