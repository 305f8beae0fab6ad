/**
 * What read_committed hides (KIP-98). A broker sends the records of aborted transactions too, up to the last stable offset, and
 * with them a list of the aborted transactions that reach into them: producer and first offset. Where one ends is told
 * by its marker alone. Transactions of several producers interleave, and one producer may have a committed transaction right
 * behind an aborted one, so neither the list nor the markers say enough alone.
 */
import type { TransactionFilter } from '../wire/batchReader.ts';

export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
}

/** For the records of one fetch, in their order: each fetch has a list of its own, which is whole. */
export class AbortedFilter implements TransactionFilter {
  /** By first offset; the protocol promises no order. */
  readonly #transactions: readonly AbortedTransaction[];
  /** Those that began beyond where reading is. */
  #ahead = 0;
  readonly #aborting = new Set<number>();

  constructor(transactions: readonly AbortedTransaction[]) {
    this.#transactions = transactions.toSorted((one, other) => one.firstOffset - other.firstOffset);
  }

  isAborted(producerId: number, _baseOffset: number, lastOffset: number): boolean {
    this.#reach(lastOffset);
    return this.#aborting.has(producerId);
  }

  ended(producerId: number, type: 'commit' | 'abort', offset: number): void {
    // Also when its records are gone by compaction and only the marker is left: what follows it is another transaction.
    this.#reach(offset);
    if (type === 'abort') this.#aborting.delete(producerId);
  }

  #reach(offset: number): void {
    for (; this.#ahead < this.#transactions.length; this.#ahead++) {
      const { producerId, firstOffset } = this.#transactions[this.#ahead]!;
      if (firstOffset > offset) return;
      this.#aborting.add(producerId);
    }
  }
}
