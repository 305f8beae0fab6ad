import { BoundedRate } from '../telemetry/boundedRate.ts';

const WINDOW_MS = 1000;
const EVENTS = 'events';

/**
 * Which events are traced: those whose producer traces them, and of the others a random share; together at most so many a
 * second, or a producer that traces everything would decide what this process does.
 */
export class TraceSampling {
  readonly #share: number;
  readonly #random: () => number;
  readonly #rate: BoundedRate;
  /** Events until the next one that is taken by chance; the draw is one per event taken, not one per event. */
  #untilChance: number;

  /** @param share of events that their producer does not trace, 0 to 1 */
  constructor(share: number, maxPerSecond: number, random: () => number) {
    this.#share = share;
    this.#random = random;
    this.#rate = new BoundedRate(maxPerSecond, WINDOW_MS);
    this.#untilChance = this.#drawGap();
  }

  /** Whether to trace an event, `nowMs` being monotonic. */
  takes(isSampled: boolean, nowMs: number): boolean {
    if (!isSampled) {
      if (--this.#untilChance > 0) return false;
      this.#untilChance = this.#drawGap();
    }
    return this.#rate.allows(EVENTS, nowMs);
  }

  /** How many were to be traced and were too many, in seconds that are over; told once. To be asked now and then. */
  takeRefused(nowMs: number): number {
    const [refused] = this.#rate.takeSuppressed(nowMs);
    return refused?.count ?? 0;
  }

  /** How many events a coin of this share would be thrown for until it falls on its side (geometric distribution). */
  #drawGap(): number {
    if (this.#share === 0) return Number.POSITIVE_INFINITY;
    return Math.floor(Math.log1p(-this.#random()) / Math.log1p(-this.#share)) + 1;
  }
}
