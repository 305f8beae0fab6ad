/** What is known of a group after some looks at it: plain values, as /api/group and `tidemark top --json` give them. */
import type { ErrorCode } from '../../errors.ts';
import type { GroupState } from '../../kafka/inspect/groupLook.ts';

/**
 * - `idle`: nothing arrives, nothing waits
 * - `keeping-up`: what waits is less than ten seconds' worth of events
 * - `behind`: more than that waits
 * - `stuck`: it has an owner and events wait, but its committed offset does not move
 * - `no-owner`: no member of the group has it
 * - `unknown`: it has no leader, or there was one look only
 */
export type PartitionState = 'idle' | 'keeping-up' | 'behind' | 'stuck' | 'no-owner' | 'unknown';

export interface PartitionReport {
  readonly partition: number;
  readonly state: PartitionState;
  /** Node id of its leader; null while there is none. */
  readonly leader: number | null;
  readonly low: number | null;
  readonly end: number | null;
  /** Null when the group has committed nothing here. */
  readonly committed: number | null;
  /** Offsets from the committed one, or from the begin of the log where there is none, to the end. Null: not known. */
  readonly lag: number | null;
  /** About how long the oldest event without an outcome has waited; 0 when none waits, null while it cannot be told. */
  readonly lagSeconds: number | null;
  /** The looks do not reach back to when it arrived: it has waited for `lagSeconds` at least. */
  readonly lagSecondsIsLeast: boolean;
  /** How fast the end grows; null before the second look. */
  readonly arrivalPerSecond: number | null;
  /** How fast the committed offset grows; null before the second look. */
  readonly progressPerSecond: number | null;
  /** For how long events have waited without progress; 0 when there is some. */
  readonly stillSeconds: number;
  /** Records after the committed offset belong to a transaction that is open: no read_committed reader gets further. */
  readonly openTransaction: boolean;
  /** Member id; null when nobody has it. */
  readonly owner: string | null;
  /** Why this process reads it no further, where it is this process that holds it. */
  readonly stopped: { readonly code: ErrorCode; readonly message: string } | null;
}

export interface MemberReport {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly host: string;
  readonly partitions: readonly number[];
  readonly lag: number;
  readonly arrivalPerSecond: number | null;
  readonly progressPerSecond: number | null;
}

export interface GroupReport {
  readonly group: string;
  readonly topic: string;
  /** `unknown` before the first look that succeeded. */
  readonly state: GroupState | 'unknown';
  readonly assignor: string;
  /** When the last look that succeeded was taken, epoch milliseconds; null before. */
  readonly lookedAtMs: number | null;
  /** Why the last look failed; null when it did not. The rest is then as it was last seen. */
  readonly fault: { readonly code: ErrorCode; readonly message: string } | null;
  /** What the rates were taken over; 0 before the second look. */
  readonly windowSeconds: number;
  readonly members: readonly MemberReport[];
  readonly partitions: readonly PartitionReport[];
  readonly lag: number;
  readonly arrivalPerSecond: number | null;
  readonly progressPerSecond: number | null;
  /** Until nothing waits if it goes on like this; 0 when nothing waits, null when it never would or is not known. */
  readonly drainSeconds: number | null;
}
