import type { GroupFault } from './machineTypes.ts';

/**
 * What an error of the group means for the member:
 * - `rebalance`: the members are to join again; ours is known and alive.
 * - `id-required`: join once more with the id that came with the error, so that a join whose answer is lost leaves no
 *   member behind that nobody knows of (KIP-394).
 * - `unknown`: the group has no such member; what it owned is others' by now.
 * - `stale`: the group has gone on to another generation without us.
 * - `moved`: the coordinator is elsewhere or out of reach.
 * - `loading`: the coordinator is where it should be but cannot serve this yet.
 * - `stop`: waiting does not cure it.
 */
export type Verdict = 'rebalance' | 'id-required' | 'unknown' | 'stale' | 'moved' | 'loading' | 'stop';

export function verdictOf({ type, cause }: GroupFault): Verdict {
  switch (type) {
    case 'REBALANCE_IN_PROGRESS':
      return 'rebalance';
    case 'MEMBER_ID_REQUIRED':
      return 'id-required';
    case 'UNKNOWN_MEMBER_ID':
      return 'unknown';
    case 'ILLEGAL_GENERATION':
      return 'stale';
    case 'COORDINATOR_LOAD_IN_PROGRESS':
      return 'loading';
    // Of a commit: a topic that is just being made or deleted, which is nothing the coordinator could help.
    case 'UNKNOWN_TOPIC_OR_PARTITION':
      return 'loading';
    // A bug or a full disk of that broker: Java gives up here, but the next coordinator may well do.
    case 'UNKNOWN_SERVER_ERROR':
      return 'moved';
    default:
      return cause.disposition === 'retry' ? 'moved' : 'stop';
  }
}
