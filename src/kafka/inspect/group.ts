import { describeGroupsV5, offsetFetchV8 } from '@platformatic/kafka';
import { askCoordinator } from '../native/cluster/coordinator.ts';
import { faultOfCode, KafkaFault } from '../native/cluster/fault.ts';
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
  const nodeId = await coordinatorOf(cluster, group);
  return cluster.at(nodeId, doing, async (link) => {
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
  const nodeId = await coordinatorOf(cluster, group);
  return cluster.at(nodeId, doing, async (link) => {
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

/** The first who ever asks for a coordinator makes brokers create the topic of offsets, which takes a moment. */
async function coordinatorOf(cluster: ClusterInspector, group: string): Promise<number> {
  const doing = `finding the coordinator of group ${group}`;
  return cluster.any(doing, async (link) => {
    for (let tries = 1; ; tries++) {
      try {
        return (await askCoordinator(link, group)).nodeId;
      } catch (thrown) {
        const isLate = thrown instanceof KafkaFault && thrown.type === 'COORDINATOR_NOT_AVAILABLE';
        if (!isLate || tries === COORDINATOR_TRIES) throw thrown;
      }
      await pause(COORDINATOR_AGAIN_MS);
    }
  });
}
