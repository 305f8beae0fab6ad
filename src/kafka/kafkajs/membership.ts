import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import { giveUpAfter } from '../../deadlines/giveUpAfter.ts';
import { TidemarkError } from '../../errors.ts';
import type { Lease, Position } from '../../pipeline/ports.ts';
import { internalFault, isGroupMovedOn, kafkaError, protocolError } from '../errors.ts';
import { parseOffset } from '../offset.ts';
import type { KafkaAdmin } from './admin.ts';
import { fetchedOffset, nextOffset } from './batch.ts';
import { CALL_RETRY } from './client.ts';
import { GroupCommits } from './commits.ts';
import { crashError, silentEnd } from './crash.ts';
import { PartitionFeed } from './feed.ts';
import type { Intake } from './intake.ts';
import { type LeaseEvents, Leases } from './leases.ts';
import { Positioner } from './positioner.ts';
import type { SourceSettings } from './settings.ts';

/** Who wants to know how the membership fares. None of these throws. */
export interface MembershipEvents extends LeaseEvents {
  granted(leases: readonly Lease[]): void;
  begins(lease: Lease, offset: number): void;
  /** A broker does not answer; whether the membership survives it shows later. */
  down(cause: TidemarkError): void;
  /** A broker answered. */
  up(): void;
}

const TICK_MS = 100;
/** How long a slow partition may hold up the fetching of partitions that have nothing in hand. */
const HOLD_MS = 250;
const METADATA_MAX_AGE_MS = 60_000;
const LEAVE_TIMEOUT_MS = 3_000;

/**
 * One life of a kafkajs consumer in the group, from connecting to its crash or to `leave`. It never restarts: kafkajs would
 * restart after some crashes and stay up and dead after others, so every crash ends it and the source makes a new one.
 *
 * kafkajs fetches again from a broker only when all handlers of the last fetch have returned. So a handler stays until its
 * records are released, which is the back-pressure, keeps the member's heartbeats and holds up the next JoinGroup while work
 * is drained; a partition that takes longer than HOLD_MS is paused instead when others starve behind it.
 */
export class Membership {
  readonly #consumer: Consumer;
  readonly #settings: SourceSettings;
  readonly #events: MembershipEvents;
  readonly #intake: Intake;
  readonly #positioner: Positioner;
  readonly #ended = Promise.withResolvers<TidemarkError>();
  readonly #leases: Leases;
  readonly #commits: GroupCommits;
  /** Since when a handler waits for what it handed out. */
  readonly #holding = new Map<PartitionFeed, number>();
  #handlers = 0;
  readonly #ticker: NodeJS.Timeout;
  #joining: Promise<void> = Promise.resolve();
  #beating: Promise<void> | undefined;
  #over = false;
  #lastSignMs = Date.now();
  /** Whether the group was ever joined. */
  joined = false;
  /** Whether any record came. */
  progressed = false;
  readonly #nextGeneration: () => number;

  constructor(
    kafka: Kafka,
    admin: KafkaAdmin,
    settings: SourceSettings,
    events: MembershipEvents,
    intake: Intake,
    nextGeneration: () => number,
  ) {
    this.#settings = settings;
    this.#events = events;
    this.#intake = intake;
    this.#nextGeneration = nextGeneration;
    this.#leases = new Leases(settings.drainTimeoutMs, events);
    this.#consumer = kafka.consumer({
      groupId: settings.group,
      sessionTimeout: settings.sessionTimeoutMs,
      heartbeatInterval: settings.heartbeatIntervalMs,
      rebalanceTimeout: settings.rebalanceTimeoutMs,
      maxBytesPerPartition: settings.maxBytesPerPartition,
      maxWaitTimeInMs: settings.maxWaitMs,
      minBytes: 1,
      readUncommitted: settings.readUncommitted,
      allowAutoTopicCreation: false,
      metadataMaxAge: METADATA_MAX_AGE_MS,
      retry: { ...CALL_RETRY, restartOnFailure: async () => false },
    });
    this.#positioner = new Positioner(admin, settings, {
      commit: (feed, offset) => this.commit([{ lease: feed.lease, offset }]),
      seek: (feed) => this.#seek(feed),
      down: (cause) => events.down(cause),
      failed: (cause) => events.failed(cause),
    });
    this.#commits = new GroupCommits(this.#consumer, this.#leases, settings.group, settings.topic);
    this.#listen();
    this.#ticker = setInterval(() => this.#tick(), TICK_MS);
  }

  /** Joins and reads until it ends. @returns why it ended. */
  run(): Promise<TidemarkError> {
    this.#joining = this.#join().catch((error) =>
      this.#end(kafkaError(error, `joining group ${this.#settings.group}`)),
    );
    return this.#ended.promise;
  }

  async #join(): Promise<void> {
    await this.#consumer.connect();
    // From the beginning, so that kafkajs's own reset of an offset out of range commits -2, which nobody else writes.
    await this.#consumer.subscribe({ topics: [this.#settings.topic], fromBeginning: true });
    await this.#consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: this.#settings.maxPartitions,
      eachBatch: (payload) => this.#onBatch(payload),
    });
  }

  /** Leaves the group; `reason` is what becomes of the leases. Never waits longer than a few seconds. */
  async leave(reason: 'lost' | 'closed'): Promise<void> {
    this.#over = true;
    clearInterval(this.#ticker);
    this.#leases.end(reason);
    this.#ended.resolve(new TidemarkError('E-KAFKA-UNREACHABLE', 'the membership was ended'));
    // kafkajs forgets its runner when it is stopped while it joins, and the runner then reads on for ever, a member that
    // nobody knows of. So disconnecting waits for the first join, though nobody waits that long for the disconnecting.
    const disconnected = this.#joining.then(() => this.#consumer.disconnect());
    await giveUpAfter(LEAVE_TIMEOUT_MS, disconnected);
  }

  commit(positions: readonly Position[]): Promise<'committed' | 'refused'> {
    return this.#commits.commit(positions);
  }

  #listen(): void {
    const { events } = this.#consumer;
    const on = this.#consumer.on.bind(this.#consumer);
    on(events.GROUP_JOIN, ({ payload }) => {
      this.#guard(() => this.#onJoin(payload.memberAssignment[this.#settings.topic] ?? []));
    });
    on(events.REBALANCING, () => this.#leases.drain());
    on(events.REQUEST, ({ payload }) => {
      this.#lastSignMs = Date.now();
      if (payload.apiName !== 'JoinGroup') return;
      this.#guard(() => this.#leases.end(this.#leases.draining === undefined ? 'lost' : 'revoked'));
    });
    on(events.HEARTBEAT, () => this.#guard(() => this.#events.up()));
    on(events.END_BATCH_PROCESS, ({ payload }) => {
      if (payload.batchSize === 0) this.#guard(() => this.#onFiltered(payload));
    });
    on(events.CRASH, ({ payload }) => this.#end(crashError(payload.error, this.#settings.topic)));
    on(events.STOP, () => {
      this.#guard(() => this.#leases.end('lost'));
      // A crash stops the consumer and tells CRASH afterwards, unless disconnecting fails on the way.
      setTimeout(() => this.#end(silentEnd('kafkajs stopped consuming')), LEAVE_TIMEOUT_MS).unref();
    });
  }

  /** What a listener throws would end up in the middle of kafkajs. */
  #guard(listener: () => void): void {
    try {
      listener();
    } catch (fault) {
      this.#events.failed(internalFault(fault));
    }
  }

  #end(cause: TidemarkError): void {
    this.#ended.resolve(cause);
  }

  // ---------------------------------------------------------------------------------------------------------- leases

  #onJoin(partitions: readonly number[]): void {
    if (this.#over) return;
    this.joined = true;
    const { topic } = this.#settings;
    const generation = this.#nextGeneration();
    const feeds = [...partitions]
      .sort((a, b) => a - b)
      .map((partition) => this.#newFeed({ topic, partition, generation, state: { kind: 'held' } }));
    this.#leases.begin(feeds);
    // Paused until we know where to begin: kafkajs would begin on its own at the committed offset or the topic's start.
    if (feeds.length > 0) this.#steer(this.#consumer.pause, [...partitions]);
    this.#events.up();
    this.#events.granted(feeds.map((feed) => feed.lease));
    void this.#positioner.begin(feeds);
  }

  #newFeed(lease: Lease): PartitionFeed {
    const feed: PartitionFeed = new PartitionFeed(lease, this.#settings, this.#intake, {
      resume: () => {
        if (this.#leases.holds(lease) && feed.ready) this.#steer(this.#consumer.resume, [lease.partition]);
      },
      fault: (fault) => this.#events.failed(internalFault(fault)),
    });
    return feed;
  }

  // --------------------------------------------------------------------------------------------------------- fetching

  #seek(feed: PartitionFeed): void {
    if (!this.#leases.holds(feed.lease)) return;
    const { topic, partition } = feed.lease;
    this.#events.begins(feed.lease, feed.position);
    this.#steer(() => {
      this.#consumer.seek({ topic, partition, offset: String(feed.position) });
      feed.ready = true;
    }, [partition]);
    this.#steer(this.#consumer.resume, [partition]);
  }

  /** Where kafkajs would fetch is not where the lease is: it reset the position, or the fetch is from another generation. */
  #reposition(feed: PartitionFeed): void {
    if (!feed.ready) return;
    feed.ready = false;
    this.#steer(this.#consumer.pause, [feed.lease.partition]);
    void this.#positioner.resume(feed);
  }

  /** kafkajs says that it is about to reset the offset of a partition; the log line comes before the first request of it. */
  offsetReset(partition: number): void {
    const feed = this.#leases.of(partition);
    if (feed !== undefined && !this.#over) this.#reposition(feed);
  }

  #onFiltered(batch: { partition: number; lastOffset: string; highWatermark: string }): void {
    const feed = this.#leases.of(batch.partition);
    if (feed === undefined || !feed.ready || feed.lease.state.kind !== 'held') return;
    const nextOffset = parseOffset(batch.lastOffset) + 1;
    if (nextOffset > feed.position) feed.pass(nextOffset, parseOffset(batch.highWatermark));
    else if (nextOffset < feed.position) this.#reposition(feed);
  }

  /** Nothing but errors of the group may leave a handler: kafkajs takes a TypeError for the end of the consumer. */
  async #onBatch(payload: EachBatchPayload): Promise<void> {
    this.#commits.runner = payload;
    this.#handlers++;
    try {
      await this.#handOut(payload);
      await this.#leases.draining;
      // Ours before kafkajs's own, so that a rebalance is seen here, where it can be waited for.
      await this.#beat();
      await this.#leases.draining;
    } catch (fault) {
      this.#events.failed(internalFault(fault));
    } finally {
      this.#handlers--;
    }
  }

  async #handOut({ batch, resolveOffset }: EachBatchPayload): Promise<void> {
    const feed = this.#leases.of(batch.partition);
    if (feed === undefined || !feed.ready || this.#over) return;
    // A block without records may be out still: it was told while kafkajs went on fetching.
    while (feed.busy) await feed.whenIdle();
    if (feed.lease.state.kind !== 'held' || !feed.ready) return;
    if (fetchedOffset(batch) !== feed.position) {
      this.#reposition(feed);
      return;
    }
    this.progressed = true;
    this.#holding.set(feed, Date.now());
    await feed.feed(batch.messages, nextOffset(batch), parseOffset(batch.highWatermark));
    this.#holding.delete(feed);
    // Only while the lease is ours: the same call in the next generation would move the partition of whoever has it then.
    if (this.#leases.holds(feed.lease) && feed.ready) resolveOffset(String(feed.position - 1));
  }

  #tick(): void {
    const now = Date.now();
    if (now - this.#lastSignMs > this.#settings.silenceMs) this.#end(silentEnd('kafkajs went silent'));
    if (now - this.#leases.endedAtMs > this.#settings.silenceMs)
      this.#end(silentEnd('kafkajs did not join again'));
    if (this.#handlers === 0) return;
    void this.#beat();
    if (!this.#leases.all().some((feed) => feed.ready && !feed.busy)) return;
    for (const [feed, since] of this.#holding) if (since < now - HOLD_MS) this.#park(feed);
  }

  #park(feed: PartitionFeed): void {
    try {
      if (feed.park()) this.#steer(this.#consumer.pause, [feed.lease.partition]);
    } catch (fault) {
      this.#events.failed(internalFault(fault));
    }
  }

  /** One heartbeat at a time, shared by all who wait for it: each then sees the drain that it may have begun. */
  #beat(): Promise<void> {
    this.#beating ??= this.#sendHeartbeat().finally(() => {
      this.#beating = undefined;
    });
    return this.#beating;
  }

  async #sendHeartbeat(): Promise<void> {
    if (this.#commits.runner === undefined || this.#over) return;
    try {
      await this.#commits.runner.heartbeat();
    } catch (error) {
      if (protocolError(error) === 'REBALANCE_IN_PROGRESS') this.#leases.drain();
      else if (isGroupMovedOn(error)) this.#leases.end('lost');
      else this.#events.down(kafkaError(error, `heartbeat of group ${this.#settings.group}`));
    }
  }

  /** A consumer that crashed has no group to steer, and its leases are about to end. */
  #steer(
    action: (partitions: { topic: string; partitions: number[] }[]) => void,
    partitions: number[],
  ): void {
    try {
      if (!this.#over) action([{ topic: this.#settings.topic, partitions }]);
    } catch {
      this.#leases.end('lost');
    }
  }
}
