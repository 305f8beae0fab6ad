/** Errors of the group's coordinator, as the machine and the operator are told of them. */
import { asTidemarkError, TidemarkError } from '../../../errors.ts';
import { kafkaError } from '../../errors.ts';
import { KafkaFault } from '../cluster/fault.ts';
import type { GroupFault } from './machineTypes.ts';

/** Why the group will not take this member, and what to look at; waiting cures none of them. */
const REASONS: Readonly<Record<string, string>> = {
  INCONSISTENT_GROUP_PROTOCOL:
    'the group’s other members offer no assignor that this one offers, or the group is not one of consumers of the classic protocol; stop them, or choose another kafka.group',
  INVALID_SESSION_TIMEOUT:
    'kafka.session_timeout is outside the broker’s group.min.session.timeout.ms and group.max.session.timeout.ms',
  INVALID_GROUP_ID: 'kafka.group is not a name the broker takes',
  GROUP_MAX_SIZE_REACHED: 'the group has as many members as the broker’s group.max.size allows',
};

/** `doing` says what was tried, as in `joining group fraud`. */
export function groupError(thrown: unknown, doing: string): TidemarkError {
  if (!(thrown instanceof KafkaFault)) return asTidemarkError(thrown);
  const { type } = thrown;
  if (type === 'FENCED_INSTANCE_ID')
    return new TidemarkError('E-KAFKA-FENCED', `${doing}: ${thrown.message} (${type})`, { cause: thrown });
  const reason = REASONS[type];
  if (reason !== undefined)
    return new TidemarkError('E-KAFKA-GROUP', `${doing}: ${reason} (${type})`, { cause: thrown });
  return kafkaError(thrown, doing);
}

export function groupFault(thrown: unknown, doing: string): GroupFault {
  const cause = groupError(thrown, doing);
  if (!(thrown instanceof KafkaFault)) return { type: cause.code, cause };
  const { memberId } = (thrown.response ?? {}) as { readonly memberId?: unknown };
  return { type: thrown.type, cause, ...(typeof memberId === 'string' ? { memberId } : {}) };
}
