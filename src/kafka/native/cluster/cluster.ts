import { addressOf, type ClientLog, type KafkaConnection } from '../../connection.ts';
import type { Random } from './backoff.ts';
import type { BrokerLink } from './brokerLink.ts';
import { askCoordinator } from './coordinator.ts';
import { KafkaFault } from './fault.ts';
import { BOOTSTRAP, Links, type Purpose } from './links.ts';
import { askMetadata, type ClusterAnswer } from './metadata.ts';
import type { Address } from './opening.ts';
import { type Outcome, RefreshRounds } from './refreshRounds.ts';
import { mergeView, type PartitionLeader, type TopicView, withLeader } from './topicView.ts';

export interface ClusterOptions {
  readonly random?: Random;
  readonly log?: ClientLog;
  /** How old metadata becomes before it is asked for without a reason: partitions that were added are found so. */
  readonly maxAgeMs?: number;
}

const MAX_AGE_MS = 30_000;

export type ViewListener = (view: TopicView | undefined, name: string) => void;

/**
 * The brokers, what they lead, and the connections to them. Everything here may be asked again at any time: it retries
 * nothing for its callers, but holds them back by its own back-off when there is nothing to reach.
 */
export class Cluster {
  readonly #bootstrap: readonly Address[];
  readonly #random: Random;
  readonly #log: ClientLog;
  readonly #links: Links;
  readonly #rounds: RefreshRounds;
  readonly #views = new Map<string, TopicView>();
  readonly #listeners = new Set<ViewListener>();
  #brokers: ReadonlyMap<number, Address> = new Map();
  /** Who told last: asked again about the same trouble, another broker may know more. */
  #lastTeller = BOOTSTRAP;
  #closed = false;

  constructor(connection: KafkaConnection, options: ClusterOptions = {}) {
    const { random = Math.random, log = () => {}, maxAgeMs = MAX_AGE_MS } = options;
    this.#bootstrap = connection.brokers.map(addressOf);
    this.#random = random;
    this.#log = log;
    this.#links = new Links(connection, random);
    this.#rounds = new RefreshRounds({
      ask: (topics, again) => this.#ask(topics, again),
      maxAgeMs,
      random,
      log,
    });
  }

  /** What was last known of the topic; undefined when nothing is or it is missing. */
  topic(name: string): TopicView | undefined {
    return this.#views.get(name);
  }

  /**
   * Asks for these topics, and those asked for before; calls made meanwhile share the next request. A missing topic is no
   * fault: its view is undefined then. Throws a KafkaFault when no broker answers or a topic may not be described.
   */
  refresh(topics: readonly string[]): Promise<void> {
    return this.#rounds.refresh(topics);
  }

  /** After an answer that says our view is old. Never throws; asks, with growing pauses, until a broker answers. */
  refreshSoon(topics: readonly string[]): void {
    this.#rounds.refreshSoon(topics);
  }

  /** Told of every change of a view. @returns how to stop. */
  onChange(listener: ViewListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A Fetch or Produce response named a newer leader (KIP-951), with its address where the client may not know it yet. */
  leaderMoved(topic: string, partition: number, leader: PartitionLeader, address?: Address): void {
    const known = this.#views.get(topic);
    if (known === undefined) return;
    const view = withLeader(known, partition, leader);
    if (view === known) return;
    if (address !== undefined && !this.#brokers.has(leader.nodeId)) this.#learn(leader.nodeId, address);
    this.#set(topic, view);
  }

  /** The connection for this purpose, opened when there is none. Throws a KafkaFault. */
  async link(nodeId: number, purpose: Purpose): Promise<BrokerLink> {
    this.#refuseWhenClosed();
    if (!this.#brokers.has(nodeId)) await this.refresh([]);
    try {
      return await this.#open(nodeId, purpose);
    } catch (thrown) {
      // It may be gone for good, with what it led; whoever asks next should know.
      this.refreshSoon([]);
      throw thrown;
    }
  }

  /** A connection to whichever broker can be had. Throws the KafkaFault of the last one tried. */
  async anyLink(purpose: Purpose): Promise<BrokerLink> {
    this.#refuseWhenClosed();
    if (this.#brokers.size === 0) await this.refresh([]);
    const opens = this.#inTurn(purpose).map((nodeId) => () => this.#open(nodeId, purpose));
    return this.#firstOf(opens, async (link) => link);
  }

  /** The broker that coordinates the group. Throws a KafkaFault, COORDINATOR_NOT_AVAILABLE among others: ask again. */
  async findCoordinator(group: string): Promise<number> {
    const { nodeId, address } = await askCoordinator(await this.anyLink('metadata'), group);
    if (!this.#brokers.has(nodeId)) this.#learn(nodeId, address);
    return nodeId;
  }

  /** Ends every connection and timer; whatever is under way ends with CLOSED. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#listeners.clear();
    this.#rounds.close();
    this.#links.close();
  }

  /** One round: the first broker to answer tells. Returns the faults of topics. */
  async #ask(topics: readonly string[], again: boolean): Promise<Outcome> {
    const known = this.#inTurn('metadata', again ? this.#lastTeller : undefined).map(
      (nodeId) => () => this.#open(nodeId, 'metadata'),
    );
    // When all that is known is dead, the addresses may be of yesterday: back to where we began (KIP-899).
    const first = this.#shuffled(this.#bootstrap).map((address) => () => this.#links.openOnce(address));
    const answer = await this.#firstOf([...known, ...first], async (link) => {
      try {
        const told = await askMetadata(link, topics);
        this.#lastTeller = link.nodeId;
        return told;
      } finally {
        if (link.nodeId === BOOTSTRAP) link.destroy();
      }
    });
    return this.#take(answer);
  }

  #take({ brokers, topics }: ClusterAnswer): Outcome {
    const faults = new Map<string, KafkaFault>();
    let changed = this.#adopt(brokers);
    for (const [name, answer] of topics) {
      const known = this.#views.get(name);
      if (answer.kind === 'fault') {
        faults.set(name, answer.fault);
        continue;
      }
      const view = answer.kind === 'missing' ? undefined : mergeView(known, answer.view);
      if (view === known) continue;
      changed = true;
      this.#set(name, view);
    }
    return { changed, faults };
  }

  #adopt(brokers: ReadonlyMap<number, Address>): boolean {
    // A broker that has just started may know none yet.
    if (brokers.size === 0) return false;
    const before = this.#brokers;
    this.#brokers = brokers;
    let changed = before.size !== brokers.size;
    for (const [nodeId, { host, port }] of brokers) {
      const old = before.get(nodeId);
      if (old?.host === host && old.port === port) continue;
      changed = true;
      if (old !== undefined) this.#links.moved(nodeId);
    }
    return changed;
  }

  #open(nodeId: number, purpose: Purpose): Promise<BrokerLink> {
    return this.#links.get(nodeId, purpose, () => {
      const address = this.#brokers.get(nodeId);
      if (address !== undefined) return address;
      throw new KafkaFault('BROKER_NOT_AVAILABLE', `no broker has the id ${nodeId} now`, { retriable: true });
    });
  }

  #learn(nodeId: number, address: Address): void {
    this.#brokers = new Map(this.#brokers).set(nodeId, address);
  }

  #set(name: string, view: TopicView | undefined): void {
    if (view === undefined) this.#views.delete(name);
    else this.#views.set(name, view);
    for (const listener of [...this.#listeners]) listener(view, name);
  }

  /** The first that can be had and answers; else the fault that says most: wrong credentials before a broker that is down. */
  async #firstOf<T>(
    opens: readonly (() => Promise<BrokerLink>)[],
    use: (link: BrokerLink) => Promise<T>,
  ): Promise<T> {
    let worst: KafkaFault | undefined;
    for (const open of opens) {
      this.#refuseWhenClosed();
      try {
        return await use(await open());
      } catch (thrown) {
        if (!(thrown instanceof KafkaFault)) throw thrown;
        if (worst === undefined || worst.retriable) worst = thrown;
        this.#log('warn', thrown.message, { type: thrown.type });
      }
    }
    throw worst ?? new KafkaFault('NETWORK', 'no broker is known');
  }

  /** Known brokers, the likeliest to answer first and among equals in random order; `last` is tried when no other answers. */
  #inTurn(purpose: Purpose, last?: number): number[] {
    const rank = (nodeId: number) => (nodeId === last ? 3 : this.#links.standing(nodeId, purpose));
    return this.#shuffled([...this.#brokers.keys()]).sort((one, other) => rank(one) - rank(other));
  }

  #shuffled<T>(items: readonly T[]): T[] {
    return items
      .map((item) => [this.#random(), item] as const)
      .sort(([one], [other]) => one - other)
      .map(([, item]) => item);
  }

  #refuseWhenClosed(): void {
    if (this.#closed) throw new KafkaFault('CLOSED', 'the client was closed');
  }
}
