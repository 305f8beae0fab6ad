/**
 * Looks at a consumer group by Kafka's own data, whoever its members are, and joins nothing: a request to the coordinator for
 * the members, one for the committed offsets, and three to each broker that leads partitions. It has the native client's
 * connections, whichever client scores: they outlive brokers that come and go.
 */
import { TidemarkError } from '../../errors.ts';
import type { ClientLog, KafkaConnection } from '../connection.ts';
import { Cluster } from '../native/cluster/cluster.ts';
import type { TopicView } from '../native/cluster/topicView.ts';
import { LogOffsets } from '../native/fetch/logOffsets.ts';
import { groupError } from '../native/group/groupFault.ts';
import { GroupInspector } from './group.ts';
import { type GroupLook, groupStateOf, type PartitionLook } from './groupLook.ts';
import { present } from './present.ts';

export class GroupView {
  readonly #cluster: Cluster;
  readonly #offsets: LogOffsets;
  readonly #inspector: GroupInspector;
  readonly #group: string;
  readonly #topic: string;

  /** Connects to nothing yet. */
  constructor(connection: KafkaConnection, group: string, topic: string, log?: ClientLog) {
    this.#cluster = new Cluster(connection, log === undefined ? {} : { log });
    this.#offsets = new LogOffsets(this.#cluster, topic);
    this.#inspector = new GroupInspector(this.#cluster, group, topic);
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
      const [{ state, assignor, members }, committed, low, end, stable] = await Promise.all([
        this.#inspector.describe(),
        this.#inspector.committedOffsets(numbers),
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
      return {
        group: this.#group,
        topic: this.#topic,
        state: groupStateOf(state),
        assignor,
        members,
        partitions,
      };
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
}

function known(offset: number | TidemarkError | undefined): number | undefined {
  return typeof offset === 'number' ? offset : undefined;
}
