/** One partition that is fetched: where the next fetch begins, and what keeps it from being asked. */
import type { Lease } from '../../../pipeline/ports.ts';
import { type BatchFault, corrupt } from '../wire/batchHeader.ts';
import { AbortedFilter } from './aborted.ts';
import type { SpansPool } from './block.ts';
import type { FetchedPartition } from './fetchCodec.ts';
import { PartitionBuffer } from './partitionBuffer.ts';
import type { HeldBytes, Room } from './room.ts';
import { scanBatches } from './scan.ts';
import type { FetchTarget } from './session.ts';
import type { FetchSettings } from './settings.ts';
import type { Slice } from './slice.ts';

/** Why a position cannot be read. */
export type LostPlace =
  /** The log does not reach to it: records were deleted, or never were there. */
  | { readonly kind: 'out-of-range' }
  /** An unclean election cut the log at `endOffset`, behind its epoch `epoch`: what was read beyond is not in it. */
  | { readonly kind: 'truncated'; readonly epoch: number; readonly endOffset: number }
  /** The topic was deleted and made anew: its offsets are those of other records. */
  | { readonly kind: 'recreated' };

export type FetchState =
  /** Asked of its leader whenever there is room. */
  | { readonly kind: 'fetching' }
  /** Until there is a leader to ask, or it is time to ask again. */
  | { readonly kind: 'waiting' }
  /** Told when what was fetched before has been handed out; until somebody says where to go on. */
  | { readonly kind: 'lost'; readonly place: LostPlace; told: boolean }
  /** For good. */
  | { readonly kind: 'stopped' };

const FETCHING: FetchState = { kind: 'fetching' };
/** A response whose part for one partition is smaller than this share of it is not kept for its sake. */
const COPIED_SHARE = 1 / 4;

export class PartitionFetch {
  readonly lease: Lease;
  readonly buffer: PartitionBuffer;
  state: FetchState = { kind: 'waiting' };
  /** The next offset to ask for. */
  fetchOffset = 0;
  leaderEpoch = -1;
  /** -1 while no broker is asked. */
  nodeId = -1;
  /** The follower that the leader has sent us to (KIP-392); -1 to ask the leader. */
  replica = -1;
  /** In the queue of those that may have a block. */
  queued = false;
  /** A block was cut: progress of a lease moves only forward. */
  handedOut = false;
  /** The topic is another one now, and what was handed out is not of it. */
  isOfFormerTopic = false;
  /** Where the batch ends that stopped it, by the word of its header. */
  unreadableEnd: number | undefined;
  /** How often in a row the broker said that it cannot read its log. */
  corruptAnswers = 0;
  retry: NodeJS.Timeout | undefined;
  readonly #room: Room;
  readonly #settings: FetchSettings;
  /** Of the last batch fetched. */
  #fetchedEpoch = -1;
  #maxBytes: number;
  /** What was fetched makes no sense by its headers: nothing more until it was read. */
  #suspect = false;
  /** How often in a row the broker said that `#doubted` is out of range. */
  #doubts = 0;
  #doubted = -1;
  /** The epoch before the offset, while the broker is asked for the offset alone; -1 when it is asked for both. */
  #epochSetAside = -1;
  /** Asked for the offset alone, the broker knew it. */
  #isOffsetKnown = false;
  /** Where a fault was met and fetched again. */
  #faultOffset = -1;

  constructor(lease: Lease, room: Room, spans: SpansPool, settings: FetchSettings) {
    this.lease = lease;
    this.#room = room;
    this.#settings = settings;
    this.#maxBytes = settings.maxPartitionBytes;
    this.buffer = new PartitionBuffer(lease, room, spans, settings);
  }

  get partition(): number {
    return this.lease.partition;
  }

  get target(): FetchTarget {
    return {
      offset: this.fetchOffset,
      leaderEpoch: this.leaderEpoch,
      lastFetchedEpoch: this.#fetchedEpoch,
      maxBytes: this.#maxBytes,
    };
  }

  /** Whether more of it may be fetched now. */
  get mayFetch(): boolean {
    return (
      this.state.kind === 'fetching' &&
      this.lease.state.kind === 'held' &&
      !this.#suspect &&
      this.#room.fetched.allows(this.buffer.heldBytes)
    );
  }

  /** Whether an answer to `target` is about what would be asked now: the partition may have been moved meanwhile. */
  isAnswered(target: FetchTarget): boolean {
    return this.state.kind === 'fetching' && target.offset === this.fetchOffset;
  }

  /** Goes on at `offset`, which follows a record of `epoch` (-1 when unknown). What lies behind it in the buffer is dropped. */
  seek(offset: number, epoch: number): void {
    if (offset < this.fetchOffset || this.buffer.isEmpty) {
      this.buffer.clear();
      this.buffer.offset = offset;
      this.buffer.epochs.begin(offset, epoch);
    }
    this.fetchOffset = offset;
    this.#fetchedEpoch = epoch;
    this.#suspect = false;
    this.isOfFormerTopic = false;
    this.#trust();
  }

  /**
   * The broker said that the offset is out of range. A broker that lags behind says so as well, and one that never knew the
   * epoch before the offset (KIP-595): it is asked again, then without the epoch, and if it knows the offset, with the epoch
   * once more. An offset that is one of this log, behind a leader that never was, is of a log of the same name.
   * @returns what to believe, if anything
   */
  believes(target: FetchTarget): 'out-of-range' | 'recreated' | undefined {
    if (target.leaderEpoch !== this.leaderEpoch) return undefined;
    this.#doubts = this.#doubted === target.offset ? this.#doubts + 1 : 1;
    this.#doubted = target.offset;
    if (this.#doubts < 2) return undefined;
    if (target.lastFetchedEpoch < 0) return 'out-of-range';
    if (this.#isOffsetKnown) return 'recreated';
    this.#epochSetAside = this.#fetchedEpoch;
    this.#fetchedEpoch = -1;
    return undefined;
  }

  /** Whether the broker was asked for the offset alone: its answer only says that it knows it, and it is asked for both again. */
  isAnsweredWithoutEpoch(): boolean {
    if (this.#epochSetAside < 0) return false;
    this.#fetchedEpoch = this.#epochSetAside;
    this.#epochSetAside = -1;
    this.#isOffsetKnown = true;
    this.#doubts = 0;
    return true;
  }

  /**
   * Takes the records of an answer, which lie in `bytes`; `held` counts these. @returns why the partition cannot be read, if it
   * cannot.
   */
  take(bytes: Buffer, fetched: FetchedPartition, held: HeldBytes): BatchFault | undefined {
    this.#trust();
    this.corruptAnswers = 0;
    this.buffer.endOffset = fetched.highWatermark;
    const { recordsStart, recordsEnd } = fetched;
    if (recordsEnd === recordsStart) return undefined;
    const { end, nextOffset, leaderEpoch, cutBytes, sound } = scanBatches(
      bytes,
      recordsStart,
      recordsEnd,
      this.fetchOffset,
    );
    if (end === recordsStart) return this.#askForMore(cutBytes);
    this.buffer.add(this.#slice(bytes, recordsStart, end, fetched, held));
    this.#suspect = !sound;
    this.fetchOffset = nextOffset;
    if (leaderEpoch >= 0) this.#fetchedEpoch = leaderEpoch;
    this.#maxBytes = this.#settings.maxPartitionBytes;
    return undefined;
  }

  /** Everything that was fetched has been read. @returns what was wrong with it, if reading got nowhere. */
  caughtUp(): BatchFault | undefined {
    if (!this.#suspect) return undefined;
    this.#suspect = false;
    if (this.buffer.offset === this.fetchOffset)
      return corrupt('batches that end before the offset asked for');
    this.fetchOffset = this.buffer.offset;
    return undefined;
  }

  /**
   * A batch cannot be read. It may have been torn on its way or while it was written: it is fetched once more.
   * @returns false when that was done already, or the fault is not of this kind.
   */
  refetches(fault: BatchFault): boolean {
    const { offset } = this.buffer;
    this.buffer.clear();
    if (fault.code !== 'E-KAFKA-CORRUPT' || this.#faultOffset === offset) return false;
    this.#faultOffset = offset;
    this.#suspect = false;
    this.fetchOffset = offset;
    this.#fetchedEpoch = this.buffer.epochs.below(offset);
    this.#trust();
    return true;
  }

  start(): void {
    this.state = FETCHING;
  }

  #trust(): void {
    this.#doubts = 0;
    this.#epochSetAside = -1;
    this.#isOffsetKnown = false;
  }

  /**
   * Not one whole batch came. Kafka sends the first one whole, however large (KIP-74), and this is what to do about a broker
   * that does not.
   */
  #askForMore(cutBytes: number): BatchFault | undefined {
    if (cutBytes > this.#settings.maxBatchBytes) {
      const detail = `a batch of ${cutBytes} bytes, more than ${this.#settings.maxBatchBytes}`;
      return { code: 'E-KAFKA-BATCH-LIMIT', detail };
    }
    this.#maxBytes = Math.max(this.#maxBytes, cutBytes);
    return undefined;
  }

  /** Each of many small parts of a response would keep all of it in memory, until the slowest is done: they are copied. */
  #slice(bytes: Buffer, start: number, end: number, fetched: FetchedPartition, held: HeldBytes): Slice {
    const size = end - start;
    const { fetchOffset } = this;
    const transactions = fetched.aborted.length === 0 ? undefined : new AbortedFilter(fetched.aborted);
    if (size >= bytes.length * COPIED_SHARE)
      return { bytes, start, end, fetchOffset, transactions, held, users: 0 };
    return { ...held.copy(start, end), start: 0, end: size, fetchOffset, transactions, users: 0 };
  }
}
