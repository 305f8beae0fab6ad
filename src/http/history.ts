import type { Column, HistoryView } from './api/replica.ts';
import { between, quantile } from './histogram.ts';
import type { Snapshot } from './readings.ts';

export const SAMPLE_EVERY_MS = 2_000;
/** A quarter of an hour. */
const CAPACITY = 450;
/** What rates and quantiles of a moment are taken over. */
const MOMENT_SAMPLES = 5;
/** What figures of "the last minute" are taken over. */
const MINUTE_SAMPLES = 30;

/** The metrics at one moment. The time of day may be set back; intervals and the order are by the clock that never is. */
export interface Look extends Snapshot {
  readonly monotonicMs: number;
}

interface Row {
  readonly atMs: number;
  readonly monotonicMs: number;
  readonly values: Readonly<Record<ColumnName, number | null>>;
}

const COLUMNS = [
  'scored',
  'deadLettered',
  'skipped',
  'lagRecords',
  'lagSeconds',
  'p50Seconds',
  'p99Seconds',
  'paused',
] as const;
type ColumnName = (typeof COLUMNS)[number];

/** The last quarter of an hour in samples two seconds apart, and the last minute whole, to compare with. */
export class History {
  #rows: Row[] = [];
  readonly #snapshots: Look[] = [];

  add(now: Look): void {
    const before = this.#snapshots.at(-1);
    this.#snapshots.push(now);
    if (this.#snapshots.length > MINUTE_SAMPLES + 1) this.#snapshots.shift();
    if (before === undefined) return;
    if (now.atMs <= before.atMs) this.#setBack(now);
    const { atMs, monotonicMs } = now;
    this.#rows.push({ atMs, monotonicMs, values: this.#valuesOf(before, now) });
    if (this.#rows.length > CAPACITY) this.#rows.shift();
  }

  /** The latest snapshot with the one of about ten seconds before; undefined until there are two. */
  get moment(): readonly [Look, Look] | undefined {
    return this.#last(MOMENT_SAMPLES);
  }

  /** The latest snapshot with the one of about a minute before; undefined until there are two. */
  get minute(): readonly [Look, Look] | undefined {
    return this.#last(MINUTE_SAMPLES);
  }

  /** @param sinceMs only samples after it; all when that is a time to come, as after the clock was set back */
  view(sinceMs: number): HistoryView {
    const isToCome = sinceMs > (this.#rows.at(-1)?.atMs ?? 0);
    const rows = isToCome ? this.#rows : this.#rows.filter(({ atMs }) => atMs > sinceMs);
    const columns = Object.fromEntries(
      COLUMNS.map((name) => [name, rows.map(({ values }) => values[name])]),
    ) as unknown as Record<ColumnName, Column>;
    return {
      everySeconds: SAMPLE_EVERY_MS / 1000,
      capacity: CAPACITY,
      atMs: rows.map(({ atMs }) => atMs),
      ...columns,
    };
  }

  /** What was sampled keeps its distance from now, so that no sample is of a time to come. */
  #setBack(now: Look): void {
    this.#rows = this.#rows.map((row) => ({ ...row, atMs: now.atMs - (now.monotonicMs - row.monotonicMs) }));
  }

  #last(samples: number): readonly [Look, Look] | undefined {
    const now = this.#snapshots.at(-1);
    const before = this.#snapshots.at(-1 - samples) ?? this.#snapshots[0];
    return now === undefined || before === undefined || before === now ? undefined : [before, now];
  }

  #valuesOf(before: Look, now: Look): Row['values'] {
    const seconds = secondsBetween(before, now);
    const moment = this.moment;
    const latency = moment?.[1].event && between(moment[0].event, moment[1].event);
    return {
      scored: (now.scored - before.scored) / seconds,
      deadLettered: (now.deadLettered - before.deadLettered) / seconds,
      skipped: (now.skipped - before.skipped) / seconds,
      lagRecords: now.lagRecords.size === 0 ? null : sum(now.lagRecords.values()),
      lagSeconds: now.lagSeconds.size === 0 ? null : Math.max(...now.lagSeconds.values()),
      p50Seconds: (latency && quantile(latency, 0.5)) ?? null,
      p99Seconds: (latency && quantile(latency, 0.99)) ?? null,
      paused: now.isPaused ? 1 : 0,
    };
  }
}

/** Of the clock that is never set. */
export function secondsBetween(before: Look, now: Look): number {
  return (now.monotonicMs - before.monotonicMs) / 1000;
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
