import type { Counter, Gauge } from 'prom-client';
import { PAUSE_REASONS } from './catalogue/service.ts';

export type PauseReason = (typeof PAUSE_REASONS)[number];

/** What work waits for, and for how long it has. */
export class PauseTimes {
  readonly #paused: Gauge<'reason'>;
  readonly #seconds: Counter<'reason'>;
  readonly #monotonicMs: () => number;
  /** By reason, up to when the time is counted. */
  readonly #countedMs = new Map<PauseReason, number>();

  constructor(
    { paused, pausedSeconds }: { paused: Gauge<'reason'>; pausedSeconds: Counter<'reason'> },
    monotonicMs: () => number,
  ) {
    this.#paused = paused;
    this.#seconds = pausedSeconds;
    this.#monotonicMs = monotonicMs;
    for (const reason of PAUSE_REASONS) paused.set({ reason }, 0);
  }

  /** Telling it twice is telling it once. */
  begin(reason: PauseReason): void {
    if (this.#countedMs.has(reason)) return;
    this.#countedMs.set(reason, this.#monotonicMs());
    this.#paused.set({ reason }, 1);
  }

  end(reason: PauseReason): void {
    this.count();
    this.#countedMs.delete(reason);
    this.#paused.set({ reason }, 0);
  }

  /** Counts what has passed since it was counted last. */
  count(): void {
    const nowMs = this.#monotonicMs();
    for (const [reason, sinceMs] of this.#countedMs) {
      this.#seconds.inc({ reason }, (nowMs - sinceMs) / 1000);
      this.#countedMs.set(reason, nowMs);
    }
  }
}
