import { listOffsetsV6, listOffsetsV7 } from '@platformatic/kafka';
import { TidemarkError } from '../../../errors.ts';
import { kafkaError } from '../../errors.ts';
import type { Cluster } from '../cluster/cluster.ts';

const LIST_OFFSETS = 2;
const TIMEOUT_MS = 10_000;
const CONSUMER = -1;
/** What ListOffsets takes for a time to mean a place. */
const LATEST = -1n;
const EARLIEST = -2n;
const READ_UNCOMMITTED = 0;
const READ_COMMITTED = 1;

/** Where the logs of one topic begin and end, asked of the leaders (ListOffsets). Everything here throws a TidemarkError. */
export class LogOffsets {
  readonly #cluster: Cluster;
  readonly #topic: string;

  constructor(cluster: Cluster, topic: string) {
    this.#cluster = cluster;
    this.#topic = topic;
  }

  earliest(partitions: readonly number[]): Promise<Map<number, number>> {
    return this.#list(partitions, EARLIEST, READ_UNCOMMITTED);
  }

  /** The high watermark. */
  latest(partitions: readonly number[]): Promise<Map<number, number>> {
    return this.#list(partitions, LATEST, READ_UNCOMMITTED);
  }

  /** The last stable offset: no transaction that is open has records before it (KIP-98). */
  latestStable(partitions: readonly number[]): Promise<Map<number, number>> {
    return this.#list(partitions, LATEST, READ_COMMITTED);
  }

  /** The first offset whose record is not older; partitions without one are absent. */
  async atTime(partitions: readonly number[], timestampMs: number): Promise<Map<number, number>> {
    const found = await this.#list(partitions, BigInt(timestampMs), READ_UNCOMMITTED);
    return new Map([...found].filter(([, offset]) => offset >= 0));
  }

  async #list(
    partitions: readonly number[],
    timestamp: bigint,
    isolation: number,
  ): Promise<Map<number, number>> {
    const doing = `finding offsets of ${this.#topic}`;
    try {
      const byLeader = await this.#byLeader(partitions);
      const answers = await Promise.all(
        [...byLeader].map(([nodeId, asked]) => this.#ask(nodeId, asked, timestamp, isolation)),
      );
      const offsets = new Map(answers.flat());
      const absent = partitions.find((partition) => !offsets.has(partition));
      if (absent === undefined) return offsets;
      throw new TidemarkError('E-KAFKA-UNREACHABLE', `${doing}: no answer about partition ${absent}`);
    } catch (thrown) {
      // Whoever asks again should ask the leader of then.
      this.#cluster.refreshSoon([this.#topic]);
      throw kafkaError(thrown, doing);
    }
  }

  async #byLeader(partitions: readonly number[]) {
    if (this.#cluster.topic(this.#topic) === undefined) await this.#cluster.refresh([this.#topic]);
    const view = this.#cluster.topic(this.#topic);
    if (view === undefined)
      throw new TidemarkError('E-KAFKA-TOPIC-MISSING', `topic ${this.#topic} does not exist`);
    const byLeader = new Map<number, { partitionIndex: number; currentLeaderEpoch: number }[]>();
    for (const partitionIndex of partitions) {
      const { nodeId, leaderEpoch: currentLeaderEpoch } = view.partitions[partitionIndex] ?? {
        nodeId: -1,
        leaderEpoch: -1,
      };
      if (nodeId < 0)
        throw new TidemarkError('E-KAFKA-UNREACHABLE', `${this.#topic}/${partitionIndex} has no leader`);
      const asked = byLeader.get(nodeId) ?? [];
      asked.push({ partitionIndex, currentLeaderEpoch });
      byLeader.set(nodeId, asked);
    }
    return byLeader;
  }

  async #ask(
    nodeId: number,
    asked: readonly { partitionIndex: number; currentLeaderEpoch: number }[],
    timestamp: bigint,
    isolation: number,
  ): Promise<(readonly [number, number])[]> {
    const link = await this.#cluster.link(nodeId, 'metadata');
    const api = link.version(LIST_OFFSETS, 6, 7) === 7 ? listOffsetsV7.api : listOffsetsV6.api;
    const partitions = asked.map((partition) => ({ ...partition, timestamp }));
    const { topics } = await link.api(api, TIMEOUT_MS, CONSUMER, isolation, [
      { name: this.#topic, partitions },
    ]);
    return topics.flatMap((topic) =>
      topic.partitions.map(({ partitionIndex, offset }) => [partitionIndex, exact(offset)] as const),
    );
  }
}

function exact(offset: bigint): number {
  const number = Number(offset);
  if (Number.isSafeInteger(number)) return number;
  throw new TidemarkError('E-KAFKA-OFFSET', `offset ${offset} cannot be held exactly`);
}
