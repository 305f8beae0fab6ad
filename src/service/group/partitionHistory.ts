import type { PartitionLook } from '../../kafka/inspect/groupLook.ts';

/** How a partition looked at one time. */
interface Sample {
  readonly atMs: number;
  readonly end: number;
  /** The committed offset, or the begin of the log where there is none. */
  readonly position: number;
  /** From `position`, or from where the log begins now when retention has passed that by, to the end. */
  readonly lag: number;
}

export interface Waited {
  readonly seconds: number;
  /** The samples do not reach back to when it arrived. */
  readonly isLeast: boolean;
}

export interface Rates {
  readonly arrivalPerSecond: number;
  readonly progressPerSecond: number;
  readonly overSeconds: number;
}

/**
 * The last looks at one partition, from which its rates follow. Begins anew when an offset went back (the topic was made anew,
 * the group was moved to another place), as nothing before can be compared with what comes after.
 */
export class PartitionHistory {
  readonly #most: number;
  #samples: Sample[] = [];
  #look: PartitionLook;
  #owner: string | undefined;
  /** Since when events have waited without progress. */
  #stillSinceMs: number | undefined;

  /** @param most samples that are kept */
  constructor(partition: number, most: number) {
    this.#most = most;
    this.#look = { partition };
  }

  get look(): PartitionLook {
    return this.#look;
  }

  get owner(): string | undefined {
    return this.#owner;
  }

  /** Undefined while it is not known. */
  get lag(): number | undefined {
    const last = this.#samples.at(-1);
    return last === undefined || this.#look.end === undefined ? undefined : last.lag;
  }

  add(look: PartitionLook, owner: string | undefined, atMs: number): void {
    const before = this.#samples.at(-1);
    const began = (this.#look.committed === undefined) !== (look.committed === undefined);
    const handedOver = owner !== this.#owner;
    this.#look = look;
    this.#owner = owner;
    // Without a leader there is nothing to compare; what was known is as good as it was.
    if (look.end === undefined || look.low === undefined) return;
    // Committed offsets are asked for beside the ends, and may be a moment newer.
    const position = look.committed ?? look.low;
    const end = Math.max(look.end, position);
    const sample = { atMs, end, position, lag: end - Math.max(position, look.low) };
    const wentBack = before !== undefined && (sample.end < before.end || position < before.position);
    if (wentBack || began) this.#samples = [];
    const moved = before === undefined || position !== before.position;
    if (sample.lag === 0) this.#stillSinceMs = undefined;
    // Whoever has just got it may need time to begin.
    else if (moved || handedOver || this.#stillSinceMs === undefined) this.#stillSinceMs = atMs;
    this.#samples.push(sample);
    if (this.#samples.length > this.#most) this.#samples.shift();
  }

  stillSeconds(nowMs: number): number {
    return this.#stillSinceMs === undefined ? 0 : (nowMs - this.#stillSinceMs) / 1000;
  }

  /** Over the longest time within `windowMs` that was looked at; undefined before the second look. */
  rates(windowMs: number): Rates | undefined {
    const last = this.#samples.at(-1);
    const first = this.#samples.find(({ atMs }) => last !== undefined && atMs >= last.atMs - windowMs);
    if (last === undefined || first === undefined || first === last) return undefined;
    const overSeconds = (last.atMs - first.atMs) / 1000;
    return {
      arrivalPerSecond: (last.end - first.end) / overSeconds,
      progressPerSecond: (last.position - first.position) / overSeconds,
      overSeconds,
    };
  }

  /** Events at the begin of that window that had no outcome yet. */
  lagBefore(windowMs: number): number {
    const last = this.#samples.at(-1);
    const first = this.#samples.find(({ atMs }) => last !== undefined && atMs >= last.atMs - windowMs);
    return first === undefined ? 0 : first.lag;
  }

  /**
   * For how long the oldest event without an outcome had waited at the last look, for nobody knows whether it waits now: since
   * the log's end passed its offset, between two looks by interpolation.
   */
  waited(): Waited | undefined {
    const last = this.#samples.at(-1);
    if (last === undefined) return undefined;
    const { position } = last;
    if (last.lag === 0) return { seconds: 0, isLeast: false };
    const after = this.#samples.findIndex(({ end }) => end > position);
    const later = this.#samples[after]!;
    const earlier = this.#samples[after - 1];
    if (earlier === undefined) {
      return this.#samples.length === 1
        ? undefined
        : { seconds: (last.atMs - later.atMs) / 1000, isLeast: true };
    }
    const share = (position - earlier.end) / (later.end - earlier.end);
    const arrivedMs = earlier.atMs + share * (later.atMs - earlier.atMs);
    return { seconds: (last.atMs - arrivedMs) / 1000, isLeast: false };
  }
}
