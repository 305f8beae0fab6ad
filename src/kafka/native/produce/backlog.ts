import { Ghosts } from './ghosts.ts';
import { sequenceAfter } from './sequence.ts';
import type { Sequenced } from './sequenced.ts';

/** The batches of one partition that are not acknowledged, in order, and the numbers that are due to them. */
export class Backlog<B extends Sequenced> {
  /** Also has what was acknowledged before something ahead of it. */
  readonly #batches: B[] = [];
  readonly #ghosts = new Ghosts();
  /** The number that follows what has left. */
  #base = 0;

  get base(): number {
    return this.#base;
  }

  get all(): readonly B[] {
    return this.#batches;
  }

  add(batch: B): void {
    this.#batches.push(batch);
  }

  /** A new identity: all numbers begin again. */
  restart(): void {
    this.#base = 0;
    this.#ghosts.clear();
    for (const batch of this.#batches) batch.sequence = -1;
  }

  /** The first that is neither on its way nor acknowledged; -1 when there is none. */
  firstToSend(): number {
    return this.#batches.findIndex(({ inFlight, last }) => !inFlight && last !== 'written');
  }

  /** The number that the batch at `index` has when those before it keep theirs. */
  dueAt(index: number): number {
    const before = this.#batches[index - 1];
    return before === undefined ? this.#base : sequenceAfter(before.sequence, before.count);
  }

  /** The number to send the batch under, whose turn is at `due`. */
  numberFor(batch: B, due: number): number {
    // Rule 4: whatever number is due, an unknown outcome has to be answered for under its own.
    return batch.last === 'unknown' ? batch.sequence : this.#ghosts.numberFrom(due, batch.count);
  }

  /** The batch is not in the log under its number, which another may take. */
  disprove({ sequence }: B): void {
    this.#ghosts.disprove(sequence);
  }

  /** Puts the parts of a batch that was certainly refused in its place. */
  replace(batch: B, parts: readonly B[]): void {
    if (batch.doubt !== 'none') for (const part of parts) part.doubt = 'records';
    if (batch.doubt === 'numbers') this.#ghosts.add(batch);
    batch.last = 'refused';
    this.#batches.splice(this.#batches.indexOf(batch), 1, ...parts);
    // Where nothing is left of it, what stands behind may be acknowledged already.
    this.dropWritten();
  }

  /** Cuts what was never sent into parts that replace it, in order; `cut` returns undefined where nothing is to be cut. */
  cutUnsent(cut: (batch: B) => readonly B[] | undefined): void {
    for (let index = this.#batches.length - 1; index >= 0; index--) {
      const batch = this.#batches[index]!;
      const parts = batch.last === 'unsent' && !batch.inFlight ? cut(batch) : undefined;
      if (parts === undefined) continue;
      for (const part of parts) part.doubt = batch.doubt;
      this.#batches.splice(index, 1, ...parts);
    }
  }

  /** What is acknowledged and has nothing before it leaves. */
  dropWritten(): void {
    for (let head = this.#batches[0]; head?.last === 'written'; head = this.#batches[0]) {
      const { sequence, count } = head;
      this.#base = sequenceAfter(sequence, count);
      this.#batches.shift();
      this.#ghosts.taken(sequence, count);
    }
  }
}
