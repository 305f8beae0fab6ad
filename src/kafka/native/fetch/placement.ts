/** Which broker each partition is fetched from, and when one that cannot be fetched is tried again. */
import { TidemarkError } from '../../../errors.ts';
import { Backoff, type Random } from '../cluster/backoff.ts';
import { NO_TOPIC_ID, type TopicView } from '../cluster/topicView.ts';
import type { BrokerFetcher, FetchCluster } from './brokerFetcher.ts';
import type { PartitionFetch } from './partition.ts';

export interface PlacementEvents {
  newBroker(nodeId: number): BrokerFetcher;
  /** The last partition that it led is gone. */
  brokerIdle(broker: BrokerFetcher): void;
  /** The partition cannot be fetched just now. */
  delayed(partition: PartitionFetch, cause: TidemarkError): void;
  /** The topic was deleted and made anew: another topic of the same name, whatever its offsets. */
  recreated(): void;
}

const RETRY = { firstMs: 50, maxMs: 1_000 };

export class Placement {
  /** Of the topic that is read, 16 bytes; undefined until it was seen. */
  topicId: Buffer | undefined;
  readonly #cluster: FetchCluster;
  readonly #topic: string;
  readonly #events: PlacementEvents;
  readonly #random: Random | undefined;
  readonly #brokers = new Map<number, BrokerFetcher>();
  readonly #backoffs = new Map<PartitionFetch, Backoff>();
  #viewId: string | undefined;

  constructor(cluster: FetchCluster, topic: string, events: PlacementEvents, random?: Random) {
    this.#cluster = cluster;
    this.#topic = topic;
    this.#events = events;
    this.#random = random;
  }

  get brokers(): ReadonlyMap<number, BrokerFetcher> {
    return this.#brokers;
  }

  /** Fetches the partition from its leader, as soon as there is one. */
  place(partition: PartitionFetch): void {
    clearTimeout(partition.retry);
    const view = this.#cluster.topic(this.#topic);
    if (view === undefined) {
      this.#seek(partition, 'E-KAFKA-TOPIC-MISSING', 'the topic does not exist');
      return;
    }
    if (this.#isOther(view)) {
      this.#adopt(view);
      this.#events.recreated();
      return;
    }
    const leader = view.partitions[partition.partition];
    if (leader === undefined || leader.nodeId < 0) {
      this.#seek(partition, 'E-KAFKA-UNREACHABLE', 'the partition has no leader');
      return;
    }
    const nodeId = partition.replica < 0 ? leader.nodeId : partition.replica;
    if (partition.nodeId !== nodeId) this.#leave(partition);
    partition.nodeId = nodeId;
    partition.leaderEpoch = leader.leaderEpoch;
    partition.start();
    const broker = this.#broker(nodeId);
    broker.members.add(partition);
    broker.ask(partition);
  }

  /** The leader has sent us to one of its followers (KIP-392), until that cannot serve or another leader is elected. */
  follow(partition: PartitionFetch, replica: number): void {
    partition.replica = replica;
    this.place(partition);
  }

  /** A follower cannot be had: what was read from it is asked of the leader again. */
  unfollow(nodeId: number): void {
    for (const partition of this.#brokers.get(nodeId)?.members ?? []) {
      if (partition.replica !== nodeId) continue;
      partition.replica = -1;
      if (partition.state.kind === 'fetching') this.place(partition);
    }
  }

  /** Not now: tried again after a while, or when its leader changes. */
  wait(partition: PartitionFetch, cause: TidemarkError): void {
    this.suspend(partition);
    partition.replica = -1;
    partition.state = { kind: 'waiting' };
    let backoff = this.#backoffs.get(partition);
    if (backoff === undefined) {
      backoff = new Backoff({ ...RETRY, ...(this.#random && { random: this.#random }) });
      this.#backoffs.set(partition, backoff);
    }
    partition.retry = setTimeout(() => this.place(partition), backoff.next());
    this.#events.delayed(partition, cause);
  }

  /** It can be fetched. */
  served(partition: PartitionFetch): void {
    this.#backoffs.delete(partition);
  }

  /** Not asked for until it is placed again. */
  suspend(partition: PartitionFetch): void {
    clearTimeout(partition.retry);
    this.#brokers.get(partition.nodeId)?.leaveOut(partition);
  }

  remove(partition: PartitionFetch): void {
    this.suspend(partition);
    this.#backoffs.delete(partition);
    this.#leave(partition);
  }

  /** The topic looks different now: `partitions` go to where their leaders are. */
  viewChanged(view: TopicView | undefined, partitions: Iterable<PartitionFetch>): void {
    // Missing: its leaders say so, too, and a broker that has just started may be wrong about it.
    if (view === undefined) return;
    if (this.#isOther(view)) {
      this.#adopt(view);
      this.#events.recreated();
      return;
    }
    for (const partition of partitions) {
      const { kind } = partition.state;
      if (kind !== 'fetching' && kind !== 'waiting') continue;
      const leader = view.partitions[partition.partition];
      const asked = partition.replica < 0 ? leader?.nodeId : partition.replica;
      const same = asked === partition.nodeId && leader?.leaderEpoch === partition.leaderEpoch;
      if (same || (leader === undefined && kind !== 'fetching')) continue;
      partition.replica = -1;
      this.place(partition);
    }
  }

  /** There is room again. */
  pump(): void {
    for (const broker of this.#brokers.values()) broker.pump();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#brokers.values()].map((broker) => broker.close()));
    this.#brokers.clear();
  }

  #seek(partition: PartitionFetch, code: 'E-KAFKA-TOPIC-MISSING' | 'E-KAFKA-UNREACHABLE', why: string): void {
    const place = `${this.#topic}/${partition.partition}`;
    this.wait(partition, new TidemarkError(code, `fetching ${place}: ${why}`));
    this.#cluster.refreshSoon([this.#topic]);
  }

  #isOther(view: TopicView): boolean {
    // Brokers tell ids from 2.8 on: a topic that has one now is still the same.
    if (this.#viewId === undefined || this.#viewId === NO_TOPIC_ID) this.#adopt(view);
    return this.#viewId !== view.id && view.id !== NO_TOPIC_ID;
  }

  #adopt(view: TopicView): void {
    this.#viewId = view.id;
    this.topicId = Buffer.from(view.id.replaceAll('-', ''), 'hex');
    for (const broker of this.#brokers.values()) broker.forget();
  }

  #broker(nodeId: number): BrokerFetcher {
    const known = this.#brokers.get(nodeId);
    if (known !== undefined) return known;
    const broker = this.#events.newBroker(nodeId);
    this.#brokers.set(nodeId, broker);
    return broker;
  }

  #leave(partition: PartitionFetch): void {
    const broker = this.#brokers.get(partition.nodeId);
    partition.nodeId = -1;
    if (broker === undefined) return;
    broker.leaveOut(partition);
    broker.members.delete(partition);
    if (broker.members.size > 0) return;
    this.#brokers.delete(broker.nodeId);
    this.#events.brokerIdle(broker);
  }
}
