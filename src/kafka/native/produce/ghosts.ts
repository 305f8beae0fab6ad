import { sequenceAfter, sequenceDistance } from './sequence.ts';

interface Ghost {
  readonly sequence: number;
  readonly count: number;
}

/**
 * Batches that may have been written, and yet were refused for what is in them when they were sent again. What follows takes
 * their numbers; and a broker takes a batch for the repetition of another one with the same first number and the same count,
 * so that it might answer "written" for records it has never seen. Therefore what would take the very place of a ghost is
 * numbered as if the ghost were in the log: then it is taken only if that is so, and is else called out of order.
 */
export class Ghosts {
  #all: Ghost[] = [];

  add({ sequence, count }: Ghost): void {
    this.#all.push({ sequence, count });
  }

  clear(): void {
    this.#all = [];
  }

  /** The number for a batch whose turn is at `due`. */
  numberFrom(due: number, count: number): number {
    let sequence = due;
    while (this.#all.some((ghost) => ghost.sequence === sequence && ghost.count === count))
      sequence = sequenceAfter(sequence, count);
    return sequence;
  }

  /** A batch with this number was out of order: the ghost before it is not in the log. */
  disprove(next: number): void {
    this.#all = this.#all.filter(({ sequence, count }) => sequenceAfter(sequence, count) !== next);
  }

  /** These numbers are in the log: the ghost among them is not, nor is any that came after it; one before them is past. */
  taken(sequence: number, count: number): void {
    if (this.#all.some((ghost) => sequenceDistance(sequence, ghost.sequence) < count)) this.clear();
    else this.#all = this.#all.filter((ghost) => sequenceDistance(sequence, ghost.sequence) < HALF_OF_ALL);
  }
}

/** Numbers go round: what is farther ahead than this lies behind. */
const HALF_OF_ALL = 2 ** 30;
