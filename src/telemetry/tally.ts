import type { Telemetry } from './events.ts';

/** A process's share of the work. */
export interface Share {
  readonly scored: number;
  readonly deadLettered: number;
  readonly skipped: number;
  /** From the first record taken to the last acknowledged outcome. */
  readonly seconds: number;
  readonly eventsPerSecond: number;
}

/** Adds up what this process did, followed from the events, for the summary at the end. */
export class Tally implements Pick<Telemetry, 'inFlight' | 'batchDelivered' | 'eventsSkipped'> {
  readonly #monotonicMs: () => number;
  #firstMs: number | undefined;
  #lastMs = 0;
  #scored = 0;
  #deadLettered = 0;
  #skipped = 0;

  constructor(monotonicMs: () => number = () => performance.now()) {
    this.#monotonicMs = monotonicMs;
  }

  inFlight(_bytes: number, events: number): void {
    if (events > 0) this.#firstMs ??= this.#monotonicMs();
  }

  batchDelivered({ scored, deadLettered }: { scored: number; deadLettered: number }): void {
    this.#scored += scored;
    this.#deadLettered += deadLettered;
    this.#lastMs = this.#monotonicMs();
  }

  eventsSkipped(_reason: string, count: number): void {
    this.#skipped += count;
    this.#lastMs = this.#monotonicMs();
  }

  /** Outcomes that were acknowledged so far, skipped events among them. */
  get events(): number {
    return this.#scored + this.#deadLettered + this.#skipped;
  }

  share(): Share {
    const seconds = this.#firstMs === undefined ? 0 : Math.max(0, this.#lastMs - this.#firstMs) / 1000;
    const { events } = this;
    return {
      scored: this.#scored,
      deadLettered: this.#deadLettered,
      skipped: this.#skipped,
      seconds: Math.round(seconds * 1000) / 1000,
      eventsPerSecond: seconds === 0 ? 0 : Math.round(events / seconds),
    };
  }
}
