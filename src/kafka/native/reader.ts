/**
 * Reads a topic without joining a group (the TopicReader port): nothing is shared out and nothing is committed, so whoever looks
 * disturbs nobody. Every partition is read from where it is told to begin; where the log no longer has that, from what is left.
 */
import { TidemarkError } from '../../errors.ts';
import type { Block, Lease, LogEnds, TopicReader, TopicReaderEvents } from '../../pipeline/ports.ts';
import type { ClientLog, KafkaConnection } from '../connection.ts';
import { kafkaError } from '../errors.ts';
import { Backoff } from './cluster/backoff.ts';
import { Cluster } from './cluster/cluster.ts';
import type { LostPosition } from './fetch/events.ts';
import { Fetcher } from './fetch/fetcher.ts';
import { LogOffsets } from './fetch/logOffsets.ts';

export interface TopicReaderOptions {
  readonly topic: string;
  /** Records of open and aborted transactions are read as well. Default false. */
  readonly readUncommitted?: boolean;
  /** Bytes between the socket and `release`. Default 24 MiB. */
  readonly maxBufferedBytes?: number;
  /** How long a broker may wait for records. Default 250 ms. */
  readonly maxWaitMs?: number;
}

/** Of no generation: a group's begin at 0. */
const NO_GENERATION = -1;
const UNKNOWN_EPOCH = -1;

export class NativeTopicReader implements TopicReader {
  readonly #cluster: Cluster;
  readonly #options: TopicReaderOptions;
  readonly #offsets: LogOffsets;
  readonly #events: TopicReaderEvents;
  #fetcher: Fetcher | undefined;
  #closing: Promise<void> | undefined;

  constructor(
    connection: KafkaConnection,
    options: TopicReaderOptions,
    events: TopicReaderEvents,
    log?: ClientLog,
  ) {
    this.#options = options;
    this.#events = events;
    this.#cluster = new Cluster(connection, log === undefined ? {} : { log });
    this.#offsets = new LogOffsets(this.#cluster, options.topic);
  }

  async ends(): Promise<Map<number, LogEnds>> {
    const { topic, readUncommitted } = this.#options;
    const doing = `looking for topic ${topic}`;
    try {
      await this.#cluster.refresh([topic]);
    } catch (thrown) {
      throw kafkaError(thrown, doing);
    }
    const view = this.#cluster.topic(topic);
    if (view === undefined) throw new TidemarkError('E-KAFKA-TOPIC-MISSING', `topic ${topic} does not exist`);
    const partitions = [...view.partitions.keys()];
    const [low, end] = await Promise.all([
      this.#offsets.earliest(partitions),
      readUncommitted ? this.#offsets.latest(partitions) : this.#offsets.latestStable(partitions),
    ]);
    return new Map(
      partitions.map((partition) => [
        partition,
        { low: known(low.get(partition)), end: known(end.get(partition)) },
      ]),
    );
  }

  read(from: ReadonlyMap<number, number>, turnRecords: number): void {
    if (this.#closing !== undefined) return;
    const { topic, readUncommitted = false, maxBufferedBytes, maxWaitMs } = this.#options;
    const events = this.#events;
    const fetching = {
      topic,
      readUncommitted,
      maxBlockRecords: turnRecords,
      ...(maxBufferedBytes === undefined ? {} : { maxBufferedBytes }),
      ...(maxWaitMs === undefined ? {} : { maxWaitMs }),
    };
    this.#fetcher = new Fetcher(this.#cluster, fetching, {
      outOfRange: (lease, lost) => void this.#resume(lease, lost),
      stopped: ({ partition }, cause) => events.stopped(partition, cause),
      down: (cause) => events.paused(cause),
      up: () => events.resumed(),
      failed: (cause) => events.failed(cause),
    });
    for (const [partition, offset] of from) {
      const lease: Lease = { topic, partition, generation: NO_GENERATION, state: { kind: 'held' } };
      this.#fetcher.add(lease, offset, UNKNOWN_EPOCH);
    }
  }

  async next(): Promise<Block | undefined> {
    return this.#fetcher?.next();
  }

  release(block: Block): void {
    this.#fetcher?.release(block);
  }

  stop(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#fetcher?.close();
    await this.#cluster.close();
  }

  /** Goes on at what is left of the log: retention has passed the place by, or the topic is another one. */
  async #resume(lease: Lease, lost: LostPosition): Promise<void> {
    const backoff = new Backoff({ firstMs: 100, maxMs: 2_000, random: Math.random });
    while (this.#closing === undefined) {
      try {
        const low = known((await this.#offsets.earliest([lease.partition])).get(lease.partition));
        const again = lost.place.kind === 'truncated' ? Math.max(low, lost.place.endOffset) : low;
        if (this.#closing === undefined) this.#fetcher?.add(lease, again, UNKNOWN_EPOCH);
        return;
      } catch (thrown) {
        const error = kafkaError(thrown, `finding where ${this.#options.topic} begins`);
        if (error.disposition === 'stop') return this.#events.failed(error);
        await new Promise((resolve) => setTimeout(resolve, backoff.next()));
      }
    }
  }
}

/** Throws why an offset is not known. */
function known(offset: number | TidemarkError | undefined): number {
  if (typeof offset === 'number') return offset;
  throw offset ?? new TidemarkError('E-INTERNAL', 'an offset was asked for and not answered');
}
