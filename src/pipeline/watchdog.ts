import { TidemarkError } from '../errors.ts';
import type { Dependency } from '../telemetry/events.ts';
import type { Clock, Timer } from './ports.ts';

/** Looks per allowed silence. */
const LOOKS = 4;

/**
 * Ends the process when there is work in hand and no progress (P8). A stuck pipeline holds its partitions for ever while its
 * heartbeats go on, which no group protocol notices. The clock stops in a declared pause: a dependency that is down is not a
 * stuck pipeline.
 */
export class Watchdog {
  readonly #clock: Clock;
  readonly #allowedMs: number;
  readonly #inHand: () => string | undefined;
  readonly #bark: (cause: TidemarkError) => void;
  #silentSinceMs: number;
  #timer: Timer | undefined;
  readonly #down = new Set<Dependency>();

  /** @param inHand what is in hand, in words; undefined when nothing is */
  constructor(
    clock: Clock,
    allowedMs: number,
    inHand: () => string | undefined,
    bark: (cause: TidemarkError) => void,
  ) {
    this.#clock = clock;
    this.#allowedMs = allowedMs;
    this.#inHand = inHand;
    this.#bark = bark;
    this.#silentSinceMs = clock.monotonicMs();
  }

  start(): void {
    this.#timer = this.#clock.timer(this.#allowedMs / LOOKS, () => {
      this.#look();
      if (this.#timer !== undefined) this.start();
    });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** Something was read, scored, acknowledged or committed. */
  progressed(): void {
    this.#silentSinceMs = this.#clock.monotonicMs();
  }

  /** By name, not by count: a pause told twice and resumed once must not silence the watchdog for good. */
  paused(what: Dependency): void {
    this.#down.add(what);
  }

  resumed(what: Dependency): void {
    this.#down.delete(what);
    this.progressed();
  }

  #look(): void {
    const work = this.#inHand();
    if (work === undefined || this.#down.size > 0) {
      this.progressed();
      return;
    }
    const silentMs = this.#clock.monotonicMs() - this.#silentSinceMs;
    if (silentMs < this.#allowedMs) return;
    this.stop();
    this.#bark(
      new TidemarkError('E-WATCHDOG', `no progress for ${Math.round(silentMs)} ms with ${work} in hand`),
    );
  }
}
