import type { TidemarkError } from '../../../errors.ts';

/** A leader moves within a few tries; telling each move would bury the outages. */
const UNTOLD_MS = 1_000;

export interface TroubleEvents {
  down(cause: TidemarkError): void;
  up(): void;
}

/** What cannot be fetched just now, told once it lasts, and once it is over for all. */
export class Trouble<Key> {
  readonly #events: TroubleEvents;
  readonly #untoldMs: number;
  readonly #sinceMs = new Map<Key, number>();
  #told = false;

  constructor(events: TroubleEvents, untoldMs = UNTOLD_MS) {
    this.#events = events;
    this.#untoldMs = untoldMs;
  }

  /** Another attempt failed. */
  failed(key: Key, cause: TidemarkError): void {
    const nowMs = performance.now();
    const sinceMs = this.#sinceMs.get(key) ?? nowMs;
    this.#sinceMs.set(key, sinceMs);
    if (this.#told || nowMs - sinceMs < this.#untoldMs) return;
    this.#told = true;
    this.#events.down(cause);
  }

  /** An attempt succeeded, or there is no reason for one any more. */
  over(key: Key): void {
    if (!this.#sinceMs.delete(key) || this.#sinceMs.size > 0 || !this.#told) return;
    this.#told = false;
    this.#events.up();
  }
}
