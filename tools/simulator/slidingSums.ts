const FIRST_CAPACITY = 16;

/**
 * What happened to one customer or terminal, kept as long as the oldest of a few ages, with how many entries are older than
 * each age and what they sum to. A window is then the difference between two ages, and moving on costs only the entries
 * that cross an age. Sums are exact for whole numbers.
 */
export class SlidingSums {
  /** Entries that are at least `ages[i]` seconds old, since the beginning, and the sum of their values. */
  readonly olderCount: Float64Array;
  readonly olderSum: Float64Array;
  /** All entries since the beginning, and the sum of their values. */
  count = 0;
  sum = 0;
  readonly #ages: readonly number[];
  #seconds = new Int32Array(FIRST_CAPACITY);
  #values = new Int32Array(FIRST_CAPACITY);

  /** @param ages in seconds, ascending; entries past the last one are forgotten. */
  constructor(ages: readonly number[]) {
    this.#ages = ages;
    this.olderCount = new Float64Array(ages.length);
    this.olderSum = new Float64Array(ages.length);
  }

  /** Moves to `second`, which never goes back. An entry exactly as old as an age is older: windows are open at their start. */
  advance(second: number): void {
    const mask = this.#seconds.length - 1;
    for (let age = 0; age < this.#ages.length; age++) {
      const bound = second - this.#ages[age]!;
      let index = this.olderCount[age]!;
      while (index < this.count && this.#seconds[index & mask]! <= bound) {
        this.olderSum[age]! += this.#values[index & mask]!;
        index++;
      }
      this.olderCount[age] = index;
    }
  }

  /** Adds an entry at the second last moved to. */
  add(second: number, value: number): void {
    const oldest = this.olderCount[this.#ages.length - 1]!;
    if (this.count - oldest === this.#seconds.length) this.#grow(oldest);
    const slot = this.count & (this.#seconds.length - 1);
    this.#seconds[slot] = second;
    this.#values[slot] = value;
    this.count++;
    this.sum += value;
  }

  #grow(oldest: number): void {
    const mask = this.#seconds.length - 1;
    const seconds = new Int32Array(2 * this.#seconds.length);
    const values = new Int32Array(seconds.length);
    for (let index = oldest; index < this.count; index++) {
      seconds[index & (seconds.length - 1)] = this.#seconds[index & mask]!;
      values[index & (values.length - 1)] = this.#values[index & mask]!;
    }
    this.#seconds = seconds;
    this.#values = values;
  }
}
