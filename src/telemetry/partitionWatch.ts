import type { Standing } from './events.ts';
import type { Metrics } from './metrics.ts';

interface Held {
  /** When its lease was granted, epoch milliseconds. */
  readonly grantedMs: number;
  /** When it was last known that nothing was left in it; -1 before the first time. */
  clearMs: number;
  committedOffset: number;
  /** Highest end that anybody told. */
  endOffset: number;
  /** The code for which it is read no further. */
  stopped: string | undefined;
}

/**
 * What is told of partitions while they are held. Another member shows them afterwards: a stale copy here would count twice.
 * Lag is worked out when somebody looks, so that it grows truthfully while nothing happens.
 */
export class PartitionWatch {
  readonly #metrics: Metrics;
  readonly #nowMs: () => number;
  readonly #held = new Map<number, Held>();
  #look: () => Iterable<Standing> = () => [];

  constructor(metrics: Metrics, nowMs: () => number) {
    this.#metrics = metrics;
    this.#nowMs = nowMs;
    metrics.leases.set(0);
  }

  standingsFrom(look: () => Iterable<Standing>): void {
    this.#look = look;
  }

  granted(partitions: readonly number[]): void {
    const grantedMs = this.#nowMs();
    for (const partition of partitions) {
      if (this.#held.has(partition)) continue;
      const none = { clearMs: -1, committedOffset: -1, endOffset: -1, stopped: undefined };
      this.#held.set(partition, { grantedMs, ...none });
    }
    this.#metrics.leases.set(this.#held.size);
  }

  gone(partitions: readonly number[]): void {
    const { lagRecords, lagSeconds, committedOffset, endOffset, stopped, leases } = this.#metrics;
    for (const partition of partitions) {
      const code = this.#held.get(partition)?.stopped;
      this.#held.delete(partition);
      for (const gauge of [lagRecords, lagSeconds, committedOffset, endOffset]) gauge.remove({ partition });
      if (code !== undefined) stopped.remove({ partition, code });
    }
    leases.set(this.#held.size);
  }

  stopped(partition: number, code: string): void {
    this.#metrics.stopped.set({ partition, code }, 1);
    const held = this.#held.get(partition);
    if (held !== undefined) held.stopped = code;
  }

  committed(partition: number, offset: number, endOffset: number): void {
    const held = this.#held.get(partition);
    // The answer to a commit may come after its lease has gone.
    if (held === undefined) return;
    held.committedOffset = offset;
    held.endOffset = Math.max(held.endOffset, endOffset);
  }

  logEnds(ends: ReadonlyMap<number, number>): void {
    for (const [partition, end] of ends) {
      const held = this.#held.get(partition);
      if (held !== undefined) held.endOffset = Math.max(held.endOffset, end);
    }
    // Whether anything is left is known best just now.
    this.show();
  }

  /** Sets what depends on the time. */
  show(): void {
    const nowMs = this.#nowMs();
    for (const standing of this.#look()) {
      const held = this.#held.get(standing.partition);
      if (held === undefined) continue;
      held.endOffset = Math.max(held.endOffset, standing.endOffset);
      const sinceMs = waitingSince(held, standing);
      if (sinceMs === undefined) held.clearMs = nowMs;
      this.#set(held, standing, sinceMs === undefined ? 0 : Math.max(0, nowMs - sinceMs));
    }
  }

  /** What is not known is not shown: 0 would be a claim. */
  #set({ committedOffset, endOffset }: Held, { partition, beginOffset }: Standing, lagMs: number): void {
    const metrics = this.#metrics;
    const goesOnAt = Math.max(committedOffset, beginOffset);
    if (committedOffset >= 0) metrics.committedOffset.set({ partition }, committedOffset);
    if (endOffset >= 0) metrics.endOffset.set({ partition }, endOffset);
    if (endOffset < 0 || goesOnAt < 0) return;
    metrics.lagSeconds.set({ partition }, lagMs / 1000);
    metrics.lagRecords.set({ partition }, Math.max(0, endOffset - goesOnAt));
  }
}

/**
 * Since when the oldest record without an outcome waits; undefined when there is none. One that was not fetched yet came after all
 * that was done before it, and after nothing was left: the later of the two is the nearest that can be known. With neither, it
 * waits since the lease was granted, or longer.
 */
function waitingSince(held: Held, standing: Standing): number | undefined {
  const { oldestMs, beginOffset, settledOffset, settledMs } = standing;
  if (oldestMs !== undefined && oldestMs >= 0) return oldestMs;
  const doneOffset = Math.max(beginOffset, settledOffset, held.committedOffset);
  if (oldestMs === undefined && doneOffset >= held.endOffset) return undefined;
  const knownMs = Math.max(settledMs, held.clearMs);
  return knownMs >= 0 ? knownMs : held.grantedMs;
}
