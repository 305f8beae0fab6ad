import { TidemarkError } from '../../../errors.ts';
import { kafkaError } from '../../errors.ts';
import type { BrokerLink } from '../cluster/brokerLink.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { KafkaFault } from '../cluster/fault.ts';
import {
  EARLIEST,
  LATEST,
  listOffsets,
  type OffsetQuestion,
  READ_COMMITTED,
  READ_UNCOMMITTED,
} from './listOffsets.ts';

/** What asking for offsets needs of a cluster. */
export interface LogCluster extends Pick<Cluster, 'topic' | 'refresh' | 'refreshSoon'> {
  link(nodeId: number, purpose: 'metadata'): Promise<Pick<BrokerLink, 'version' | 'api'>>;
}

/** By partition: an offset, or why it is not known. A partition without a leader says nothing about the others. */
type Offsets = Map<number, number | TidemarkError>;

type Asked = OffsetQuestion['partitions'][number];
type Isolation = OffsetQuestion['isolation'];

/**
 * Where the logs of one topic begin and end, asked of the leaders (ListOffsets). Everything here throws a TidemarkError when nothing
 * is known of the topic.
 */
export class LogOffsets {
  readonly #cluster: LogCluster;
  readonly #topic: string;

  constructor(cluster: LogCluster, topic: string) {
    this.#cluster = cluster;
    this.#topic = topic;
  }

  earliest(partitions: readonly number[]): Promise<Offsets> {
    return this.#list(partitions, EARLIEST, READ_UNCOMMITTED);
  }

  /** The high watermark. */
  latest(partitions: readonly number[]): Promise<Offsets> {
    return this.#list(partitions, LATEST, READ_UNCOMMITTED);
  }

  /** The last stable offset: no transaction that is open has records before it (KIP-98). */
  latestStable(partitions: readonly number[]): Promise<Offsets> {
    return this.#list(partitions, LATEST, READ_COMMITTED);
  }

  /** The first offset whose record is not older; partitions without one are absent. */
  async atTime(partitions: readonly number[], timestampMs: number): Promise<Offsets> {
    const found = await this.#list(partitions, BigInt(timestampMs), READ_UNCOMMITTED);
    return new Map([...found].filter(([, offset]) => offset instanceof TidemarkError || offset >= 0));
  }

  async #list(partitions: readonly number[], timestamp: bigint, isolation: Isolation): Promise<Offsets> {
    const doing = `finding offsets of ${this.#topic}`;
    try {
      const { byLeader, offsets } = await this.#leaders(partitions);
      await Promise.all(
        [...byLeader].map(([nodeId, asked]) => {
          const question = { topic: this.#topic, partitions: asked, timestamp, isolation };
          return this.#ask(nodeId, question, offsets);
        }),
      );
      // Whoever asks again should ask the leader of then.
      if (offsets.values().some((offset) => offset instanceof TidemarkError))
        this.#cluster.refreshSoon([this.#topic]);
      return offsets;
    } catch (thrown) {
      this.#cluster.refreshSoon([this.#topic]);
      throw kafkaError(thrown, doing);
    }
  }

  async #leaders(
    partitions: readonly number[],
  ): Promise<{ byLeader: ReadonlyMap<number, readonly Asked[]>; offsets: Offsets }> {
    if (this.#cluster.topic(this.#topic) === undefined) await this.#cluster.refresh([this.#topic]);
    const view = this.#cluster.topic(this.#topic);
    if (view === undefined)
      throw new TidemarkError('E-KAFKA-TOPIC-MISSING', `topic ${this.#topic} does not exist`);
    const byLeader = new Map<number, Asked[]>();
    const offsets: Offsets = new Map();
    for (const partitionIndex of partitions) {
      const leader = view.partitions[partitionIndex];
      if (leader === undefined || leader.nodeId < 0) {
        const message = `${this.#topic}/${partitionIndex} has no leader`;
        offsets.set(partitionIndex, new TidemarkError('E-KAFKA-UNREACHABLE', message));
        continue;
      }
      const asked = byLeader.get(leader.nodeId) ?? [];
      asked.push({ partitionIndex, currentLeaderEpoch: leader.leaderEpoch });
      byLeader.set(leader.nodeId, asked);
    }
    return { byLeader, offsets };
  }

  /** Never rejects: why a partition's offset is not known stands with the others. */
  async #ask(nodeId: number, question: OffsetQuestion, offsets: Offsets): Promise<void> {
    try {
      const places = await listOffsets(await this.#cluster.link(nodeId, 'metadata'), question);
      for (const { partitionIndex: partition } of question.partitions) {
        const place = places.get(partition);
        const known = place !== undefined && !(place instanceof KafkaFault);
        offsets.set(partition, known ? place.offset : this.#unknown(partition, place));
      }
    } catch (thrown) {
      for (const { partitionIndex: partition } of question.partitions)
        offsets.set(partition, this.#unknown(partition, thrown));
    }
  }

  #unknown(partition: number, thrown: unknown): TidemarkError {
    const doing = `finding offsets of ${this.#topic}`;
    if (thrown !== undefined) return kafkaError(thrown, doing);
    return new TidemarkError('E-KAFKA-UNREACHABLE', `${doing}: no answer about partition ${partition}`);
  }
}
