import { listOffsetsV6, listOffsetsV7 } from '@platformatic/kafka';
import { TidemarkError } from '../../../errors.ts';
import { kafkaError } from '../../errors.ts';
import { parseOffset } from '../../offset.ts';
import type { BrokerLink } from '../cluster/brokerLink.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { faultOfCode, KafkaFault } from '../cluster/fault.ts';

const LIST_OFFSETS = 2;
const TIMEOUT_MS = 10_000;
const CONSUMER = -1;
/** What ListOffsets takes for a time to mean a place. */
const LATEST = -1n;
const EARLIEST = -2n;
const READ_UNCOMMITTED = 0;
const READ_COMMITTED = 1;

/** What asking for offsets needs of a cluster. */
export interface LogCluster extends Pick<Cluster, 'topic' | 'refresh' | 'refreshSoon'> {
  link(nodeId: number, purpose: 'metadata'): Promise<Pick<BrokerLink, 'version' | 'api'>>;
}

/** By partition: an offset, or why it is not known. A partition without a leader says nothing about the others. */
type Offsets = Map<number, number | TidemarkError>;

interface Asked {
  readonly partitionIndex: number;
  readonly currentLeaderEpoch: number;
}

type ListOffsetsResponse = listOffsetsV7.ListOffsetsResponse;

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

  async #list(partitions: readonly number[], timestamp: bigint, isolation: number): Promise<Offsets> {
    const doing = `finding offsets of ${this.#topic}`;
    try {
      const { byLeader, offsets } = await this.#leaders(partitions);
      await Promise.all(
        [...byLeader].map(async ([nodeId, asked]) => {
          const found = await this.#ask(nodeId, asked, timestamp, isolation).catch(
            (thrown: unknown) => thrown,
          );
          for (const { partitionIndex: partition } of asked) {
            const offset = found instanceof Map ? found.get(partition) : found;
            offsets.set(partition, typeof offset === 'number' ? offset : this.#unknown(partition, offset));
          }
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

  /** What one broker says of partitions that it leads: an offset, or the fault of a partition. */
  async #ask(
    nodeId: number,
    asked: readonly Asked[],
    timestamp: bigint,
    isolation: number,
  ): Promise<Map<number, number | KafkaFault>> {
    const link = await this.#cluster.link(nodeId, 'metadata');
    const api = link.version(LIST_OFFSETS, 6, 7) === 7 ? listOffsetsV7.api : listOffsetsV6.api;
    const partitions = asked.map((partition) => ({ ...partition, timestamp }));
    const { topics } = await link
      .api(api, TIMEOUT_MS, CONSUMER, isolation, [{ name: this.#topic, partitions }])
      .catch(wholeResponse);
    return new Map(
      topics.flatMap((topic) =>
        topic.partitions.map(({ partitionIndex, errorCode, offset }) => [
          partitionIndex,
          errorCode === 0
            ? parseOffset(String(offset))
            : faultOfCode(errorCode, `the offsets of ${this.#topic}/${partitionIndex}`),
        ]),
      ),
    );
  }

  #unknown(partition: number, thrown: unknown): TidemarkError {
    const doing = `finding offsets of ${this.#topic}`;
    if (thrown !== undefined) return kafkaError(thrown, doing);
    return new TidemarkError('E-KAFKA-UNREACHABLE', `${doing}: no answer about partition ${partition}`);
  }
}

/** Errors of partitions come with an answer that is whole all the same. */
function wholeResponse(thrown: unknown): ListOffsetsResponse {
  const response = thrown instanceof KafkaFault ? thrown.response : undefined;
  if (response === undefined) throw thrown;
  return response as ListOffsetsResponse;
}
