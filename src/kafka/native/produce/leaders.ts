import { TidemarkError } from '../../../errors.ts';
import { kafkaError } from '../../errors.ts';
import type { BrokerLink } from '../cluster/brokerLink.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { PartitionLeader, TopicView } from '../cluster/topicView.ts';
import type { ProduceLink } from './brokerSender.ts';
import type { Lane } from './lane.ts';
import type { Lanes } from './lanes.ts';

/** What writing needs of a cluster. */
export interface ProduceCluster
  extends Pick<Cluster, 'topic' | 'refresh' | 'refreshSoon' | 'onChange' | 'leaderMoved'> {
  link(nodeId: number, purpose: 'produce'): Promise<ProduceLink>;
  anyLink(purpose: 'metadata'): Promise<Pick<BrokerLink, 'version' | 'api'>>;
}

type Views = Pick<ProduceCluster, 'topic' | 'refresh'>;

/** Who leads the partitions, and the search for those that nobody is known to lead. */
export class Leaders {
  readonly #cluster: Views;
  readonly #lanes: Lanes;
  readonly #lookedFor = new Set<string>();

  constructor(cluster: Views, lanes: Lanes) {
    this.#cluster = cluster;
    this.#lanes = lanes;
  }

  of({ topic, partition }: Lane): PartitionLeader | undefined {
    const leader = this.#cluster.topic(topic)?.partitions[partition];
    return leader === undefined || leader.nodeId < 0 ? undefined : leader;
  }

  /** Asks who leads the lane, and calls `again` after a growing while. */
  find(lane: Lane, again: () => void): void {
    const { topic, cause } = lane;
    if (cause !== undefined) lane.failed(cause);
    lane.delay(again);
    if (this.#lookedFor.has(topic)) return;
    this.#lookedFor.add(topic);
    this.#cluster
      .refresh([topic])
      .then(() => this.#asked(topic))
      .catch((thrown) => this.#notFound(topic, kafkaError(thrown, `looking for topic ${topic}`)))
      .finally(() => this.#lookedFor.delete(topic));
  }

  #asked(topic: string): void {
    for (const lane of this.#lanes.of(topic)) {
      if (!lane.sequencer.idle && this.of(lane) === undefined) lane.failed(this.#lackOf(lane));
    }
  }

  #lackOf({ topic, partition }: Lane): TidemarkError {
    const doing = `writing to ${topic}/${partition}`;
    const view = this.#cluster.topic(topic);
    if (view === undefined) return missing(doing);
    const lacks = partition < view.partitions.length ? 'it has no leader' : 'there is no such partition';
    return new TidemarkError('E-KAFKA-UNREACHABLE', `${doing}: ${lacks}`);
  }

  #notFound(topic: string, cause: TidemarkError): void {
    for (const lane of this.#lanes.of(topic)) {
      if (lane.sequencer.idle) continue;
      if (cause.disposition === 'retry') lane.failed(cause);
      else lane.stop(cause);
    }
  }
}

/** The topic as brokers have it now. Throws a KafkaFault, or E-KAFKA-TOPIC-MISSING. */
export async function freshView(cluster: Views, topic: string): Promise<TopicView> {
  await cluster.refresh([topic]);
  const view = cluster.topic(topic);
  if (view === undefined) throw missing(`looking for topic ${topic}`);
  return view;
}

function missing(doing: string): TidemarkError {
  return new TidemarkError('E-KAFKA-TOPIC-MISSING', `${doing}: the topic does not exist`);
}
