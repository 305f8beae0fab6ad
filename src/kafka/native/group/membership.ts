/**
 * What a consumer group gives its member, in words that hold for the classic protocol and for KIP-848 alike: partitions
 * that become ours, that we are asked to finish, and that are gone.
 */
import type { TidemarkError } from '../../../errors.ts';
import type { GroupTimes } from '../../sourceOptions.ts';

/** Under which identity offsets are committed; a transaction sends its offsets with the same (KIP-447). */
export interface Ownership {
  readonly memberId: string;
  readonly generation: number;
  readonly instanceId?: string;
}

export interface MemberEvents {
  /**
   * Partitions newly owned from this generation on; kept ones are not told again. Told whenever the group has settled,
   * with no partitions where nothing was added, so that a member without partitions knows that it validly has none.
   */
  assigned(partitions: readonly number[], generation: number): void;
  /**
   * Finish and commit what is in hand of these. Heartbeats go on. Waited for until `deadlineMs` (epoch milliseconds);
   * `gone` follows.
   */
  revoking(partitions: readonly number[], deadlineMs: number): Promise<void>;
  /** No longer owned: after `revoking`, or `lost` without it. Nothing of these can be committed any more. */
  gone(partitions: readonly number[], reason: 'revoked' | 'lost' | 'closed'): void;
  /** The group cannot be reached; the member goes on trying and says `up` when it can be. */
  down(cause: TidemarkError): void;
  up(): void;
  /** The member cannot go on. Every partition is gone before this is told. */
  failed(cause: TidemarkError): void;
}

export type Assignor = 'cooperative-sticky' | 'range' | 'roundrobin' | 'RoundRobinAssigner';

export interface GroupSettings extends GroupTimes {
  readonly topic: string;
  readonly group: string;
  /** A name that survives restarts: a member that comes back under it takes up its partitions without a rebalance (KIP-345). */
  readonly instanceId?: string;
  /** What is offered to the group, in order of preference; the group uses one that all its members offer. */
  readonly assignors: readonly Assignor[];
}

/** A position to commit. `leaderEpoch` is that of the last record read below `offset`, -1 when unknown (KIP-320). */
export interface GroupPosition {
  readonly partition: number;
  readonly offset: number;
  readonly leaderEpoch: number;
}

export interface CommittedPosition {
  readonly offset: number;
  readonly leaderEpoch: number;
}
