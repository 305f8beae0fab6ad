/** How much of a delay is made up for, ms: what a longer stall held up is emitted later, at the pace that was asked for. */
const MOST_MADE_UP_MS = 1_000;

/**
 * When events are due. It counts from the start, not from one batch to the next, so that late timers do not add up to a slower
 * pace; only a stall that is too long to make up for moves the start.
 */
export class Pace {
  readonly #perMs: number;
  #startMs: number;
  #taken = 0;
  /** How long events have waited for long stalls to end. */
  forgivenMs = 0;

  /** @param perSecond Infinity for as many as can be; @param startMs of a clock that never runs backwards */
  constructor(perSecond: number, startMs: number) {
    this.#perMs = perSecond / 1000;
    this.#startMs = startMs;
  }

  /** Takes the events that are due by now, at most `limit`. */
  take(nowMs: number, limit: number): number {
    if (this.#perMs === Number.POSITIVE_INFINITY) return limit;
    const lateMs = nowMs - this.#startMs - this.#taken / this.#perMs;
    if (lateMs > MOST_MADE_UP_MS) {
      this.#startMs += lateMs - MOST_MADE_UP_MS;
      this.forgivenMs += lateMs - MOST_MADE_UP_MS;
    }
    const due = Math.floor((nowMs - this.#startMs) * this.#perMs) + 1 - this.#taken;
    const count = Math.max(0, Math.min(due, limit));
    this.#taken += count;
    return count;
  }

  /** Milliseconds until the next event is due, 0 when it is. */
  untilNext(nowMs: number): number {
    if (this.#perMs === Number.POSITIVE_INFINITY) return 0;
    return Math.max(0, this.#startMs + this.#taken / this.#perMs - nowMs);
  }
}
