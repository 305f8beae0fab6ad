/** Where blocks are handed out: partitions take turns, and a turn costs the same however many there are. */
import type { Block } from '../../../pipeline/ports.ts';
import type { BatchFault } from '../wire/batchHeader.ts';
import { FetchedBlock } from './block.ts';
import type { PartitionFetch } from './partition.ts';
import type { Room } from './room.ts';

export interface OutletEvents {
  /** A batch of the partition cannot be read. */
  faulty(partition: PartitionFetch, fault: BatchFault): void;
  /** Everything fetched of the partition was handed out. */
  emptied(partition: PartitionFetch): void;
}

export class Outlet {
  readonly #room: Room;
  readonly #events: OutletEvents;
  readonly #ready = new Queue<PartitionFetch>();
  /** Those that have as much out as they may. */
  readonly #held = new Set<PartitionFetch>();
  #waiting: ((block: Block | undefined) => void) | undefined;
  #closed = false;

  constructor(room: Room, events: OutletEvents) {
    this.#room = room;
    this.#events = events;
  }

  /** The partition has something to read. Followed by `serve`. */
  offer(partition: PartitionFetch): void {
    if (partition.queued || partition.buffer.isEmpty) return;
    partition.queued = true;
    this.#ready.push(partition);
  }

  next(): Promise<Block | undefined> {
    if (this.#closed) return Promise.resolve(undefined);
    const block = this.#take();
    if (block !== undefined) return Promise.resolve(block);
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  /** Gives whoever waits a block, if there is one now. */
  serve(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    // Taken away first: what taking a block tells of may lead back here.
    this.#waiting = undefined;
    const block = this.#take();
    if (block !== undefined || this.#closed) waiting(block);
    else this.#waiting = waiting;
  }

  /** Those that had too much out may have another turn. */
  freed(): void {
    for (const partition of this.#held) {
      if (!partition.buffer.mayCut) continue;
      this.#held.delete(partition);
      this.offer(partition);
    }
  }

  forget(partition: PartitionFetch): void {
    this.#held.delete(partition);
  }

  close(): void {
    this.#closed = true;
    this.#waiting?.(undefined);
    this.#waiting = undefined;
  }

  #take(): FetchedBlock | undefined {
    const { rows, unpacked } = this.#room;
    while (rows.free > 0 && unpacked.free > 0) {
      const partition = this.#ready.shift();
      if (partition === undefined) return undefined;
      partition.queued = false;
      if (partition.lease.state.kind !== 'held' || partition.buffer.isEmpty) continue;
      if (!partition.buffer.mayCut) {
        this.#held.add(partition);
        continue;
      }
      const block = this.#cut(partition);
      if (block !== undefined) return block;
    }
    return undefined;
  }

  #cut(partition: PartitionFetch): FetchedBlock | undefined {
    const cut = partition.buffer.cut();
    if (cut instanceof FetchedBlock) partition.handedOut = true;
    else if (cut !== undefined) this.#events.faulty(partition, cut);
    if (partition.buffer.isEmpty) this.#events.emptied(partition);
    else this.offer(partition);
    return cut instanceof FetchedBlock ? cut : undefined;
  }
}

/** First in, first out, without moving everything at each turn. */
class Queue<T> {
  #items: T[] = [];
  #head = 0;

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    const item = this.#items[this.#head];
    if (item === undefined) return undefined;
    this.#head++;
    if (this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}
