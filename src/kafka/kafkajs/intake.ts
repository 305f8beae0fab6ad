import type { Block } from '../../pipeline/ports.ts';

/** Something that can give a block when asked. */
export interface Offer {
  /** @returns undefined when there is nothing to give after all: the lease ended meanwhile. */
  take(): Block | undefined;
  release(block: Block): void;
}

/**
 * Where partitions offer and the pipeline takes. Offers are made into blocks only when asked for, and a partition has at
 * most one offer or one block out, so what waits here is bounded by the number of leases.
 */
export class Intake {
  readonly #offers: Offer[] = [];
  readonly #out = new Map<Block, Offer>();
  #waiting: ((block: Block | undefined) => void) | undefined;
  #closed = false;

  offer(offer: Offer): void {
    this.#offers.push(offer);
    if (this.#waiting === undefined) return;
    const block = this.#take();
    if (block === undefined) return;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting(block);
  }

  /** The next block of whoever offered first; undefined once closed. */
  next(): Promise<Block | undefined> {
    if (this.#closed) return Promise.resolve(undefined);
    const block = this.#take();
    if (block !== undefined) return Promise.resolve(block);
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  release(block: Block): void {
    const offer = this.#out.get(block);
    if (offer === undefined) return;
    this.#out.delete(block);
    offer.release(block);
  }

  close(): void {
    this.#closed = true;
    this.#offers.length = 0;
    this.#waiting?.(undefined);
    this.#waiting = undefined;
  }

  #take(): Block | undefined {
    for (let offer = this.#offers.shift(); offer !== undefined; offer = this.#offers.shift()) {
      const block = offer.take();
      if (block === undefined) continue;
      this.#out.set(block, offer);
      return block;
    }
    return undefined;
  }
}
