/**
 * Memory for responses and parts of them, used again and again. Fresh memory costs more than filling it: the kernel clears each
 * page of it, and the garbage collector, which is told how much of it there is, goes through the whole heap for its sake.
 */
import { freeMemory } from '../../freeMemory.ts';

/** Smaller pieces are had for less elsewhere, and would sit here in one much larger. */
const LEAST_BYTES = 16 * 1024;
/** Larger ones hold one huge batch, and are not needed again. */
const MOST_BYTES = 8 * 1024 * 1024;
/** Sizes between a power of two and the next: a piece is at most half as large again as what is in it, and pages that are never written cost nothing. */
const STEPS = 2;
/** A piece that is kept serves for one of a fourth of its size. */
const MOST_SLACK = 4;

export class ResponseMemory {
  readonly #kept = new Map<number, ArrayBuffer[]>();
  readonly #lent = new WeakSet<ArrayBuffer>();
  #keptBytes = 0;

  /**
   * At least `size` bytes, with whatever was in them before; what does not come back is left to the garbage collector.
   * `freeBytes` is how much may be had in all beside what is in use: sizes that are no longer asked for make room.
   */
  take(size: number, freeBytes: number): Buffer {
    if (size < LEAST_BYTES) return Buffer.allocUnsafe(size);
    if (size > MOST_BYTES) return Buffer.allocUnsafeSlow(size);
    const rounded = roundedUp(size);
    let memory = this.#keptFor(rounded);
    if (memory === undefined) {
      this.#makeRoom(rounded, freeBytes);
      memory = Buffer.allocUnsafeSlow(rounded).buffer as ArrayBuffer;
    }
    this.#lent.add(memory);
    return Buffer.from(memory);
  }

  /** The smallest that is large enough and not far too large: new memory among the old leaves holes that add up. */
  #keptFor(size: number): ArrayBuffer | undefined {
    let found = Number.POSITIVE_INFINITY;
    for (const [kept, memories] of this.#kept) {
      if (kept >= size && kept <= size * MOST_SLACK && kept < found && memories.length > 0) found = kept;
    }
    const memory = this.#kept.get(found)?.pop();
    if (memory !== undefined) this.#keptBytes -= found;
    return memory;
  }

  /**
   * Nobody looks at `bytes` any more, a view of what `take` gave or of anything else. It is kept when that makes no more than
   * `freeBytes`, how much may be had in all beside what is in use.
   */
  giveBack({ buffer }: Buffer, freeBytes: number): void {
    const memory = buffer as ArrayBuffer;
    if (!this.#lent.delete(memory)) return;
    const size = memory.byteLength;
    this.#makeRoom(size, freeBytes);
    if (this.#keptBytes + size > freeBytes) {
      freeMemory(memory);
      return;
    }
    this.#keptBytes += size;
    const kept = this.#kept.get(size) ?? [];
    kept.push(memory);
    // Behind the others: the size that was not used for longest is the first to go.
    this.#kept.delete(size);
    this.#kept.set(size, kept);
  }

  #makeRoom(bytes: number, freeBytes: number): void {
    for (const [size, kept] of this.#kept) {
      while (this.#keptBytes + bytes > freeBytes && kept.length > 0) {
        freeMemory(kept.pop()!);
        this.#keptBytes -= size;
      }
      if (kept.length > 0) return;
      this.#kept.delete(size);
    }
  }
}

function roundedUp(size: number): number {
  const step = 2 ** (31 - Math.clz32(size)) / STEPS;
  return Math.ceil(size / step) * step;
}
