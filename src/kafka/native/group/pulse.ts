import { Backoff, type Random } from '../cluster/backoff.ts';

const NEVER = Number.POSITIVE_INFINITY;

interface Beat {
  readonly request: number;
  readonly sentAtMs: number;
  readonly memberId: string;
  readonly generation: number;
}

/**
 * When the next heartbeat is due, and until when the group surely counts us in. A sign of life counts from when its request
 * was sent: the broker starts our session anew when it gets it, which is later, so we find ourselves lost before it gives
 * our partitions to others.
 */
export class Pulse {
  readonly #intervalMs: number;
  readonly #sessionMs: number;
  readonly #backoff: Backoff;
  #aliveAtMs = 0;
  #nextAtMs = 0;
  #beat: Beat | undefined;

  constructor(intervalMs: number, sessionMs: number, random: Random) {
    this.#intervalMs = intervalMs;
    this.#sessionMs = sessionMs;
    const maxMs = Math.min(intervalMs, sessionMs / 10);
    this.#backoff = new Backoff({ firstMs: Math.min(100, maxMs), maxMs, random });
  }

  get sessionEndsAtMs(): number {
    return this.#aliveAtMs + this.#sessionMs;
  }

  get dueAtMs(): number {
    return this.#beat === undefined ? this.#nextAtMs : NEVER;
  }

  get beat(): Beat | undefined {
    return this.#beat;
  }

  /** The group knew us when a request that was sent then reached it. */
  alive(sentAtMs: number): void {
    this.#aliveAtMs = Math.max(this.#aliveAtMs, sentAtMs);
  }

  restUntil(atMs: number): void {
    this.#nextAtMs = atMs;
  }

  sent(request: number, memberId: string, generation: number, nowMs: number): void {
    this.#beat = { request, sentAtMs: nowMs, memberId, generation };
    this.#nextAtMs = nowMs + this.#intervalMs;
  }

  /** The heartbeat on its way was answered: the group knows us. */
  answered(): void {
    this.alive(this.#beat!.sentAtMs);
    this.#beat = undefined;
    this.#backoff.reset();
  }

  /** It was not, or not by the coordinator: tried again soon, for the session goes on running out. */
  missed(nowMs: number): void {
    this.#beat = undefined;
    this.#nextAtMs = nowMs + this.#backoff.next();
  }

  /** What it says is about a membership that is over. */
  forget(): void {
    this.#beat = undefined;
  }
}
