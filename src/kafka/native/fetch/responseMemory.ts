/**
 * Memory for responses and parts of them: one stretch of addresses, lent in pieces. Pieces of their own would be had from the
 * allocator in ever other sizes, whose holes add up in a process of many hours; and fresh memory costs more than filling it: the
 * kernel clears each page of it, and the garbage collector, which is told how much of it there is, goes through the heap for it.
 */
import { freeMemory } from '../../freeMemory.ts';

/** Smaller pieces are had for less elsewhere. */
const LEAST_BYTES = 16 * 1024;
/** Pieces begin and end at pages: an untouched page takes no memory. */
const PAGE_BYTES = 4096;

interface Stretch {
  start: number;
  end: number;
}

export class ResponseMemory {
  readonly #memory: ArrayBuffer;
  /** By address, none beside another. */
  readonly #free: Stretch[];
  /** Start to end. */
  readonly #lent = new Map<number, number>();
  /** Pieces that found no place. */
  readonly #alone = new WeakSet<ArrayBufferLike>();

  constructor(bytes: number) {
    this.#memory = Buffer.allocUnsafeSlow(bytes).buffer as ArrayBuffer;
    this.#free = [{ start: 0, end: bytes - (bytes % PAGE_BYTES) }];
  }

  /** `size` bytes, with whatever was in them before. They must come back: what does not stays taken. */
  take(size: number): Buffer {
    if (size < LEAST_BYTES) return Buffer.allocUnsafe(size);
    const rounded = Math.ceil(size / PAGE_BYTES) * PAGE_BYTES;
    // The lowest addresses first: what is above has often never been touched.
    const at = this.#free.findIndex(({ start, end }) => end - start >= rounded);
    if (at < 0) {
      const alone = Buffer.allocUnsafeSlow(size);
      this.#alone.add(alone.buffer);
      return alone;
    }
    const found = this.#free[at]!;
    const { start } = found;
    found.start += rounded;
    if (found.start === found.end) this.#free.splice(at, 1);
    this.#lent.set(start, start + rounded);
    return Buffer.from(this.#memory, start, size);
  }

  /** Nobody looks at `bytes` any more: what `take` gave, or a view of it, or anything else. */
  giveBack({ buffer, byteOffset }: Buffer): void {
    if (this.#alone.delete(buffer)) freeMemory(buffer);
    if (buffer !== this.#memory) return;
    for (const [start, end] of this.#lent) {
      if (byteOffset < start || byteOffset >= end) continue;
      this.#lent.delete(start);
      this.#join(start, end);
      return;
    }
  }

  #join(start: number, end: number): void {
    const free = this.#free;
    let at = free.findIndex((stretch) => stretch.start > start);
    if (at < 0) at = free.length;
    const before = free[at - 1];
    const after = free[at];
    if (before?.end === start) {
      before.end = end;
      if (after?.start !== end) return;
      before.end = after.end;
      free.splice(at, 1);
    } else if (after?.start === end) after.start = start;
    else free.splice(at, 0, { start, end });
  }
}
