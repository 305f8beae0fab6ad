/**
 * Incremental fetch sessions (KIP-227). A broker remembers what a session fetches, so that a request names only what has
 * changed since the one before: the partitions that gave records and are now asked from further on, and those left out. Without
 * it, each of a thousand partitions would be in each request, however idle.
 *
 * The price is that both sides must agree on what is remembered. The session's epoch counts its requests; whenever an answer
 * is missing or the broker says that it does not agree, the old session is closed and a new one begun, by one full request.
 */

/** What is asked of one partition. Compared by its values. */
export interface FetchTarget {
  readonly offset: number;
  /** The epoch of the leader we believe in, -1 when unknown: a broker that knows another one says so (KIP-320). */
  readonly leaderEpoch: number;
  /** The leader epoch of the last batch read, -1 when unknown: the broker tells when its log diverges from it (KIP-595). */
  readonly lastFetchedEpoch: number;
  readonly maxBytes: number;
}

/** The part of a Fetch request that a session decides. */
export interface SessionRequest {
  readonly sessionId: number;
  readonly sessionEpoch: number;
  readonly asked: readonly (readonly [partition: number, target: FetchTarget])[];
  readonly forgotten: readonly number[];
}

const NO_SESSION = 0;
/** Asks for a new session, and closes the one that is named, if any. */
const INITIAL_EPOCH = 0;
/** Closes the session and opens none. */
const FINAL_EPOCH = -1;
const MAX_EPOCH = 0x7fff_ffff;

export class FetchSession {
  #id = NO_SESSION;
  #epoch = INITIAL_EPOCH;
  /** It was lost after the last request was made. */
  #isLost = false;
  /** In the order of a full request: who gave records last comes last, or the first would leave no room for the others. */
  readonly #wanted = new Map<number, FetchTarget>();
  /** What the broker remembers, if it took the last request. */
  readonly #told = new Map<number, FetchTarget>();
  /** Where the two differ. */
  readonly #changed = new Set<number>();

  /** How many partitions the next request covers. */
  get size(): number {
    return this.#wanted.size;
  }

  want(partition: number, target: FetchTarget): void {
    this.#wanted.delete(partition);
    this.#wanted.set(partition, target);
    this.#compare(partition);
  }

  leaveOut(partition: number): void {
    this.#wanted.delete(partition);
    this.#compare(partition);
  }

  /** What the answer to the last request is about, as far as this partition is concerned; undefined once that was lost. */
  asked(partition: number): FetchTarget | undefined {
    return this.#told.get(partition);
  }

  /** The next request. Its answer is told by `answered` or `lost` before another one is made. */
  next(): SessionRequest {
    const sessionId = this.#id;
    const sessionEpoch = this.#epoch;
    this.#isLost = false;
    if (sessionEpoch === INITIAL_EPOCH) {
      this.#told.clear();
      for (const [partition, target] of this.#wanted) this.#told.set(partition, target);
      this.#changed.clear();
      return { sessionId, sessionEpoch, asked: [...this.#wanted], forgotten: [] };
    }
    const asked: [number, FetchTarget][] = [];
    const forgotten: number[] = [];
    for (const partition of this.#changed) {
      const target = this.#wanted.get(partition);
      if (target === undefined) {
        forgotten.push(partition);
        this.#told.delete(partition);
      } else {
        asked.push([partition, target]);
        this.#told.set(partition, target);
      }
    }
    this.#changed.clear();
    return { sessionId, sessionEpoch, asked, forgotten };
  }

  /** The broker took the last request. `sessionId` is 0 when it keeps no session: it has no slot left, or has closed it. */
  answered(sessionId: number): void {
    this.#id = sessionId;
    if (sessionId === NO_SESSION || this.#isLost) this.#epoch = INITIAL_EPOCH;
    else this.#epoch = this.#epoch === MAX_EPOCH ? 1 : this.#epoch + 1;
  }

  /**
   * Nobody knows what the broker remembers: the answer did not come, or said that the two do not agree. The next request names
   * everything, also when the session is lost while an answer is still to come. `gone`: the broker has no such session, so
   * that there is none to close.
   */
  lost(gone = false): void {
    if (gone) this.#id = NO_SESSION;
    this.#epoch = INITIAL_EPOCH;
    this.#isLost = true;
    this.#told.clear();
  }

  /** The request that closes the session, or its slot at the broker stays taken until the broker needs it. */
  close(): SessionRequest | undefined {
    if (this.#id === NO_SESSION) return undefined;
    const sessionId = this.#id;
    this.lost(true);
    return { sessionId, sessionEpoch: FINAL_EPOCH, asked: [], forgotten: [] };
  }

  #compare(partition: number): void {
    if (same(this.#wanted.get(partition), this.#told.get(partition))) this.#changed.delete(partition);
    else this.#changed.add(partition);
  }
}

function same(one: FetchTarget | undefined, other: FetchTarget | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return (
    one.offset === other.offset &&
    one.leaderEpoch === other.leaderEpoch &&
    one.lastFetchedEpoch === other.lastFetchedEpoch &&
    one.maxBytes === other.maxBytes
  );
}
