import type { Cursor } from './fill.ts';
import type { InHand } from './inHand.ts';
import type { Block, Lease, RowReaders, Source } from './ports.ts';

export interface IntakeParts {
  readonly source: Source;
  readonly readers: RowReaders;
  readonly inHand: InHand;
  /** Nothing is asked for while this many bytes or more are in hand. */
  readonly maxInFlightBytes: number;
}

export interface IntakeEvents {
  /** There is something to read. */
  arrived(): void;
  /** The source has stopped: nothing more will come. */
  ended(): void;
  failed(cause: unknown): void;
}

/**
 * Blocks on their way from the source to the open batch: asked for within the budget (P4), read in turn, set aside while the
 * schema of their next record is fetched (P7).
 */
export class Intake {
  readonly #parts: IntakeParts;
  readonly #events: IntakeEvents;
  /** Oldest first. */
  #toRead: Cursor[] = [];
  /** By the schema id they wait for: one fetch serves them all, and no rebalance can pile up more. */
  readonly #waiting = new Map<number, Cursor[]>();
  #asking = false;
  #closed = false;

  constructor(parts: IntakeParts, events: IntakeEvents) {
    this.#parts = parts;
    this.#events = events;
  }

  /** Asks for the next block unless one is asked for already, the budget is spent or nothing new is wanted. */
  ask(): void {
    const { source, inHand, maxInFlightBytes } = this.#parts;
    if (this.#asking || this.#closed || inHand.bytes >= maxInFlightBytes) return;
    this.#asking = true;
    source.next().then(
      (block) => this.#take(block),
      (cause) => this.#events.failed(cause),
    );
  }

  /** The block to read on; what was not read yet of a lease that ends is the next owner's. */
  next(): Cursor | undefined {
    let cursor = this.#toRead.shift();
    while (cursor !== undefined && cursor.block.lease.state.kind !== 'held') cursor = this.#toRead.shift();
    return cursor;
  }

  /**
   * Puts back a block that did not fit the batch, behind the others: batches then take turns between partitions, and those that
   * are sent together go to several partitions at once instead of one after the other to the same.
   */
  putBack(cursor: Cursor): void {
    if (!this.#closed) this.#toRead.push(cursor);
  }

  /** Sets a block aside until its schema is at hand; the other partitions go on. */
  waitForSchema(cursor: Cursor, schemaId: number): void {
    const waiting = this.#waiting.get(schemaId);
    if (waiting !== undefined) {
      waiting.push(cursor);
      return;
    }
    this.#waiting.set(schemaId, [cursor]);
    this.#parts.readers.load(schemaId).then(
      () => this.#resume(schemaId),
      (cause) => this.#events.failed(cause),
    );
  }

  /** Blocks that wait for a schema: that is the registry's time, not ours. */
  get waitingBlocks(): number {
    let blocks = 0;
    for (const cursors of this.#waiting.values()) {
      for (const { block } of cursors) if (block.lease.state.kind === 'held') blocks++;
    }
    return blocks;
  }

  /** Forgets blocks of a lease that is gone. */
  drop(lease: Lease): void {
    const others = (cursor: Cursor) => cursor.block.lease !== lease;
    this.#toRead = this.#toRead.filter(others);
    for (const [schemaId, cursors] of this.#waiting) this.#waiting.set(schemaId, cursors.filter(others));
  }

  /** Takes nothing new; what is not in a batch yet will be read again by the next owner. */
  close(): void {
    this.#closed = true;
    this.#toRead = [];
    this.#waiting.clear();
  }

  #take(block: Block | undefined): void {
    this.#asking = false;
    if (block === undefined) {
      this.#events.ended();
      return;
    }
    // Nobody would ever release it: what the pipeline had of this lease was released when the lease went.
    if (block.lease.state.kind === 'gone') this.#parts.source.release(block);
    else {
      this.#parts.inHand.take(block);
      if (!this.#closed) this.#toRead.push({ block, index: 0 });
    }
    this.#events.arrived();
  }

  #resume(schemaId: number): void {
    const cursors = this.#waiting.get(schemaId);
    if (cursors === undefined) return;
    this.#waiting.delete(schemaId);
    this.#toRead.push(...cursors);
    this.#events.arrived();
  }
}
