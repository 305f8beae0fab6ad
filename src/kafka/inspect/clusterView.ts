/**
 * What a pipeline's own process asks its cluster now and then, and what a command asks that does not care which broker answers. It
 * has the native client's connections, which outlive brokers that come and go; `inspector.ts` has one attempt for each address, for
 * who wants to know how that ends.
 */
import type { TidemarkError } from '../../errors.ts';
import type { LogEnds } from '../../pipeline/ports.ts';
import type { ClientLog, KafkaConnection } from '../connection.ts';
import { kafkaError } from '../errors.ts';
import type { BrokerLink } from '../native/cluster/brokerLink.ts';
import { Cluster } from '../native/cluster/cluster.ts';
import { LogOffsets } from '../native/fetch/logOffsets.ts';
import { GroupInspector } from './group.ts';

/**
 * Everything here throws a TidemarkError: E-KAFKA-UNREACHABLE when no broker answers, E-KAFKA-AUTH or E-KAFKA-ACL when it refuses,
 * E-KAFKA-TOPIC-MISSING where a topic has to exist. Nothing waits for a broker that is down: ask again.
 */
export class ClusterView {
  readonly #cluster: Cluster;

  /** Connects to nothing yet. */
  constructor(connection: KafkaConnection, log?: ClientLog) {
    this.#cluster = new Cluster(connection, log === undefined ? {} : { log });
  }

  /** `use` with a connection to whichever broker can be had. */
  any<T>(doing: string, use: (link: BrokerLink) => Promise<T>): Promise<T> {
    return this.#ask(doing, async () => use(await this.#cluster.anyLink('metadata')));
  }

  /** Where the log of every partition begins and ends (high watermark) now. */
  ends(topic: string): Promise<ReadonlyMap<number, LogEnds>> {
    return this.#ask(`finding offsets of ${topic}`, async () => {
      // Anew: partitions may have been added since.
      await this.#cluster.refresh([topic]);
      const numbers = [...(this.#cluster.topic(topic)?.partitions.keys() ?? [])];
      const offsets = new LogOffsets(this.#cluster, topic);
      const [low, end] = await Promise.all([offsets.earliest(numbers), offsets.latest(numbers)]);
      return new Map(
        numbers.map((partition) => [
          partition,
          { low: known(low.get(partition)), end: known(end.get(partition)) },
        ]),
      );
    });
  }

  /** Asks about one group and one topic that it reads. */
  group(group: string, topic: string): GroupInspector {
    return new GroupInspector(this.#cluster, group, topic);
  }

  /** What is under way then fails. */
  async close(): Promise<void> {
    await this.#cluster.close();
  }

  async #ask<T>(doing: string, asking: () => Promise<T>): Promise<T> {
    try {
      return await asking();
    } catch (thrown) {
      const error = kafkaError(thrown, doing);
      // The brokers that are known may all be of yesterday: whoever asks again should find those of then.
      if (error.disposition === 'retry') this.#cluster.refreshSoon([]);
      throw error;
    }
  }
}

function known(offset: number | TidemarkError | undefined): number {
  if (typeof offset === 'number') return offset;
  throw offset;
}
