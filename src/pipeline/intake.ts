import type { Cursor } from './fill.ts';
import type { InHand } from './inHand.ts';
import type { Block, Clock, Lease, RowReaders, Source } from './ports.ts';

export interface IntakeParts {
  readonly source: Source;
  readonly readers: RowReaders;
  readonly inHand: InHand;
  readonly clock: Clock;
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

/** What one lease has to be read, oldest first. Empty only once it was forgotten. */
interface LeaseQueue {
  readonly lease: Lease;
  cursors: Cursor[];
}

/**
 * Blocks on their way from the source to the open batch: asked for within the budget (P4), read in turn, set aside while the
 * schema of their next record is fetched (P7). Within a lease they keep their order (P2); among leases they take turns, so
 * that batches which are sent together go to several partitions at once instead of one after the other to the same.
 */
export class Intake {
  readonly #parts: IntakeParts;
  readonly #events: IntakeEvents;
  /** Every queue is here, and either in the ring or waiting. */
  readonly #queues = new Map<Lease, LeaseQueue>();
  /** Leases that can be read, the one whose turn it is first. */
  #ring: LeaseQueue[] = [];
  /** By the schema id they wait for: one fetch serves them all, and no rebalance can pile up more. */
  readonly #waiting = new Map<number, LeaseQueue[]>();
  #turnOf: LeaseQueue | undefined;
  #asking = false;
  #paused = false;
  /** Asked for before the pause, and arrived in it: at most one, for one is asked for at a time. */
  #late: Cursor | undefined;
  #closed = false;

  constructor(parts: IntakeParts, events: IntakeEvents) {
    this.#parts = parts;
    this.#events = events;
  }

  /** Asks for the next block unless one is asked for already, the budget is spent or nothing new is wanted. */
  ask(): void {
    const { source, inHand, maxInFlightBytes } = this.#parts;
    if (this.#asking || this.#closed || this.#paused || inHand.bytes >= maxInFlightBytes) return;
    this.#asking = true;
    source.next().then(
      (block) => this.#take(block),
      (cause) => this.#events.failed(cause),
    );
  }

  /** The block to read on, of the lease whose turn it is; what was not read yet of a lease that ends is the next owner's. */
  next(): Cursor | undefined {
    for (let queue = this.#ring[0]; queue !== undefined; queue = this.#ring[0]) {
      if (queue.cursors.length > 0 && queue.lease.state.kind === 'held') {
        this.#turnOf = queue;
        return queue.cursors[0];
      }
      this.#leave();
    }
    return undefined;
  }

  /** The block that `next` gave has been read to its end. */
  read(): void {
    const { cursors } = this.#ring[0];
    cursors.shift();
    if (cursors.length === 0) this.#leave();
  }

  /** Sets the lease of the block that `next` gave aside until a schema is at hand; the others go on. */
  waitForSchema(schemaId: number): void {
    const queue = this.#ring.shift() as LeaseQueue;
    const waiting = this.#waiting.get(schemaId);
    if (waiting !== undefined) {
      waiting.push(queue);
      return;
    }
    this.#waiting.set(schemaId, [queue]);
    this.#parts.readers.load(schemaId).then(
      () => this.#resume(schemaId),
      (cause) => this.#events.failed(cause),
    );
  }

  /** A batch is closed: the lease that was read last goes behind the others. One that had no turn yet stays in front. */
  turn(): void {
    if (this.#ring[0] === this.#turnOf && this.#ring.length > 1)
      this.#ring.push(this.#ring.shift() as LeaseQueue);
    this.#turnOf = undefined;
  }

  /** Nothing new is asked for or read until `resume`; what was taken before is read to its end. */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    const late = this.#late;
    this.#late = undefined;
    if (late !== undefined && !this.#closed) this.#queue(late);
    this.#events.arrived();
  }

  /** Blocks that wait for a schema or the end of a pause: that is the registry's time, or an operator's, not ours. */
  get waitingBlocks(): number {
    let blocks = this.#late?.block.lease.state.kind === 'held' ? 1 : 0;
    for (const queues of this.#waiting.values()) {
      for (const { lease, cursors } of queues) if (lease.state.kind === 'held') blocks += cursors.length;
    }
    return blocks;
  }

  /** What a lease has to be read, oldest first. */
  unreadOf(lease: Lease): readonly Cursor[] {
    return this.#queues.get(lease)?.cursors ?? [];
  }

  /** Forgets blocks of a lease that is gone. */
  drop(lease: Lease): void {
    if (this.#late?.block.lease === lease) this.#late = undefined;
    const queue = this.#queues.get(lease);
    if (queue === undefined) return;
    // It leaves the ring when its turn comes: a rebalance may take away thousands at once.
    queue.cursors = [];
    this.#queues.delete(lease);
  }

  /** Takes nothing new; what is not in a batch yet will be read again by the next owner. */
  close(): void {
    this.#closed = true;
    this.#late = undefined;
    this.#queues.clear();
    this.#ring = [];
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
      const cursor = { block, index: 0, arrivedMs: this.#parts.clock.monotonicMs() };
      if (this.#paused) this.#late = cursor;
      else if (!this.#closed) this.#queue(cursor);
    }
    this.#events.arrived();
  }

  #queue(cursor: Cursor): void {
    const { lease } = cursor.block;
    const queue = this.#queues.get(lease);
    if (queue !== undefined) {
      queue.cursors.push(cursor);
      return;
    }
    const first: LeaseQueue = { lease, cursors: [cursor] };
    this.#queues.set(lease, first);
    this.#ring.push(first);
  }

  /** The first of the ring has nothing that can be read. */
  #leave(): void {
    const queue = this.#ring.shift() as LeaseQueue;
    if (this.#queues.get(queue.lease) === queue) this.#queues.delete(queue.lease);
  }

  #resume(schemaId: number): void {
    const queues = this.#waiting.get(schemaId);
    if (queues === undefined) return;
    this.#waiting.delete(schemaId);
    this.#ring.push(...queues);
    this.#events.arrived();
  }
}
