/** Finds byte strings among a fixed list without making a string of them: categories, map keys. */
export class ByteTable {
  readonly #entries: readonly Uint8Array[];
  /** Open addressing: the index of the entry, or -1. */
  readonly #slots: Int32Array;
  readonly #mask: number;

  /** Of equal texts the first one counts. */
  constructor(texts: readonly string[]) {
    this.#entries = texts.map((text) => Buffer.from(text));
    let size = 4;
    while (size < texts.length * 2) size *= 2;
    this.#mask = size - 1;
    this.#slots = new Int32Array(size).fill(-1);
    this.#entries.forEach((entry, index) => {
      if (this.find(entry, 0, entry.length) >= 0) return;
      let slot = this.#hash(entry, 0, entry.length);
      while (this.#slots[slot]! >= 0) slot = (slot + 1) & this.#mask;
      this.#slots[slot] = index;
    });
  }

  /** The index of the entry equal to `b[start, end)`, or -1. */
  find(b: Uint8Array, start: number, end: number): number {
    let slot = this.#hash(b, start, end);
    for (let index = this.#slots[slot]!; index >= 0; index = this.#slots[slot]!) {
      if (equals(this.#entries[index]!, b, start, end)) return index;
      slot = (slot + 1) & this.#mask;
    }
    return -1;
  }

  /** Of the ends only, so that a long hostile text costs no more than a short one. */
  #hash(b: Uint8Array, start: number, end: number): number {
    let mixed = end - start;
    const headEnd = Math.min(end, start + HASHED_BYTES);
    for (let i = start; i < headEnd; i++) mixed = Math.imul(mixed ^ b[i]!, 0x01000193);
    for (let i = Math.max(headEnd, end - HASHED_BYTES); i < end; i++) {
      mixed = Math.imul(mixed ^ b[i]!, 0x01000193);
    }
    return (mixed ^ (mixed >>> 15)) & this.#mask;
  }
}

/** How many bytes at either end of a text its hash looks at. */
const HASHED_BYTES = 16;

function equals(entry: Uint8Array, b: Uint8Array, start: number, end: number): boolean {
  if (entry.length !== end - start) return false;
  for (let i = 0; i < entry.length; i++) if (entry[i] !== b[start + i]) return false;
  return true;
}
