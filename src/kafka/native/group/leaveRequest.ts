import { leaveGroupV3, leaveGroupV4, leaveGroupV5 } from '@platformatic/kafka';
import type { BrokerLink } from '../cluster/brokerLink.ts';

const LEAVE_GROUP = 13;
/** From the version on that takes static members by their names (KIP-345). */
const LEAVES = [leaveGroupV3.api, leaveGroupV4.api, leaveGroupV5.api];

/** Who leaves: a dynamic member by its id, a static one by its name. */
export interface Leaver {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly reason: string;
}

/** Throws a KafkaFault, also when the group does not know the member. */
export async function askToLeave(
  link: BrokerLink,
  group: string,
  leaver: Leaver,
  timeoutMs: number,
): Promise<void> {
  const api = LEAVES[link.version(LEAVE_GROUP, 3, 5) - 3];
  await link.api(api, timeoutMs, group, [leaver]);
}
