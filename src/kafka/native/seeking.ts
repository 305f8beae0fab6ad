/**
 * Moving a partition that is held, because somebody asked for it: its lease ends as in a rebalance, the new position is
 * committed, and who grants it anew begins where the group says. So a process that dies on the way leaves either position
 * behind, never something between.
 */

import { giveUpAfter } from '../../deadlines/giveUpAfter.ts';
import type { Lease, SeekResult, SeekTarget } from '../../pipeline/ports.ts';
import { kafkaError } from '../errors.ts';
import type { Assignment } from './assignment.ts';
import type { Fetcher } from './fetch/fetcher.ts';
import type { Positions } from './fetch/positions.ts';
import type { GroupMember } from './group/member.ts';

export interface SeekingParts {
  readonly topic: string;
  readonly drainTimeoutMs: number;
  readonly assignment: Pick<Assignment, 'holds'>;
  readonly fetcher: Pick<Fetcher, 'remove' | 'unreadableEnd'>;
  readonly positions: Pick<Positions, 'seek'>;
  readonly member: Pick<GroupMember, 'commit' | 'committed'>;
  /** The next offset of the lease that the group is to read: where it began, or what was committed of it. */
  positionOf(lease: Lease): number | undefined;
  /** Finishes and commits what is in hand. */
  ending(lease: Lease, deadlineMs: number): Promise<void>;
  /** From here on nothing of the lease is committed, though the group may still take it back. */
  commitNoMore(lease: Lease): void;
  /** Ends the lease and grants its partition anew, where the group says. */
  grantAnew(lease: Lease): void;
}

/** Whatever was read is of another log, or the epoch is that of another place (KIP-320). */
const UNKNOWN_EPOCH = -1;
const GIVEN_UP = 'the partition is being given to another process; ask again once it is there';

export async function seekLease(lease: Lease, to: SeekTarget, parts: SeekingParts): Promise<SeekResult> {
  const { assignment, fetcher, drainTimeoutMs } = parts;
  if (!assignment.holds(lease) || lease.state.kind !== 'held') return refused(GIVEN_UP);
  const deadlineMs = Date.now() + drainTimeoutMs;
  const ending = { kind: 'ending', deadlineMs } as const;
  // The group gives it another state as soon as it wants the partition itself.
  const isOurs = () => lease.state === ending;
  lease.state = ending;
  fetcher.remove(lease);
  await giveUpAfter(drainTimeoutMs, parts.ending(lease, deadlineMs));
  parts.commitNoMore(lease);
  const result = isOurs()
    ? await move(lease, to, parts, Date.now() >= deadlineMs, isOurs).catch((thrown: unknown) =>
        refused(kafkaError(thrown, `moving ${parts.topic}/${lease.partition}`).message),
      )
    : refused(GIVEN_UP);
  if (isOurs()) parts.grantAnew(lease);
  return result;
}

async function move(
  lease: Lease,
  to: SeekTarget,
  { fetcher, positions, member, positionOf }: SeekingParts,
  isLate: boolean,
  isOurs: () => boolean,
): Promise<SeekResult> {
  const { partition } = lease;
  if (isLate) return refused('what is in hand of it took longer than kafka.drain_timeout');
  // A lease that has just been granted may not have found its position yet, which the group knows.
  const at = positionOf(lease) ?? (await member.committed([partition])).get(partition)?.offset;
  const offset = await positions.seek(partition, to, { at, unreadableEnd: fetcher.unreadableEnd(lease) });
  if (typeof offset === 'string') return refused(offset);
  if (!isOurs()) return refused(GIVEN_UP);
  const answer = await member.commit([{ partition, offset, leaderEpoch: UNKNOWN_EPOCH }]);
  if (answer === 'refused')
    return refused('the group has moved on: the partition is another member’s by now');
  // A commit leaves out what was given up before its turn came.
  if (!isOurs() && (await member.committed([partition])).get(partition)?.offset !== offset)
    return refused(GIVEN_UP);
  return { kind: 'moved', from: at, to: offset };
}

function refused(why: string): SeekResult {
  return { kind: 'refused', why };
}
