/** What each look asked for becomes a number that does not flap. */

/** So long every look must ask for more before more are wanted: a burst of a few seconds is no load. */
const MORE_AFTER_MS = 20_000;
/** So long no look may ask for as many before fewer are wanted: stopping a replica moves its partitions. */
const FEWER_AFTER_MS = 300_000;

/**
 * The number follows up at once what was asked for by every look of the last 20 s, and down to the most that any look of the
 * last 5 min asked for, as the autoscalers of Kubernetes do. Bounded by the looks of those 5 min.
 */
export class SteadyNumber {
  #asked: { readonly atMs: number; readonly number: number }[] = [];
  #current: number | undefined;

  /** @param atMs of a clock that never runs backwards */
  follow(number: number, atMs: number): number {
    this.#asked.push({ atMs, number });
    this.#asked = this.#asked.filter((look) => look.atMs > atMs - FEWER_AFTER_MS);
    const since = (ms: number) =>
      this.#asked.filter((look) => look.atMs > atMs - ms).map((look) => look.number);
    const current = this.#current ?? number;
    const least = Math.min(...since(MORE_AFTER_MS));
    const most = Math.max(...since(FEWER_AFTER_MS));
    this.#current = least > current ? least : Math.min(current, most);
    return this.#current;
  }
}
