/**
 * Looks at a consumer group by Kafka's own data, whoever its members are, and joins nothing: a request to the coordinator for
 * the members, one for the committed offsets, and three to each broker that leads partitions. It is the one place beside the
 * native client that knows its connections: the rest of the administration uses kafkajs, which a process that scores with the
 * native client should not have to load for this.
 */
import { describeGroupsV5 } from '@platformatic/kafka';
import { TidemarkError } from '../errors.ts';
import type { ClientLog, KafkaConnection } from './connection.ts';
import type { GroupLook, GroupState, MemberLook, PartitionLook } from './groupLook.ts';
import type { BrokerLink } from './native/cluster/brokerLink.ts';
import { Cluster } from './native/cluster/cluster.ts';
import { errorName, faultOfCode, KafkaFault } from './native/cluster/fault.ts';
import type { TopicView } from './native/cluster/topicView.ts';
import { LogOffsets } from './native/fetch/logOffsets.ts';
import { decodeAssignment } from './native/group/assignment.ts';
import { groupError } from './native/group/groupFault.ts';
import { askOffsets } from './native/group/offsets.ts';
import { parseOffset } from './offset.ts';

const DESCRIBE_GROUPS = 15;
const TIMEOUT_MS = 5_000;

type DescribedGroup = describeGroupsV5.DescribeGroupsResponse['groups'][number];
type Members = Pick<GroupLook, 'state' | 'assignor' | 'members'>;

const NO_GROUP: Members = { state: 'dead', assignor: '', members: [] };

export class GroupView {
  readonly #cluster: Cluster;
  readonly #offsets: LogOffsets;
  readonly #group: string;
  readonly #topic: string;
  #coordinator: number | undefined;

  /** Connects to nothing yet. */
  constructor(connection: KafkaConnection, group: string, topic: string, log?: ClientLog) {
    this.#cluster = new Cluster(connection, log === undefined ? {} : { log });
    this.#offsets = new LogOffsets(this.#cluster, topic);
    this.#group = group;
    this.#topic = topic;
  }

  /**
   * The group as it is now. Its parts are asked for at the same time, so that a group that works fast may seem to have committed
   * a little beyond an end. Throws a TidemarkError: E-KAFKA-UNREACHABLE, E-KAFKA-TOPIC-MISSING, E-KAFKA-ACL and its like.
   */
  async look(): Promise<GroupLook> {
    const doing = `looking at group ${this.#group}`;
    try {
      const view = await this.#view();
      const numbers = [...view.partitions.keys()];
      const [{ members, committed }, low, end, stable] = await Promise.all([
        this.#askCoordinator(numbers),
        this.#offsets.earliest(numbers),
        this.#offsets.latest(numbers),
        this.#offsets.latestStable(numbers),
      ]);
      const partitions = view.partitions.map(({ nodeId }, partition): PartitionLook => {
        const facts = {
          leader: nodeId < 0 ? undefined : nodeId,
          low: known(low.get(partition)),
          end: known(end.get(partition)),
          stable: known(stable.get(partition)),
          committed: committed.get(partition),
        };
        return { partition, ...present(facts) };
      });
      return { group: this.#group, topic: this.#topic, ...members, partitions };
    } catch (thrown) {
      throw groupError(thrown, doing);
    }
  }

  /** What is under way then fails. */
  async close(): Promise<void> {
    await this.#cluster.close();
  }

  async #view(): Promise<TopicView> {
    // Known ones are asked about again every 30 s by the cluster itself.
    if (this.#cluster.topic(this.#topic) === undefined) await this.#cluster.refresh([this.#topic]);
    const view = this.#cluster.topic(this.#topic);
    if (view !== undefined) return view;
    throw new TidemarkError('E-KAFKA-TOPIC-MISSING', `topic ${this.#topic} does not exist`);
  }

  async #askCoordinator(
    partitions: readonly number[],
  ): Promise<{ members: Members; committed: ReadonlyMap<number, number> }> {
    try {
      this.#coordinator ??= await this.#cluster.findCoordinator(this.#group);
      const link = await this.#cluster.link(this.#coordinator, 'metadata');
      const [members, committed] = await Promise.all([
        describe(link, this.#group, this.#topic),
        committedOffsets(link, this.#group, this.#topic, partitions),
      ]);
      return { members, committed };
    } catch (thrown) {
      // It may be another broker by now.
      this.#coordinator = undefined;
      throw thrown;
    }
  }
}

async function describe(link: BrokerLink, group: string, topic: string): Promise<Members> {
  link.version(DESCRIBE_GROUPS, 5, 5);
  let described: DescribedGroup | undefined;
  try {
    const { groups } = await link.api(describeGroupsV5.api, TIMEOUT_MS, [group], false);
    described = groups.find(({ groupId }) => groupId === group);
  } catch (thrown) {
    if (thrown instanceof KafkaFault && thrown.type === 'GROUP_ID_NOT_FOUND') return NO_GROUP;
    throw thrown;
  }
  if (described === undefined) return NO_GROUP;
  const { protocolType, protocolData, groupState } = described;
  if (!['', 'consumer'].includes(protocolType))
    throw new TidemarkError(
      'E-KAFKA-GROUP',
      `group ${group} is one of ${protocolType}, not of consumers: choose another kafka.group`,
    );
  const members = described.members.map((member) => memberOf(member, topic));
  return { state: stateOf(groupState), assignor: protocolData, members };
}

function memberOf(member: DescribedGroup['members'][number], topic: string): MemberLook {
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

function stateOf(told: string): GroupState {
  switch (told) {
    case 'Stable':
      return 'stable';
    case 'Empty':
      return 'empty';
    case 'Dead':
      return 'dead';
    default:
      return 'rebalancing';
  }
}

/** Offsets of a transaction that is open are not waited for: what was committed before is what is known. */
async function committedOffsets(
  link: BrokerLink,
  group: string,
  topic: string,
  partitions: readonly number[],
): Promise<Map<number, number>> {
  const answered = await askOffsets(link, { group, topic, partitions, requireStable: false });
  const committed = new Map<number, number>();
  for (const { partitionIndex, committedOffset, errorCode } of answered) {
    if (errorName(errorCode) !== 'NONE')
      throw faultOfCode(errorCode, `reading the committed offset of ${topic}/${partitionIndex}`);
    if (committedOffset >= 0n) committed.set(partitionIndex, parseOffset(String(committedOffset)));
  }
  return committed;
}

function known(offset: number | TidemarkError | undefined): number | undefined {
  return typeof offset === 'number' ? offset : undefined;
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Without what is not known. */
function present<T extends object>(facts: T): Present<T> {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)) as Present<T>;
}
