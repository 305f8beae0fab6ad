/** The budget: how much may be fetched, and who holds what of it. */
import { ResponseMemory } from './responseMemory.ts';
import type { FetchSettings } from './settings.ts';
import { Share } from './share.ts';

/** What one broker's answers hold. */
export class Account {
  heldBytes = 0;
}

export class Room {
  /** Fetched and not released, as it came. */
  readonly fetched: Share;
  /** What compressed batches of blocks that are out became. */
  readonly unpacked: Share;
  /** Records of blocks that are out. */
  readonly rows: Share;
  readonly #memory: ResponseMemory;
  readonly #maxFetchBytes: number;
  #askedBytes = 0;

  constructor({ maxBufferedBytes, maxRowsOut, maxFetchBytes }: FetchSettings) {
    const half = Math.max(1, Math.floor(maxBufferedBytes / 2));
    this.fetched = new Share(half);
    this.unpacked = new Share(half);
    this.rows = new Share(maxRowsOut);
    this.#maxFetchBytes = maxFetchBytes;
    // An answer whose parts were copied is free again at once, and its memory that of the next: for it there is room on top.
    this.#memory = new ResponseMemory(half + 2 * maxFetchBytes);
  }

  /**
   * How much a broker may be asked for now; 0 when it must wait until something is released. What a request may bring is set
   * aside until its answer came, and no broker gets more than its part, or one that is waited for would hold up the rest.
   */
  mayAsk(account: Account, brokers: number): number {
    const part = this.fetched.limit / brokers;
    const wanted = Math.min(this.#maxFetchBytes, part);
    const left = Math.min(wanted, part - account.heldBytes, this.fetched.free - this.#askedBytes);
    // Scraps are not worth a request: what is released next comes in one with them.
    return left < wanted / 4 ? 0 : Math.max(1, Math.floor(left));
  }

  /** Memory for an answer or a part of one, of at least `size` bytes. */
  memoryFor(size: number): Buffer {
    return this.#memory.take(size);
  }

  /** Nobody looks at `bytes` any more, which `memoryFor` gave, or a part of them. */
  freeMemory(bytes: Buffer): void {
    this.#memory.giveBack(bytes);
  }

  setAside(bytes: number): void {
    this.#askedBytes += bytes;
  }

  giveBack(bytes: number): void {
    this.#askedBytes -= bytes;
  }
}

/** The memory of an answer until somebody holds it; a connection that is lost takes what it was reading into along. */
export class AnswerMemory {
  readonly #room: Room;
  #bytes: Buffer | undefined;

  constructor(room: Room) {
    this.#room = room;
  }

  take(size: number): Buffer {
    this.#bytes = this.#room.memoryFor(size);
    return this.#bytes;
  }

  /** From here on it is given back by those who hold it. */
  passOn(): void {
    this.#bytes = undefined;
  }

  /** Unless it was passed on. The answer is here, or its connection is destroyed and reads no more. */
  giveBack(): void {
    if (this.#bytes !== undefined) this.#room.freeMemory(this.#bytes);
    this.#bytes = undefined;
  }
}

/** Bytes that several slices lie in: they stay in memory, and are counted, until the last of these is let go. */
export class HeldBytes {
  readonly #bytes: Buffer;
  readonly #room: Room;
  readonly #account: Account;
  #users = 0;
  /** Whoever will hold them does. */
  #told = false;

  /** @param bytes what the room's memory gave, or a view of it */
  constructor(bytes: Buffer, room: Room, account: Account) {
    this.#bytes = bytes;
    this.#room = room;
    this.#account = account;
  }

  hold(): void {
    this.#users++;
    if (this.#users === 1) this.#count(this.#bytes.length);
  }

  letGo(): void {
    this.#users--;
    if (this.#users > 0) return;
    this.#count(-this.#bytes.length);
    if (this.#told) this.#room.freeMemory(this.#bytes);
  }

  /** All of the answer was told: who does not hold them now never will. Until then they are not free, even if nobody holds them. */
  told(): void {
    this.#told = true;
    if (this.#users === 0) this.#room.freeMemory(this.#bytes);
  }

  /** A copy of a part of them, which is held on its own. */
  copy(start: number, end: number): { readonly bytes: Buffer; readonly held: HeldBytes } {
    const bytes = this.#room.memoryFor(end - start);
    this.#bytes.copy(bytes, 0, start, end);
    const held = new HeldBytes(bytes, this.#room, this.#account);
    held.#told = true;
    return { bytes, held };
  }

  #count(bytes: number): void {
    this.#room.fetched.used += bytes;
    this.#account.heldBytes += bytes;
  }
}
