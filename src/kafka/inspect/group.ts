import { describeGroupsV5, offsetFetchV8 } from '@platformatic/kafka';
import { protocolError } from '../errors.ts';
import type { BrokerLink } from '../native/cluster/brokerLink.ts';
import { askCoordinator } from '../native/cluster/coordinator.ts';
import { faultOfCode } from '../native/cluster/fault.ts';
import { pause } from '../native/cluster/pause.ts';
import { decodeAssignment } from '../native/group/assignment.ts';
import { parseOffset } from '../offset.ts';
import type { ClusterInspector } from './inspector.ts';
import { type Operation, operationsOf } from './operations.ts';
import { whole } from './whole.ts';

const TIMEOUT_MS = 10_000;
const COORDINATOR_TRIES = 25;
const COORDINATOR_AGAIN_MS = 200;

export interface GroupFacts {
  /** Kafka's own word: Stable, Empty, Dead, PreparingRebalance, CompletingRebalance. */
  readonly state: string;
  readonly members: readonly {
    readonly clientId: string;
    readonly host: string;
    readonly instanceId: string | undefined;
    /** Of the topic that was asked about; empty while the group is rebalancing. */
    readonly partitions: readonly number[];
  }[];
  /** What the principal may do; undefined when the broker did not say. */
  readonly operations: ReadonlySet<Operation> | undefined;
}

/** Throws a TidemarkError: E-KAFKA-ACL when the group may not be described. */
export async function describeGroup(
  cluster: ClusterInspector,
  group: string,
  topic: string,
): Promise<GroupFacts> {
  const doing = `describing group ${group}`;
  return atCoordinator(cluster, group, doing, async (link) => {
    const { groups } = await whole(link.api(describeGroupsV5.api, TIMEOUT_MS, [group], true));
    const [found] = groups;
    if (found === undefined || found.errorCode !== 0) throw faultOfCode(found?.errorCode ?? -1, link.broker);
    return {
      state: found.groupState,
      operations: operationsOf(found.authorizedOperations),
      members: found.members.map(({ clientId, clientHost, groupInstanceId, memberAssignment }) => ({
        clientId,
        host: clientHost.replace(/^\//, ''),
        instanceId: groupInstanceId ?? undefined,
        partitions: decodeAssignment(memberAssignment, topic),
      })),
    };
  });
}

/** What the group has committed; partitions without are absent. Throws a TidemarkError. */
export async function committedOffsets(
  cluster: ClusterInspector,
  group: string,
  topic: string,
  partitions: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  const doing = `reading the committed offsets of group ${group}`;
  return atCoordinator(cluster, group, doing, async (link) => {
    const asked = {
      groupId: group,
      memberId: null,
      memberEpoch: -1,
      topics: [{ name: topic, partitionIndexes: [...partitions] }],
    };
    // Unstable offsets are no reason to wait for somebody who only looks.
    const { groups } = await whole(link.api(offsetFetchV8.api, TIMEOUT_MS, [asked], false));
    const code = groups[0]?.errorCode ?? -1;
    if (code !== 0) throw faultOfCode(code, link.broker);
    const answered = groups.flatMap(({ topics }) => topics).flatMap((entry) => entry.partitions);
    return new Map(
      answered
        .filter(({ errorCode, committedOffset }) => errorCode === 0 && committedOffset >= 0n)
        .map(({ partitionIndex, committedOffset }) => [partitionIndex, parseOffset(String(committedOffset))]),
    );
  });
}

/** What passes within moments: the first who ever asks makes brokers create the topic of offsets, and its leaders load it. */
const PASSING = new Set(['COORDINATOR_NOT_AVAILABLE', 'COORDINATOR_LOAD_IN_PROGRESS', 'NOT_COORDINATOR']);

/** `use` with the connection to the group’s coordinator. Throws a TidemarkError. */
async function atCoordinator<T>(
  cluster: ClusterInspector,
  group: string,
  doing: string,
  use: (link: BrokerLink) => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      const { nodeId } = await cluster.any(doing, (link) => askCoordinator(link, group));
      return await cluster.at(nodeId, doing, use);
    } catch (thrown) {
      if (tries === COORDINATOR_TRIES || !PASSING.has(protocolError(thrown) ?? '')) throw thrown;
    }
    await pause(COORDINATOR_AGAIN_MS);
  }
}
