/** Numbers of [0, 1), from wherever the caller wants them: a seed in tests. */
export type Random = () => number;

export interface BackoffOptions {
  readonly firstMs: number;
  readonly maxMs: number;
  readonly random?: Random;
}

/**
 * Delays between attempts: exponential, with full jitter. Without jitter, members that lost a broker together come back
 * together, for ever in step; full jitter spreads them evenly over the whole delay (KIP-580 has 20 % only).
 */
export class Backoff {
  readonly #firstMs: number;
  readonly #maxMs: number;
  readonly #random: Random;
  #ceilingMs: number;

  constructor({ firstMs, maxMs, random = Math.random }: BackoffOptions) {
    this.#firstMs = firstMs;
    this.#maxMs = maxMs;
    this.#random = random;
    this.#ceilingMs = firstMs;
  }

  /** How long to wait before the next attempt, in milliseconds. */
  next(): number {
    const ceilingMs = this.#ceilingMs;
    this.#ceilingMs = Math.min(this.#maxMs, ceilingMs * 2);
    return this.#random() * ceilingMs;
  }

  /** An attempt succeeded. */
  reset(): void {
    this.#ceilingMs = this.#firstMs;
  }
}
