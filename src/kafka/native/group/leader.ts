import { TidemarkError } from '../../../errors.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { TopicView } from '../cluster/topicView.ts';
import { decodeSubscriber, type Shared, share, topicsOf } from './assignment.ts';
import type { JoinedMember } from './machineTypes.ts';
import type { Assignor } from './membership.ts';

/**
 * What the leader of a group does beyond being a member: it shares out the partitions, and sees to it that the group does
 * so again when there are more of them. The coordinator does neither.
 */
export class GroupLeader {
  readonly #cluster: Cluster;
  readonly #changed: (reason: string) => void;
  readonly #stopWatching: () => void;
  /** Partitions of each subscribed topic when they were last shared out; 0 for a topic that was missing. */
  #shared: ReadonlyMap<string, number> | undefined;

  constructor(cluster: Cluster, changed: (reason: string) => void) {
    this.#cluster = cluster;
    this.#changed = changed;
    this.#stopWatching = cluster.onChange((view, topic) => this.#onChange(view, topic));
  }

  async distribute(protocol: string, assignors: readonly Assignor[], members: readonly JoinedMember[]) {
    const assignor = assignors.find((name) => name === protocol);
    if (assignor === undefined)
      throw new TidemarkError(
        'E-KAFKA-GROUP',
        `the group chose the assignor ${protocol}, which was not offered`,
      );
    const subscribers = members.map(decodeSubscriber);
    this.resign();
    const counts = await this.#count(topicsOf(subscribers));
    const shared: Shared = share(
      assignor,
      subscribers,
      new Map([...counts].filter(([, count]) => count > 0)),
    );
    return shared;
  }

  /** We lead, but the assignment stands as it is (KIP-814): only the watching is ours. */
  async watch(members: readonly JoinedMember[]): Promise<void> {
    this.resign();
    await this.#count(topicsOf(members.map(decodeSubscriber)));
  }

  resign(): void {
    this.#shared = undefined;
  }

  close(): void {
    this.#stopWatching();
  }

  async #count(topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
    // What is known may be half a minute old, and a group is joined just after its topics are made.
    await this.#cluster.refresh(topics);
    const counts = new Map(topics.map((topic) => [topic, countOf(this.#cluster.topic(topic))]));
    this.#shared = counts;
    return counts;
  }

  #onChange(view: TopicView | undefined, topic: string): void {
    const before = this.#shared?.get(topic);
    if (before === undefined || countOf(view) === before) return;
    this.#changed(`${topic} has ${countOf(view)} partitions, and not ${before} any more`);
  }
}

function countOf(view: TopicView | undefined): number {
  return view?.partitions.length ?? 0;
}
