/** What the coordinator of a group knows of it: its members and the offsets it has committed. */
import { TidemarkError } from '../../errors.ts';
import type { BrokerLink } from '../native/cluster/brokerLink.ts';
import { errorName, faultOfCode, KafkaFault } from '../native/cluster/fault.ts';
import { pause } from '../native/cluster/pause.ts';
import { decodeAssignment } from '../native/group/assignment.ts';
import { askToDescribe } from '../native/group/describeRequest.ts';
import { groupError } from '../native/group/groupFault.ts';
import { askOffsets } from '../native/group/offsets.ts';
import { parseOffset } from '../offset.ts';
import type { MemberLook } from './groupLook.ts';
import { type Operation, operationsOf } from './operations.ts';

const TRIES = 25;
const AGAIN_MS = 200;

/** What passes within moments: the first who ever asks makes brokers create the topic of offsets, and its leaders load it. */
const PASSING = new Set(['COORDINATOR_NOT_AVAILABLE', 'COORDINATOR_LOAD_IN_PROGRESS', 'NOT_COORDINATOR']);

/** Where the coordinator is found and reached; both may throw KafkaFaults. */
export interface GroupCluster {
  findCoordinator(group: string): Promise<number>;
  link(nodeId: number, purpose: 'metadata'): Promise<BrokerLink>;
}

export interface DescribedGroup {
  /** Kafka's own word: Stable, Empty, Dead, PreparingRebalance, CompletingRebalance. */
  readonly state: string;
  /** The assignor that the members settled on; '' while there is none. */
  readonly assignor: string;
  readonly members: readonly MemberLook[];
  /** What the principal may do; undefined when the broker did not say, or was not asked. */
  readonly operations: ReadonlySet<Operation> | undefined;
}

const NO_GROUP: DescribedGroup = { state: 'Dead', assignor: '', members: [], operations: undefined };

/** Asks about one group and one topic that it reads, and joins nothing. Everything here throws a TidemarkError. */
export class GroupInspector {
  readonly #cluster: GroupCluster;
  readonly #group: string;
  readonly #topic: string;
  #coordinator: Promise<number> | undefined;

  constructor(cluster: GroupCluster, group: string, topic: string) {
    this.#cluster = cluster;
    this.#group = group;
    this.#topic = topic;
  }

  /** E-KAFKA-ACL when the group may not be described, E-KAFKA-GROUP when it is none of consumers. */
  describe({ operations = false } = {}): Promise<DescribedGroup> {
    const group = this.#group;
    return this.#atCoordinator(`describing group ${group}`, async (link) => {
      const described = await askToDescribe(link, group, operations);
      if (described === undefined) return NO_GROUP;
      const { protocolType, protocolData, groupState, authorizedOperations, members } = described;
      if (!['', 'consumer'].includes(protocolType))
        throw new TidemarkError(
          'E-KAFKA-GROUP',
          `group ${group} is one of ${protocolType}, not of consumers: choose another kafka.group`,
        );
      return {
        state: groupState,
        assignor: protocolData,
        members: members.map((member) => memberOf(member, this.#topic)),
        operations: operationsOf(authorizedOperations),
      };
    });
  }

  /**
   * What the group has committed; partitions without are absent. Offsets of a transaction that is open are not waited for: what was
   * committed before is what is known.
   */
  committedOffsets(partitions: readonly number[]): Promise<ReadonlyMap<number, number>> {
    const [group, topic] = [this.#group, this.#topic];
    return this.#atCoordinator(`reading the committed offsets of group ${group}`, async (link) => {
      const answered = await askOffsets(link, { group, topic, partitions, requireStable: false });
      const committed = new Map<number, number>();
      for (const { partitionIndex, committedOffset, errorCode } of answered) {
        if (errorName(errorCode) !== 'NONE')
          throw faultOfCode(errorCode, `the committed offset of ${topic}/${partitionIndex}`);
        if (committedOffset >= 0n) committed.set(partitionIndex, parseOffset(String(committedOffset)));
      }
      return committed;
    });
  }

  async #atCoordinator<T>(doing: string, use: (link: BrokerLink) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      this.#coordinator ??= this.#cluster.findCoordinator(this.#group);
      const finding = this.#coordinator;
      try {
        return await use(await this.#cluster.link(await finding, 'metadata'));
      } catch (thrown) {
        // It may be another broker by now.
        if (this.#coordinator === finding) this.#coordinator = undefined;
        const passes = thrown instanceof KafkaFault && PASSING.has(thrown.type);
        if (tries === TRIES || !passes) throw groupError(thrown, doing);
      }
      await pause(AGAIN_MS);
    }
  }
}

type Described = NonNullable<Awaited<ReturnType<typeof askToDescribe>>>;

function memberOf(member: Described['members'][number], topic: string): MemberLook {
  const { memberId, groupInstanceId, clientId, clientHost, memberAssignment } = member;
  return {
    memberId,
    ...(groupInstanceId ? { instanceId: groupInstanceId } : {}),
    clientId,
    // Java's way to print an address.
    host: clientHost.replace(/^\//, ''),
    partitions: memberAssignment.length === 0 ? [] : decodeAssignment(memberAssignment, topic),
  };
}
