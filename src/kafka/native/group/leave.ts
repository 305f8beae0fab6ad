import { Backoff } from '../cluster/backoff.ts';
import type { BrokerLink } from '../cluster/brokerLink.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { errorName, faultOfCode, KafkaFault } from '../cluster/fault.ts';
import { pause } from '../cluster/pause.ts';
import { askToDescribe } from './describeRequest.ts';
import { groupError } from './groupFault.ts';
import { askToLeave } from './leaveRequest.ts';

const TIMEOUT_MS = 5_000;
/** Coordinators that move are back by then, mostly; whoever waits for the command should not wait longer. */
const RETRY_FOR_MS = 5_000;

/** `absent`: the group has no such member. `no-group`: nobody has ever been in the group, or it was deleted. */
export type LeaveOutcome = 'left' | 'absent' | 'no-group';

/**
 * Takes a static member out of its group, so that the group does not wait for its session to end: by its name, whatever its
 * member id is now (KIP-345). Tries for a while where no coordinator answers; throws a TidemarkError.
 */
export async function leaveGroup(
  cluster: Cluster,
  group: string,
  instanceId: string,
  reason: string,
): Promise<LeaveOutcome> {
  const backoff = new Backoff({ firstMs: 100, maxMs: 2_000 });
  const giveUpAtMs = performance.now() + RETRY_FOR_MS;
  for (;;) {
    try {
      const link = await cluster.link(await cluster.findCoordinator(group), 'group');
      if (await leave(link, group, instanceId, reason)) return 'left';
      return (await exists(link, group)) ? 'absent' : 'no-group';
    } catch (thrown) {
      const error = groupError(thrown, `taking ${instanceId} out of group ${group}`);
      if (error.disposition !== 'retry' || performance.now() > giveUpAtMs) throw error;
    }
    await pause(backoff.next());
  }
}

interface LeaveResponse {
  readonly errorCode: number;
  readonly members: readonly { readonly errorCode: number }[];
}

/** @returns whether the group had such a member. */
async function leave(link: BrokerLink, group: string, instanceId: string, reason: string): Promise<boolean> {
  try {
    await askToLeave(link, group, { memberId: '', groupInstanceId: instanceId, reason }, TIMEOUT_MS);
    return true;
  } catch (thrown) {
    if (!(thrown instanceof KafkaFault) || thrown.response === undefined) throw thrown;
    // What is said of the group holds for its member; and a group that is not there has no member at all.
    const { errorCode, members } = thrown.response as LeaveResponse;
    const code = errorCode === 0 ? (members[0]?.errorCode ?? 0) : errorCode;
    if (['UNKNOWN_MEMBER_ID', 'GROUP_ID_NOT_FOUND'].includes(errorName(code))) return false;
    throw faultOfCode(code, `LeaveGroup to ${link.broker}`);
  }
}

/** Asked only to say what is wrong: who may not describe the group (an ACL) is told that it has no such member. */
async function exists(link: BrokerLink, group: string): Promise<boolean> {
  try {
    const state = (await askToDescribe(link, group))?.groupState ?? 'Dead';
    return state !== 'Dead';
  } catch {
    return true;
  }
}
