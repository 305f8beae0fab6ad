import { TidemarkError } from '../../errors.ts';
import type { LogEnds } from '../../pipeline/ports.ts';
import { kafkaError } from '../errors.ts';
import { type ChosenPosition, neverBack, positionInLog, startingPosition } from '../positions.ts';
import type { KafkaAdmin } from './admin.ts';
import type { PartitionFeed } from './feed.ts';
import type { SourceSettings } from './settings.ts';

export interface PositionerEvents {
  commit(feed: PartitionFeed, offset: number): Promise<'committed' | 'refused'>;
  /** The feed's position is known: fetch from there. */
  seek(feed: PartitionFeed): void;
  down(cause: TidemarkError): void;
  failed(cause: TidemarkError): void;
}

const RETRY_MS = 500;

/**
 * Finds out where leases begin, and again when kafkajs lost its place. kafkajs would do both by itself, silently and with a
 * commit of its own; here the policy is the configuration's and the group's offset is put back.
 */
export class Positioner {
  readonly #admin: KafkaAdmin;
  readonly #settings: SourceSettings;
  readonly #on: PositionerEvents;

  constructor(admin: KafkaAdmin, settings: SourceSettings, on: PositionerEvents) {
    this.#admin = admin;
    this.#settings = settings;
    this.#on = on;
  }

  /** New leases: from the committed offset, or where `start` says. Retries for as long as the leases are held. */
  async begin(feeds: readonly PartitionFeed[]): Promise<void> {
    const { group, topic, start, outOfRange } = this.#settings;
    await this.#untilDone(feeds, async () => {
      const committed = await this.#admin.committedOffsets(group, topic);
      const ranges = await this.#admin.endOffsets(topic);
      const atTime =
        typeof start === 'object' ? await this.#admin.offsetsAtTime(topic, start.timestampMs) : undefined;
      for (const feed of feeds) {
        const { partition } = feed.lease;
        const range = rangeOf(ranges, partition, topic);
        feed.committed = committed.get(partition);
        const chosen = startingPosition(
          { topic, partition, ...range },
          feed.committed,
          start,
          atTime?.get(partition),
          outOfRange,
        );
        await this.#apply(feed, chosen);
      }
    });
  }

  /** A lease in its course: from where it was, if the log still has it, else as the out-of-range policy says. */
  async resume(feed: PartitionFeed): Promise<void> {
    const { topic, outOfRange } = this.#settings;
    await this.#untilDone([feed], async () => {
      const ranges = await this.#admin.endOffsets(topic);
      const { partition } = feed.lease;
      const range = rangeOf(ranges, partition, topic);
      const offsets = { topic, partition, ...range };
      const chosen = neverBack(positionInLog(offsets, feed.position, outOfRange), offsets, feed.position);
      // kafkajs has committed its reset by now. With `stop` the group must not begin there after a restart.
      if (chosen instanceof TidemarkError) await this.#on.commit(feed, feed.committed ?? feed.position);
      await this.#apply(feed, chosen);
    });
  }

  async #apply(feed: PartitionFeed, chosen: ChosenPosition | TidemarkError): Promise<void> {
    if (feed.lease.state.kind !== 'held' || feed.ready) return;
    if (chosen instanceof TidemarkError) {
      this.#on.failed(chosen);
      return;
    }
    if (chosen.commitFirst) {
      if ((await this.#on.commit(feed, chosen.offset)) === 'refused') return;
      feed.committed = chosen.offset;
    }
    feed.position = chosen.offset;
    this.#on.seek(feed);
  }

  async #untilDone(feeds: readonly PartitionFeed[], attempt: () => Promise<void>): Promise<void> {
    while (feeds.some((feed) => feed.lease.state.kind === 'held' && !feed.ready)) {
      try {
        await attempt();
        return;
      } catch (thrown) {
        const error = kafkaError(thrown, `finding positions in ${this.#settings.topic}`);
        if (error.disposition === 'stop') {
          this.#on.failed(error);
          return;
        }
        this.#on.down(error);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }
}

function rangeOf(ranges: ReadonlyMap<number, LogEnds>, partition: number, topic: string): LogEnds {
  const range = ranges.get(partition);
  if (range === undefined)
    throw new TidemarkError('E-KAFKA-UNREACHABLE', `no offsets known of ${topic}/${partition}`);
  return range;
}
