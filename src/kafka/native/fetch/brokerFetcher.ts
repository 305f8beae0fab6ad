/**
 * Fetches from one broker: one request under way whenever there is something to ask for and room for the answer, so that the
 * next records are on their way while the last ones are scored.
 */
import { giveUpAfter } from '../../../deadlines/giveUpAfter.ts';
import { Backoff, type Random } from '../cluster/backoff.ts';
import type { BrokerLink } from '../cluster/brokerLink.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { errorName, faultOfCode } from '../cluster/fault.ts';
import { pause } from '../cluster/pause.ts';
import {
  FETCH,
  type FetchAnswer,
  type FetchedPartition,
  fetchRequest,
  MAX_FETCH_VERSION,
  MIN_FETCH_VERSION,
  usesTopicIds,
} from './fetchCodec.ts';
import type { PartitionFetch } from './partition.ts';
import { Account, AnswerMemory, HeldBytes, type Room } from './room.ts';
import { FetchSession, type FetchTarget, type SessionRequest } from './session.ts';
import type { FetchSettings } from './settings.ts';

/** What fetching needs of a connection, and of the cluster. */
export type FetchLink = Pick<BrokerLink, 'version' | 'call' | 'throttle' | 'untilUnthrottled'>;

export interface FetchCluster extends Pick<Cluster, 'topic' | 'refreshSoon' | 'onChange' | 'leaderMoved'> {
  link(nodeId: number, purpose: 'fetch' | 'metadata'): Promise<FetchLink>;
}

/** What a broker's answers are told to. */
export interface BrokerEvents {
  /** 16 bytes; undefined while the topic is not known. */
  topicId(): Buffer | undefined;
  /** How many brokers share the room. */
  brokers(): number;
  /** `target` is what was asked; the records lie in `answer`, whose bytes `held` counts. */
  answered(
    broker: BrokerFetcher,
    target: FetchTarget,
    fetched: FetchedPartition,
    answer: FetchAnswer,
    held: HeldBytes,
  ): void;
  /** A request has ended, and what was set aside for it may be had by others. */
  gaveBack(): void;
  /** All of an answer was told. */
  settled(broker: BrokerFetcher): void;
  /** No answer, or none that makes sense; it is asked again after a while. */
  failed(broker: BrokerFetcher, thrown: unknown): void;
}

/**
 * While partitions of it are left out because they hold too much, a broker is not let wait for records of the others: a request
 * that waits there cannot be called back when there is room again. It answers at once, and the wait is here.
 */
const LEFT_OUT_WAIT_MS = 20;
const MIN_BYTES = 1;
/** Patience for closing a session, connection and all: it is a courtesy. */
const CLOSE_TIMEOUT_MS = 1_000;

/** Errors that say no more than that the two sides of a session do not agree (KIP-227). */
const SESSION_ERRORS = new Set([
  'FETCH_SESSION_ID_NOT_FOUND',
  'INVALID_FETCH_SESSION_EPOCH',
  'FETCH_SESSION_TOPIC_ID_ERROR',
]);

function bringsRecords({ recordsStart, recordsEnd }: FetchedPartition): boolean {
  return recordsEnd > recordsStart;
}

type FetchOutcome = 'nothing asked' | 'answered' | 'empty';

export class BrokerFetcher {
  readonly nodeId: number;
  /** What it leads. */
  readonly members = new Set<PartitionFetch>();
  readonly #cluster: FetchCluster;
  readonly #settings: FetchSettings;
  readonly #room: Room;
  readonly #events: BrokerEvents;
  readonly #backoff: Backoff;
  readonly #account = new Account();
  readonly #closing = new AbortController();
  #session = new FetchSession();
  #byTopicId = false;
  /** Those to look at before the next request: their question changed, or there was no room for them. */
  readonly #due = new Set<PartitionFetch>();
  #looping = false;
  /** Something changed since the loop last looked. */
  #pumped = false;
  /** Ends the wait of a loop that rests because the last answer was empty. */
  #endRest: (() => void) | undefined;
  #disagreed = false;

  constructor(
    nodeId: number,
    cluster: FetchCluster,
    settings: FetchSettings,
    room: Room,
    events: BrokerEvents,
    random?: Random,
  ) {
    this.nodeId = nodeId;
    this.#cluster = cluster;
    this.#settings = settings;
    this.#room = room;
    this.#events = events;
    this.#backoff = new Backoff({ firstMs: 50, maxMs: 1_000, ...(random && { random }) });
  }

  /** The partition is to be asked for, as soon as it may be; also when what is asked of it has changed. */
  ask(partition: PartitionFetch): void {
    this.#due.add(partition);
    this.pump();
  }

  leaveOut(partition: PartitionFetch): void {
    this.#due.delete(partition);
    this.#session.leaveOut(partition.partition);
  }

  /** The topic is another one now: the session knows the old one. */
  forget(): void {
    this.#session.lost();
  }

  /** Goes on if it can: there may be room again, or something to ask for. */
  pump(): void {
    this.#pumped = true;
    if (this.#endRest !== undefined && this.#someMayFetch()) this.#endRest();
    if (this.#looping || this.#closing.signal.aborted || !this.#mayAsk()) return;
    this.#looping = true;
    // Partitions come many at a time, and belong into one request.
    queueMicrotask(() => void this.#loop());
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#endRest?.();
    const session = this.#session.close();
    // The broker forgets it by itself when it needs the place. One that is gone could take long to be found out.
    if (session !== undefined) await giveUpAfter(CLOSE_TIMEOUT_MS, this.#closeSession(session));
  }

  async #closeSession(session: SessionRequest): Promise<void> {
    // A session belongs to no connection, and on its own one this request would wait behind the last fetch.
    const link = await this.#cluster.link(this.nodeId, 'metadata');
    await link.call(fetchRequest(this.#version(link), this.#question(session, 0, 1)), CLOSE_TIMEOUT_MS);
  }

  async #loop(): Promise<void> {
    try {
      while (!this.#closing.signal.aborted && this.#mayAsk()) {
        try {
          const link = await this.#cluster.link(this.nodeId, 'fetch');
          await link.untilUnthrottled();
          const outcome = await this.#fetch(link);
          if (outcome === 'nothing asked' && !this.#pumped) return;
          if (outcome === 'empty' && this.#due.size > 0) await this.#rest();
        } catch (thrown) {
          this.#session.lost();
          if (this.#closing.signal.aborted) return;
          this.#events.failed(this, thrown);
          await pause(this.#backoff.next(), this.#closing.signal);
        }
      }
    } finally {
      this.#looping = false;
    }
  }

  /** One request and what its answer says. */
  async #fetch(link: FetchLink): Promise<FetchOutcome> {
    const version = this.#version(link);
    if (usesTopicIds(version) !== this.#byTopicId) {
      this.#byTopicId = usesTopicIds(version);
      this.#session.lost();
    }
    this.#pumped = false;
    const maxBytes = this.#choose();
    if (maxBytes === 0) return 'nothing asked';
    const maxWaitMs = this.#due.size > 0 ? 0 : this.#settings.maxWaitMs;
    const question = this.#question(this.#session.next(), maxWaitMs, maxBytes);
    const memory = new AnswerMemory(this.#room);
    this.#room.setAside(maxBytes);
    let answer: FetchAnswer;
    try {
      const request = { ...fetchRequest(version, question), memoryFor: (size: number) => memory.take(size) };
      answer = await link.call(request, maxWaitMs + this.#settings.requestTimeoutMs);
      link.throttle(answer.throttleTimeMs);
      if (this.#closing.signal.aborted) return 'nothing asked';
      if (!this.#agrees(answer)) return 'answered';
      memory.passOn();
    } finally {
      memory.giveBack();
      this.#room.giveBack(maxBytes);
      this.#events.gaveBack();
    }
    this.#backoff.reset();
    this.#tell(answer);
    return answer.partitions.some(bringsRecords) ? 'answered' : 'empty';
  }

  /** Until somebody who was left out may be asked for, or for a short while. */
  #rest(): Promise<void> {
    if (this.#someMayFetch()) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#endRest?.(), LEFT_OUT_WAIT_MS);
      this.#endRest = () => {
        clearTimeout(timer);
        this.#endRest = undefined;
        resolve();
      };
    });
  }

  #someMayFetch(): boolean {
    for (const partition of this.#due) if (partition.mayFetch) return true;
    return false;
  }

  #version(link: FetchLink): number {
    // Brokers before 2.8 know no topic ids, and say so by an id of zeros.
    const named = this.#events.topicId()?.every((byte) => byte === 0);
    return link.version(FETCH, MIN_FETCH_VERSION, named ? MIN_FETCH_VERSION : MAX_FETCH_VERSION);
  }

  #question(session: SessionRequest, maxWaitMs: number, maxBytes: number) {
    const { topic, readUncommitted } = this.#settings;
    return {
      topic,
      topicId: this.#events.topicId()!,
      session,
      maxWaitMs,
      minBytes: MIN_BYTES,
      maxBytes,
      readCommitted: !readUncommitted,
    };
  }

  #mayAsk(): boolean {
    if (this.#events.topicId() === undefined || this.#due.size + this.#session.size === 0) return false;
    return this.#room.mayAsk(this.#account, this.#events.brokers()) > 0;
  }

  /** Decides who is asked for. @returns how many bytes may come; 0 for no request. */
  #choose(): number {
    for (const partition of this.#due) {
      if (partition.mayFetch) {
        this.#session.want(partition.partition, partition.target);
        this.#due.delete(partition);
      } else {
        this.#session.leaveOut(partition.partition);
      }
    }
    return this.#session.size === 0 ? 0 : this.#room.mayAsk(this.#account, this.#events.brokers());
  }

  #agrees({ errorCode, sessionId }: FetchAnswer): boolean {
    const error = errorName(errorCode);
    if (error === 'NONE') {
      this.#session.answered(sessionId);
      this.#disagreed = false;
      return true;
    }
    const fault = faultOfCode(errorCode, `fetching ${this.#settings.topic}`);
    if (!SESSION_ERRORS.has(error) || this.#disagreed) throw fault;
    this.#disagreed = true;
    this.#session.lost(error === 'FETCH_SESSION_ID_NOT_FOUND');
    return false;
  }

  #tell(answer: FetchAnswer): void {
    const held = new HeldBytes(answer.bytes, this.#room, this.#account);
    try {
      for (const fetched of answer.partitions) {
        const target = this.#session.asked(fetched.partition);
        if (target !== undefined) this.#events.answered(this, target, fetched, answer, held);
      }
    } finally {
      held.told();
    }
    this.#events.settled(this);
  }
}
