/** What the membership machine is told and what it wants done. */
import type { TidemarkError } from '../../../errors.ts';
import type { Ownership } from './membership.ts';

/** One member as the leader sees it: its subscription still encoded. */
export interface JoinedMember {
  readonly memberId: string;
  readonly metadata: Buffer;
}

export interface JoinAnswer {
  readonly memberId: string;
  readonly generation: number;
  /** The assignor that the group has chosen. */
  readonly protocol: string;
  readonly isLeader: boolean;
  /** The leader is not to assign: a static leader came back and the assignment still stands (KIP-814). */
  readonly skipAssignment: boolean;
  /** Only the leader is told. */
  readonly members: readonly JoinedMember[];
}

export interface MemberAssignment {
  readonly memberId: string;
  readonly assignment: Buffer;
}

/** `type` is the protocol's name of the error, or what the connection calls it; `cause` says it to people. */
export interface GroupFault {
  readonly type: string;
  readonly cause: TidemarkError;
  /** With MEMBER_ID_REQUIRED: the id to join with. */
  readonly memberId?: string;
}

/** `request` and the like are the numbers of the effects that asked; answers to what is no longer awaited are ignored. */
export type GroupEvent =
  | { readonly kind: 'start' }
  | { readonly kind: 'stop' }
  /** `wakeAtMs` has come. */
  | { readonly kind: 'tick' }
  | { readonly kind: 'rejoin'; readonly reason: string }
  | { readonly kind: 'joined'; readonly request: number; readonly answer: JoinAnswer }
  | {
      readonly kind: 'distributed';
      readonly request: number;
      readonly assignments: readonly MemberAssignment[];
      /** Partitions that this assignment gives to nobody, because their last owner has to give them up first. */
      readonly withheld: number;
    }
  | { readonly kind: 'synced'; readonly request: number; readonly partitions: readonly number[] }
  | { readonly kind: 'beaten'; readonly request: number }
  | { readonly kind: 'refused'; readonly request: number; readonly fault: GroupFault }
  | { readonly kind: 'drained'; readonly drain: number }
  | { readonly kind: 'commit'; readonly ticket: number; readonly partitions: readonly number[] }
  | { readonly kind: 'commitAnswered'; readonly ticket: number; readonly fault?: GroupFault }
  | { readonly kind: 'left' };

export type GroupEffect =
  | {
      readonly kind: 'join';
      readonly request: number;
      readonly memberId: string;
      /** What the subscription says we own, and as of which generation. */
      readonly claim: { readonly partitions: readonly number[]; readonly generation: number };
      readonly reason: string;
    }
  | {
      readonly kind: 'distribute';
      readonly request: number;
      readonly protocol: string;
      readonly members: readonly JoinedMember[];
    }
  | {
      readonly kind: 'sync';
      readonly request: number;
      readonly memberId: string;
      readonly generation: number;
      readonly protocol: string;
      readonly assignments: readonly MemberAssignment[];
    }
  | {
      readonly kind: 'heartbeat';
      readonly request: number;
      readonly memberId: string;
      readonly generation: number;
      /** The group connection is taken by a JoinGroup or SyncGroup, which would hold the heartbeat up. */
      readonly beside: boolean;
    }
  | { readonly kind: 'leave'; readonly memberId: string; readonly reason: string }
  /** Look for the coordinator anew; with `drop`, give up on what it still owes an answer to. */
  | { readonly kind: 'forgetCoordinator'; readonly drop: boolean }
  | {
      readonly kind: 'commit';
      readonly ticket: number;
      readonly ownership: Ownership;
      readonly partitions: readonly number[];
    }
  | { readonly kind: 'commitSettled'; readonly ticket: number; readonly outcome: CommitOutcome }
  | { readonly kind: 'assigned'; readonly partitions: readonly number[]; readonly generation: number }
  | {
      readonly kind: 'revoking';
      readonly drain: number;
      readonly partitions: readonly number[];
      readonly deadlineMs: number;
    }
  | {
      readonly kind: 'gone';
      readonly partitions: readonly number[];
      readonly reason: 'revoked' | 'lost' | 'closed';
    }
  | { readonly kind: 'down'; readonly cause: TidemarkError }
  | { readonly kind: 'up' }
  | { readonly kind: 'failed'; readonly cause: TidemarkError }
  | { readonly kind: 'stopped' };

export type EffectOf<Kind extends GroupEffect['kind']> = Extract<GroupEffect, { kind: Kind }>;

export type CommitOutcome = 'committed' | 'refused' | TidemarkError;
