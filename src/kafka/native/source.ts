/**
 * The Source port: what the group assigns (group/) is read from where it was left (fetch/positions.ts) by whoever leads it
 * (fetch/), and committed under the generation of the group. Membership and fetching know nothing of each other; they meet here.
 */
import { TidemarkError } from '../../errors.ts';
import type {
  Block,
  Lease,
  Position,
  SeekResult,
  SeekTarget,
  Source,
  SourceEvents,
} from '../../pipeline/ports.ts';
import type { ClientLog, KafkaConnection } from '../connection.ts';
import { internalFault, kafkaError } from '../errors.ts';
import { Assignment } from './assignment.ts';
import { nativeCapabilities } from './capabilities.ts';
import { Backoff } from './cluster/backoff.ts';
import { Cluster } from './cluster/cluster.ts';
import { pause } from './cluster/pause.ts';
import type { LostPosition } from './fetch/events.ts';
import { Fetcher } from './fetch/fetcher.ts';
import { Positions, type Start } from './fetch/positions.ts';
import { Trouble } from './fetch/trouble.ts';
import { GroupMember } from './group/member.ts';
import { type SeekingParts, seekLease } from './seeking.ts';
import { groupSettings, type NativeSourceOptions } from './settings.ts';
import { TopicWatch } from './topicWatch.ts';

/** Who may say that Kafka is down; it is up again when nobody says so. */
type Part = 'topic' | 'group' | 'fetch' | 'positions';

export class NativeSource implements Source {
  readonly capabilities = nativeCapabilities;
  readonly #cluster: Cluster;
  readonly #topic: string;
  readonly #member: GroupMember;
  readonly #fetcher: Fetcher;
  readonly #positions: Positions;
  readonly #assignment: Assignment;
  readonly #topicWatch: TopicWatch;
  /** Searches for positions, by the leases of each: it is down while one of them fails, whatever the others find. */
  readonly #searches = new Trouble<readonly Lease[]>(
    { down: (cause) => this.#isDown('positions', cause), up: () => this.#isUp('positions') },
    0,
  );
  /** What was last told of each. */
  readonly #lost = new WeakMap<Lease, LostPosition>();
  /** Where each began, or what was committed of it last. */
  readonly #at = new WeakMap<Lease, number>();
  /** Those that are being moved: what was read of them would be committed over the new position. */
  readonly #moved = new WeakSet<Lease>();
  readonly #seeking: SeekingParts;
  readonly #down = new Set<Part>();
  #events: SourceEvents | undefined;
  #isOver = false;
  #hasFailed = false;

  constructor(connection: KafkaConnection, options: NativeSourceOptions, log: ClientLog = () => {}) {
    const { topic, start, outOfRange, readUncommitted = false } = options;
    this.#topic = topic;
    this.#cluster = new Cluster(connection, { log });
    this.#assignment = new Assignment(topic);
    this.#topicWatch = new TopicWatch(this.#cluster, topic, {
      missing: (cause) => this.#isDown('topic', cause),
      there: () => this.#isUp('topic'),
      failed: (thrown) => this.#topicFailed(thrown),
    });
    this.#positions = new Positions(this.#cluster, { topic, start, outOfRange, readUncommitted });
    this.#member = new GroupMember(this.#cluster, groupSettings(options), {
      assigned: (partitions, generation) => this.#assigned(partitions, generation),
      revoking: (partitions, deadlineMs) => this.#revoking(partitions, deadlineMs),
      gone: (partitions, reason) => this.#gone(partitions, reason),
      down: (cause) => this.#isDown('group', cause),
      up: () => this.#isUp('group'),
      failed: (cause) => this.#fail(cause),
    });
    const { maxBytesPerPartition: maxPartitionBytes, maxBlockRecords, maxBufferedBytes } = options;
    const fetching = {
      topic,
      readUncommitted,
      ...(maxPartitionBytes === undefined ? {} : { maxPartitionBytes }),
      ...(maxBlockRecords === undefined ? {} : { maxBlockRecords }),
      ...(maxBufferedBytes === undefined ? {} : { maxBufferedBytes }),
    };
    this.#fetcher = new Fetcher(this.#cluster, fetching, {
      outOfRange: (lease, lost) => void this.#resume(lease, lost),
      stopped: (lease, cause) => this.#events?.stopped(lease, cause),
      down: (cause) => this.#isDown('fetch', cause),
      up: () => this.#isUp('fetch'),
      failed: (cause) => this.#fail(cause),
    });
    this.#seeking = {
      topic,
      drainTimeoutMs: groupSettings(options).drainTimeoutMs,
      assignment: this.#assignment,
      fetcher: this.#fetcher,
      positions: this.#positions,
      member: this.#member,
      positionOf: (lease) => this.#at.get(lease),
      ending: async (lease, deadlineMs) => this.#events?.ending([lease], deadlineMs),
      commitNoMore: (lease) => this.#moved.add(lease),
      grantAnew: (lease) => this.#grantAnew(lease),
    };
  }

  seek(lease: Lease, to: SeekTarget): Promise<SeekResult> {
    return seekLease(lease, to, this.#seeking);
  }

  async start(events: SourceEvents): Promise<void> {
    this.#events = events;
    this.#topicWatch.start();
    this.#member.start();
  }

  next(): Promise<Block | undefined> {
    return this.#fetcher.next();
  }

  release(block: Block): void {
    this.#fetcher.release(block);
  }

  async commit(positions: readonly Position[]): Promise<'committed' | 'refused'> {
    const held = positions.filter(
      ({ lease }) =>
        this.#assignment.holds(lease) && !this.#moved.has(lease) && !this.#fetcher.isOfFormerTopic(lease),
    );
    if (held.length === 0) return 'committed';
    const answer = await this.#member.commit(
      held.map(({ lease, offset }) => ({
        partition: lease.partition,
        offset,
        leaderEpoch: this.#fetcher.leaderEpochOf(lease, offset),
      })),
    );
    if (answer === 'committed') for (const { lease, offset } of held) this.#at.set(lease, offset);
    return answer;
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    this.#topicWatch.stop();
    await this.#member.stop();
    await this.#fetcher.close();
    await this.#cluster.close();
  }

  // ------------------------------------------------------------------------------------------------- what the group says

  #assigned(partitions: readonly number[], generation: number): void {
    // Kept partitions are not granted anew, and nobody is told that nothing was added to them.
    if (partitions.length === 0 && !this.#assignment.isEmpty) return;
    this.#grant(partitions, generation);
  }

  #grant(partitions: readonly number[], generation: number): void {
    const leases = this.#assignment.grant(partitions, generation);
    this.#events?.granted(leases);
    const waiting = new Set(leases);
    void this.#untilDone(leases, () => this.#begin(waiting));
  }

  async #revoking(partitions: readonly number[], deadlineMs: number): Promise<void> {
    const leases = this.#assignment.ending(partitions, deadlineMs);
    // Nothing new is handed out; what is out stays valid until it is released.
    for (const lease of leases) this.#fetcher.remove(lease);
    await this.#events?.ending(leases, deadlineMs);
  }

  #gone(partitions: readonly number[], reason: 'revoked' | 'lost' | 'closed'): void {
    const leases = this.#assignment.end(partitions, reason);
    for (const lease of leases) this.#fetcher.remove(lease);
    if (leases.length > 0) this.#events?.gone(leases);
  }

  #grantAnew({ partition, generation }: Lease): void {
    const ended = this.#assignment.end([partition], 'moved');
    this.#events?.gone(ended);
    // The member may have kept the partition through generations.
    this.#grant([partition], this.#member.ownership?.generation ?? generation);
  }

  // ------------------------------------------------------------------------------------------------------- positions

  /**
   * Those that begin are taken out: when another has to wait, they must not be moved back to where they began. Throws why one has
   * to, after the others have begun.
   */
  async #begin(waiting: Set<Lease>): Promise<void> {
    const held = [...waiting].filter(({ state }) => state.kind === 'held');
    const partitions = held.map(({ partition }) => partition);
    const committed = await this.#member.committed(partitions);
    const starts = await this.#positions.begin(partitions, committed);
    let unknown: TidemarkError | undefined;
    for (const lease of held) {
      const start = starts.get(lease.partition)!;
      if (start instanceof TidemarkError && start.disposition === 'retry') {
        unknown = start;
        continue;
      }
      await this.#goTo(lease, start);
      waiting.delete(lease);
    }
    if (unknown !== undefined) throw unknown;
  }

  #resume(lease: Lease, lost: LostPosition): Promise<void> {
    this.#lost.set(lease, lost);
    return this.#untilDone([lease], async () => {
      const start = await this.#positions.resume(lease.partition, lost);
      // Lost once more meanwhile, as when the topic was made anew: then that decides.
      if (this.#lost.get(lease) === lost) await this.#goTo(lease, start);
    });
  }

  async #goTo(lease: Lease, start: Start | TidemarkError): Promise<void> {
    if (lease.state.kind !== 'held') return;
    if (start instanceof TidemarkError) {
      this.#fail(start);
      return;
    }
    const { offset, leaderEpoch, commitFirst } = start;
    if (commitFirst) {
      const position = { partition: lease.partition, offset, leaderEpoch };
      // Refused: the group has moved on. If the lease outlives it, the position is found out again.
      while ((await this.#member.commit([position])) === 'refused') {
        if (lease.state.kind !== 'held') return;
      }
    }
    if (lease.state.kind !== 'held') return;
    this.#events?.begins(lease, offset);
    this.#at.set(lease, offset);
    this.#fetcher.add(lease, offset, leaderEpoch);
  }

  /** Tries until it succeeds, for as long as one of the leases is held. */
  async #untilDone(leases: readonly Lease[], attempt: () => Promise<void>): Promise<void> {
    const backoff = new Backoff({ firstMs: 100, maxMs: 2_000, random: Math.random });
    while (!this.#isOver && leases.some((lease) => lease.state.kind === 'held')) {
      try {
        await attempt();
        break;
      } catch (thrown) {
        const cause = kafkaError(thrown, `finding positions in ${this.#topic}`);
        if (cause.disposition === 'stop') {
          this.#fail(cause);
          return;
        }
        this.#searches.failed(leases, cause);
        await pause(backoff.next());
      }
    }
    this.#searches.over(leases);
  }

  // -------------------------------------------------------------------------------------------------------- up and down

  #isDown(part: Part, cause: TidemarkError): void {
    if (this.#isOver) return;
    const wasUp = this.#down.size === 0;
    this.#down.add(part);
    if (wasUp) this.#events?.paused(cause);
  }

  #topicFailed(thrown: unknown): void {
    const cause = kafkaError(thrown, `looking for topic ${this.#topic}`);
    if (cause.disposition === 'stop') this.#fail(cause);
    else this.#isDown('topic', cause);
  }

  #isUp(part: Part): void {
    if (this.#down.delete(part) && this.#down.size === 0 && !this.#isOver) this.#events?.resumed();
  }

  #fail(cause: unknown): void {
    if (this.#isOver || this.#hasFailed) return;
    this.#hasFailed = true;
    this.#topicWatch.stop();
    this.#events?.failed(cause instanceof TidemarkError ? cause : internalFault(cause));
  }
}
