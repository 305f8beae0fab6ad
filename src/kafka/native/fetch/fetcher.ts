/**
 * Reads the partitions that it is given, from whichever broker leads each, and hands out blocks. It decides nothing about
 * positions that the log does not have: who asked for them is told, and says where to go on by adding the lease again.
 */
import { TidemarkError } from '../../../errors.ts';
import type { Block, Lease } from '../../../pipeline/ports.ts';
import { kafkaError } from '../../errors.ts';
import type { Random } from '../cluster/backoff.ts';
import { KafkaFault } from '../cluster/fault.ts';
import type { BatchFault } from '../wire/batchHeader.ts';
import { FetchedBlock, SpansPool } from './block.ts';
import { type BrokerEvents, BrokerFetcher, type FetchCluster } from './brokerFetcher.ts';
import type { FetcherEvents } from './events.ts';
import type { FetchAnswer, FetchedPartition } from './fetchCodec.ts';
import { Outlet } from './outlet.ts';
import { type LostPlace, PartitionFetch } from './partition.ts';
import { Placement } from './placement.ts';
import { refusalError, refusalOf } from './refusals.ts';
import { type HeldBytes, Room } from './room.ts';
import type { FetchTarget } from './session.ts';
import { type FetchOptions, type FetchSettings, fetchSettings } from './settings.ts';
import { Trouble } from './trouble.ts';

export class Fetcher {
  readonly #cluster: FetchCluster;
  readonly #settings: FetchSettings;
  readonly #events: FetcherEvents;
  readonly #room: Room;
  readonly #spans = new SpansPool();
  readonly #outlet: Outlet;
  readonly #placement: Placement;
  readonly #trouble: Trouble<BrokerFetcher | PartitionFetch>;
  readonly #partitions = new Map<number, PartitionFetch>();
  /** Also those removed: what was read of a lease is committed after it has begun to end. */
  readonly #ofLease = new WeakMap<Lease, PartitionFetch>();
  readonly #stopListening: () => void;
  #closed = false;

  constructor(cluster: FetchCluster, options: FetchOptions, events: FetcherEvents, random?: Random) {
    this.#cluster = cluster;
    this.#settings = fetchSettings(options);
    this.#events = events;
    this.#room = new Room(this.#settings);
    this.#trouble = new Trouble(events);
    this.#outlet = new Outlet(this.#room, {
      faulty: (partition, fault) => this.#faulty(partition, fault),
      emptied: (partition) => this.#emptied(partition),
    });
    const { topic } = this.#settings;
    const brokerEvents = this.#brokerEvents();
    const newBroker = (nodeId: number) =>
      new BrokerFetcher(nodeId, cluster, this.#settings, this.#room, brokerEvents, random);
    this.#placement = new Placement(
      cluster,
      topic,
      {
        newBroker,
        brokerIdle: (broker) => this.#brokerIdle(broker),
        delayed: (partition, cause) => this.#trouble.failed(partition, cause),
        recreated: () => this.#recreated(),
      },
      random,
    );
    this.#stopListening = cluster.onChange((view, name) => {
      if (name === topic) this.#placement.viewChanged(view, this.#partitions.values());
    });
  }

  /**
   * Reads the lease's partition from `position` on, the offset behind a record of leader epoch `leaderEpoch` (-1 when unknown).
   * A lease that is read already is moved there.
   */
  add(lease: Lease, position: number, leaderEpoch: number): void {
    if (this.#closed) return;
    const known = this.#partitions.get(lease.partition);
    if (known !== undefined && known.lease !== lease) this.remove(known.lease);
    const partition =
      known?.lease === lease ? known : new PartitionFetch(lease, this.#room, this.#spans, this.#settings);
    this.#partitions.set(lease.partition, partition);
    this.#ofLease.set(lease, partition);
    this.#placement.suspend(partition);
    partition.seek(position, leaderEpoch);
    this.#placement.place(partition);
  }

  /** What was fetched of it is dropped; blocks that are out stay valid until they are released. */
  remove(lease: Lease): void {
    const partition = this.#partitions.get(lease.partition);
    if (partition?.lease !== lease) return;
    this.#partitions.delete(lease.partition);
    partition.state = { kind: 'stopped' };
    this.#placement.remove(partition);
    this.#trouble.over(partition);
    this.#outlet.forget(partition);
    partition.buffer.clear();
    this.#freed();
  }

  /** The next block of any partition; undefined once closed. At most one call at a time. */
  next(): Promise<Block | undefined> {
    return this.#outlet.next();
  }

  release(block: Block): void {
    if (!(block instanceof FetchedBlock) || block.released) return;
    block.home.release(block);
    this.#freed();
  }

  /** The leader epoch of the last record read below `offset`, for a commit; -1 when unknown. */
  leaderEpochOf(lease: Lease, offset: number): number {
    return this.#ofLease.get(lease)?.buffer.epochs.below(offset) ?? -1;
  }

  /** Whether the lease was read from a topic that has since been deleted and made anew: a commit would be about the new one. */
  isOfFormerTopic(lease: Lease): boolean {
    return this.#ofLease.get(lease)?.isOfFormerTopic ?? false;
  }

  /** Where the batch ends that stopped the lease's partition, by the word of its header; undefined where none did. */
  unreadableEnd(lease: Lease): number | undefined {
    return this.#ofLease.get(lease)?.unreadableEnd;
  }

  /** Bytes that were fetched and not released, as they came and as they became: bounded by `maxBufferedBytes` and one batch. */
  get heldBytes(): number {
    return this.#room.fetched.used + this.#room.unpacked.used;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#stopListening();
    this.#outlet.close();
    const closed = this.#placement.close();
    for (const { lease } of [...this.#partitions.values()]) this.remove(lease);
    await closed;
  }

  #brokerEvents(): BrokerEvents {
    return {
      topicId: () => this.#placement.topicId,
      brokers: () => this.#placement.brokers.size,
      answered: (broker, target, fetched, answer, held) =>
        this.#answered(broker, target, fetched, answer, held),
      gaveBack: () => this.#placement.pump(),
      settled: (broker) => {
        this.#trouble.over(broker);
        this.#outlet.serve();
      },
      failed: (broker, thrown) => this.#brokerFailed(broker, thrown),
    };
  }

  /** What one answer says of one partition. */
  #answered(
    broker: BrokerFetcher,
    target: FetchTarget,
    fetched: FetchedPartition,
    answer: FetchAnswer,
    held: HeldBytes,
  ): void {
    const partition = this.#partitions.get(fetched.partition);
    if (partition?.nodeId !== broker.nodeId || !partition.isAnswered(target)) return;
    if (fetched.errorCode !== 0) {
      this.#refused(partition, target, fetched, answer);
      return;
    }
    if (fetched.diverging !== undefined) {
      this.#lose(partition, { kind: 'truncated', ...fetched.diverging });
      return;
    }
    if (partition.isAnsweredWithoutEpoch()) {
      broker.ask(partition);
      return;
    }
    if (fetched.preferredReplica >= 0) {
      this.#placement.follow(partition, fetched.preferredReplica);
      return;
    }
    this.#placement.served(partition);
    this.#trouble.over(partition);
    const fault = partition.take(answer.bytes, fetched, held);
    if (fault !== undefined) this.#stop(partition, this.#faultError(partition, fault));
    else if (fetched.recordsEnd > fetched.recordsStart) broker.ask(partition);
    this.#outlet.offer(partition);
  }

  #refused(
    partition: PartitionFetch,
    target: FetchTarget,
    { errorCode, leader }: FetchedPartition,
    { addresses }: FetchAnswer,
  ): void {
    const refusal = refusalOf(errorCode);
    const cause = refusalError(errorCode, this.#nameOf(partition));
    const believed = refusal === 'out-of-range' && partition.replica < 0 && partition.believes(target);
    if (refusal === 'refused') this.#events.failed(cause);
    if (refusal === 'refused' || (refusal === 'corrupt' && partition.corruptAnswers++ > 0)) {
      this.#stop(partition, cause);
    } else if (believed) {
      this.#lose(partition, { kind: believed });
    } else {
      this.#placement.wait(partition, cause);
      if (refusal !== 'later') this.#cluster.refreshSoon([this.#settings.topic]);
      if (leader !== undefined && leader.nodeId >= 0) {
        const address = addresses.get(leader.nodeId);
        this.#cluster.leaderMoved(this.#settings.topic, partition.partition, leader, address);
      }
    }
  }

  #brokerFailed(broker: BrokerFetcher, thrown: unknown): void {
    const cause = kafkaError(thrown, `fetching ${this.#settings.topic}`);
    if (cause.disposition !== 'retry') {
      this.#events.failed(cause);
      return;
    }
    // Closing is ours, and no trouble.
    if (thrown instanceof KafkaFault && thrown.type === 'CLOSED') return;
    this.#trouble.failed(broker, cause);
    this.#placement.unfollow(broker.nodeId);
    this.#cluster.refreshSoon([this.#settings.topic]);
  }

  #brokerIdle(broker: BrokerFetcher): void {
    this.#trouble.over(broker);
    void broker.close();
  }

  /** The topic is another one: what was fetched of the old one must not move the offsets that the group has of the new one. */
  #recreated(): void {
    for (const partition of [...this.#partitions.values()]) {
      if (partition.state.kind === 'stopped') continue;
      partition.buffer.clear();
      this.#lose(partition, { kind: 'recreated' });
    }
  }

  #faulty(partition: PartitionFetch, fault: BatchFault): void {
    if (partition.refetches(fault)) this.#placement.place(partition);
    else {
      partition.unreadableEnd = partition.buffer.faultyEnd;
      this.#stop(partition, this.#faultError(partition, fault));
    }
  }

  #emptied(partition: PartitionFetch): void {
    const fault = partition.caughtUp();
    if (fault !== undefined) this.#faulty(partition, fault);
    this.#tellLost(partition);
    this.#placement.pump();
  }

  #lose(partition: PartitionFetch, place: LostPlace): void {
    this.#placement.suspend(partition);
    this.#trouble.over(partition);
    partition.state = { kind: 'lost', place, told: false };
    partition.isOfFormerTopic = place.kind === 'recreated';
    this.#tellLost(partition);
  }

  /** Not before everything that was read before it has been handed out. */
  #tellLost(partition: PartitionFetch): void {
    const { state, fetchOffset: offset, handedOut } = partition;
    if (state.kind !== 'lost' || state.told || !partition.buffer.isEmpty) return;
    state.told = true;
    let { place } = state;
    if (place.kind === 'truncated') {
      const endOffset = partition.buffer.epochs.sharedUpTo(place.epoch, place.endOffset);
      place = { ...place, endOffset };
    }
    this.#events.outOfRange(partition.lease, { offset, place, handedOut });
  }

  #stop(partition: PartitionFetch, cause: TidemarkError): void {
    this.#placement.suspend(partition);
    this.#trouble.over(partition);
    partition.state = { kind: 'stopped' };
    this.#events.stopped(partition.lease, cause);
  }

  #freed(): void {
    this.#outlet.freed();
    this.#outlet.serve();
    this.#placement.pump();
  }

  #faultError(partition: PartitionFetch, { code, detail }: BatchFault): TidemarkError {
    return new TidemarkError(code, `${this.#nameOf(partition)}@${partition.buffer.offset}: ${detail}`);
  }

  #nameOf({ partition }: PartitionFetch): string {
    return `${this.#settings.topic}/${partition}`;
  }
}
