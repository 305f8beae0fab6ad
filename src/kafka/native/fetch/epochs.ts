/**
 * Which leader wrote what was read (KIP-320). An offset alone does not name a record: after an unclean election another leader
 * may have written another record there. With the leader epoch of the last record read, in a commit (KIP-320) and in a
 * fetch (KIP-595), the broker sees that the log it has is not the log that was read.
 */

/** Older changes than this are forgotten: commits follow reading closely. */
const KEPT_CHANGES = 64;

/** The leader epochs of the batches of one partition that were read. */
export class EpochHistory {
  /** Each epoch with the offset from which on it was read, both ascending. */
  #changes: { readonly from: number; readonly epoch: number }[] = [];

  /** Everything read so far is forgotten: reading begins at `offset`, behind a record of `epoch` (-1 when unknown). */
  begin(offset: number, epoch: number): void {
    this.#changes = epoch < 0 ? [] : [{ from: Math.max(0, offset - 1), epoch }];
  }

  /** The batches read from `from` on are of `epoch`. */
  read(from: number, epoch: number): void {
    if (epoch < 0 || this.#changes.at(-1)?.epoch === epoch) return;
    this.#changes.push({ from, epoch });
    if (this.#changes.length > KEPT_CHANGES) this.#changes.shift();
  }

  /**
   * Up to where the log that was read is the log of a leader whose last epoch up to ours is `epoch`, ending at `endOffset`: what
   * we have of later epochs was written by leaders that it never followed, however long its own log is.
   */
  sharedUpTo(epoch: number, endOffset: number): number {
    const first = this.#changes.find((change) => change.epoch > epoch);
    return first === undefined ? endOffset : Math.min(endOffset, first.from);
  }

  /** The epoch of the last record below `offset`; -1 when unknown. */
  below(offset: number): number {
    return this.#changes.findLast(({ from }) => from < offset)?.epoch ?? -1;
  }
}
