/** Reading as a member of a group. */
import type { TidemarkError } from '../../errors.ts';
import type { Block, Lease } from './block.ts';

export interface SourceEvents {
  granted(leases: readonly Lease[]): void;
  /** Reading of a lease begins at this offset, or goes on there where what stood before it is no longer in the log. */
  begins(lease: Lease, offset: number): void;
  /** The pipeline finishes what is in hand of these leases and resolves; the source waits for it until `deadlineMs`. */
  ending(leases: readonly Lease[], deadlineMs: number): Promise<void>;
  /** From here on nothing of these leases is committed. */
  gone(leases: readonly Lease[]): void;
  /** A dependency is down; the source goes on by itself and says so with `resumed`. */
  paused(cause: TidemarkError): void;
  resumed(): void;
  /**
   * What comes next in this partition cannot be read. The lease stays held, so that nobody else runs into the same, and what was
   * read before is committed; the other partitions go on.
   */
  stopped(lease: Lease, cause: TidemarkError): void;
  /** The source cannot go on; the process stops with this. */
  failed(cause: TidemarkError): void;
}

export interface Position {
  readonly lease: Lease;
  /** The next offset to read. */
  readonly offset: number;
}

/** What a client can and cannot do; configuration that asks for more is refused at start with E-KAFKA-CAPABILITY. */
export interface ClientCapabilities {
  readonly name: string;
  readonly deliveries: readonly ('at-least-once' | 'exactly-once')[];
  /** `partial`: aborted records may leak when transactions interleave. */
  readonly readCommitted: 'full' | 'partial';
  /** `partial`: a rebalance found out between fetches ends leases at once, so work in hand is read again. */
  readonly drainsBeforeRevoke: 'full' | 'partial';
  /** Whether a member can keep its place in the group over a restart (KIP-345). */
  readonly staticMembership: boolean;
  readonly compression: readonly Compression[];
  /** Whether a held partition can be moved to another position. */
  readonly seek: boolean;
}

export type Compression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

/** Where a command moves a partition. */
export type SeekTarget =
  | 'earliest'
  | 'latest'
  /** `forward`: refused where it would go back. */
  | { readonly offset: number; readonly forward?: true }
  /** The first record that is not older; the end where there is none. */
  | { readonly timestampMs: number }
  /** So many offsets behind the next one to read, and behind the whole batch where that one stopped the partition. */
  | { readonly skip: number };

export type SeekResult =
  /** `from` is undefined where the position before was not known. */
  | { readonly kind: 'moved'; readonly from: number | undefined; readonly to: number }
  /** Nothing has moved. */
  | { readonly kind: 'refused'; readonly why: string };

export interface Source {
  readonly capabilities: ClientCapabilities;
  /** Joins the group in the background: returns when trying has begun. A missing topic or broker is told by `paused`. */
  start(events: SourceEvents): Promise<void>;
  /**
   * The next block of any held lease; asking is the back-pressure. At most one call at a time. Undefined once stopped.
   * Blocks of one lease come in the order of the partition, each beginning where the one before ended. Whether a lease gives
   * its next block before the one before was released is the source's choice.
   */
  next(): Promise<Block | undefined>;
  /**
   * Every record of the block has its outcome (or its lease is gone): its bytes may be reused. Blocks of a lease are released
   * in the order they came.
   */
  release(block: Block): void;
  /**
   * Commits under the generation of each lease. Positions whose lease is gone are dropped silently; a commit the group
   * refuses is `refused` and never sent again under another generation. Throws a `retry` TidemarkError when unreachable.
   */
  commit(positions: readonly Position[]): Promise<'committed' | 'refused'>;
  /**
   * Moves a partition that is held. Its lease ends as in a rebalance: what is in hand is finished and committed. Then the new
   * position is committed under the same membership, and the partition is granted anew, there; where it cannot be moved,
   * where the group left it. Nothing that was read under the old lease is committed afterwards. Never throws.
   */
  seek(lease: Lease, to: SeekTarget): Promise<SeekResult>;
  /** Leaves the group and closes; outstanding `next` resolves undefined. */
  stop(): Promise<void>;
}
