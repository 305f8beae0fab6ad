import type { Consumer, EachBatchPayload } from 'kafkajs';
import type { Position } from '../../pipeline/ports.ts';
import { isGroupMovedOn, kafkaError } from '../errors.ts';
import type { Leases } from './leases.ts';

/**
 * Commits offsets under the generation that kafkajs is in. That is the generation of the leases: kafkajs swaps it when
 * SyncGroup has answered, and leases are gone before, when JoinGroup answers.
 */
export class GroupCommits {
  /** The runner's own commit, known from its first batch on: one attempt, under the generation of the moment. */
  runner: EachBatchPayload | undefined;
  readonly #consumer: Consumer;
  readonly #leases: Leases;
  readonly #group: string;
  readonly #topic: string;

  constructor(consumer: Consumer, leases: Leases, group: string, topic: string) {
    this.#consumer = consumer;
    this.#leases = leases;
    this.#group = group;
    this.#topic = topic;
  }

  async commit(positions: readonly Position[]): Promise<'committed' | 'refused'> {
    const held = positions.filter(({ lease }) => this.#leases.holds(lease));
    if (held.length === 0) return 'committed';
    const topic = this.#topic;
    const partitions = held.map(({ lease, offset }) => ({
      partition: lease.partition,
      offset: String(offset),
    }));
    try {
      // The consumer's commit tries again whatever the generation has become, so it is used only while there is no other:
      // for starting positions and for positions beyond records that no reader sees.
      if (this.runner !== undefined) {
        await this.runner.commitOffsetsIfNecessary({ topics: [{ topic, partitions }] });
      } else {
        await this.#consumer.commitOffsets(partitions.map((entry) => ({ topic, ...entry })));
      }
    } catch (error) {
      if (isGroupMovedOn(error)) return 'refused';
      throw kafkaError(error, `committing offsets of group ${this.#group}`);
    }
    for (const { lease, offset } of held) {
      const feed = this.#leases.of(lease.partition);
      if (feed?.lease === lease) feed.committed = offset;
    }
    return 'committed';
  }
}
