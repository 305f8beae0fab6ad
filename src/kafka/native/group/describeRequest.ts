import { describeGroupsV5 } from '@platformatic/kafka';
import type { BrokerLink } from '../cluster/brokerLink.ts';
import { errorName, faultOfCode } from '../cluster/fault.ts';
import { wholeAnswer } from '../cluster/wholeAnswer.ts';

const DESCRIBE_GROUPS = 15;
const TIMEOUT_MS = 5_000;

type GroupDescription = describeGroupsV5.DescribeGroupsResponse['groups'][number];

/**
 * What the coordinator knows of the group: its state is Dead where nobody has ever been in it. With `operations` it also says what the
 * principal may do to it (KIP-430). Undefined when it knows no such group. Throws a KafkaFault.
 */
export async function askToDescribe(
  link: BrokerLink,
  group: string,
  operations = false,
): Promise<GroupDescription | undefined> {
  link.version(DESCRIBE_GROUPS, 5, 5);
  const { groups } = await wholeAnswer(link.api(describeGroupsV5.api, TIMEOUT_MS, [group], operations));
  const described = groups.find(({ groupId }) => groupId === group);
  const code = described?.errorCode ?? 0;
  if (errorName(code) === 'GROUP_ID_NOT_FOUND') return undefined;
  if (code !== 0) throw faultOfCode(code, `DescribeGroups to ${link.broker}`);
  return described;
}
