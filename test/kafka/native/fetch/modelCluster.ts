/**
 * Brokers as the protocol describes them, for one topic: logs, leaders, fetch sessions (KIP-227), leader epochs (KIP-320, KIP-595),
 * limits in bytes (KIP-74), and everything that goes wrong between a broker and a client, by chance.
 */
import { Writer } from '@platformatic/kafka';
import type { WireRequest } from '../../../../src/kafka/native/cluster/brokerLink.ts';
import { KafkaFault } from '../../../../src/kafka/native/cluster/fault.ts';
import type { PartitionLeader, TopicView } from '../../../../src/kafka/native/cluster/topicView.ts';
import type { FetchCluster, FetchLink } from '../../../../src/kafka/native/fetch/brokerFetcher.ts';
import type { FetchTarget } from '../../../../src/kafka/native/fetch/session.ts';
import type { LogBatch } from './batches.ts';
import { type AnsweredPartition, encodeAnswer, type ReadQuestion, readQuestion } from './fetchWire.ts';

export interface ModelPartition {
  low: number;
  readonly log: LogBatch[];
  leader: number;
  epoch: number;
  /** Whom the leader sends readers to (KIP-392). */
  follower?: number | undefined;
}

export function endOf({ log, low }: ModelPartition): number {
  return (log.at(-1)?.lastOffset ?? low - 1) + 1;
}

interface Session {
  epoch: number;
  readonly topic: string;
  readonly partitions: Map<number, FetchTarget>;
  /** High watermarks that were told. */
  readonly told: Map<number, number>;
}

/** How often each thing happens, as a probability by request or by partition and request. */
export interface Chances {
  readonly requestLost: number;
  readonly answerLost: number;
  readonly evicted: number;
  readonly noSlot: number;
  /** A partition is refused for no lasting reason. */
  readonly refused: number;
  readonly corrupt: number;
}

export const CALM: Chances = { requestLost: 0, answerLost: 0, evicted: 0, noSlot: 0, refused: 0, corrupt: 0 };

const NOT_LEADER = 6;
const FENCED_LEADER_EPOCH = 74;
const UNKNOWN_LEADER_EPOCH = 75;
const OUT_OF_RANGE = 1;
const UNKNOWN_TOPIC_ID = 100;
const SESSION_NOT_FOUND = 70;
const SESSION_EPOCH = 71;
const SESSION_TOPIC_ID = 106;
/** What a broker says for a moment: storage, offset not available, replica not available, and out of range by a stale one. */
const PASSING = [56, 78, 9, OUT_OF_RANGE];
const EMPTY_WAIT_MS = 2;

export class ModelCluster implements FetchCluster {
  readonly name = 'topic';
  id = '104d9e12-d0b2-4ac3-af07-46399b1a5817';
  readonly partitions: ModelPartition[];
  chances: Chances = CALM;
  /** Requests as brokers read them. */
  readonly requests: (ReadQuestion & { nodeId: number; version: number })[] = [];
  #version = 17;
  readonly #random: () => number;
  readonly #sessions = new Map<number, Session>();
  readonly #listeners = new Set<(view: TopicView | undefined, name: string) => void>();
  /** What was spoilt once comes whole the next time. */
  readonly #spoilt = new Set<LogBatch>();
  readonly #refused = new Set<string>();
  readonly #down = new Set<number>();
  #lastSession = 0;
  #view: TopicView;
  #refreshing = false;

  constructor(partitions: ModelPartition[], random: () => number) {
    this.partitions = partitions;
    this.#random = random;
    this.#view = this.#viewNow();
  }

  /** Which version the brokers speak from now on. */
  speak(version: number): void {
    this.#version = version;
  }

  topic(): TopicView {
    return this.#view;
  }

  onChange(listener: (view: TopicView | undefined, name: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  refreshSoon(): void {
    if (this.#refreshing) return;
    this.#refreshing = true;
    setImmediate(() => {
      this.#refreshing = false;
      this.#show(this.#viewNow());
    });
  }

  leaderMoved(_topic: string, partition: number, leader: PartitionLeader): void {
    if (leader.leaderEpoch <= this.#view.partitions[partition]!.leaderEpoch) return;
    this.#show({ ...this.#view, partitions: this.#view.partitions.with(partition, leader) });
  }

  async link(nodeId: number): Promise<FetchLink> {
    return {
      version: (_key: number, min: number, max: number) => Math.max(min, Math.min(max, this.#version)),
      throttle: () => {},
      untilUnthrottled: () => undefined,
      call: <T>(request: WireRequest<T>) => this.#call(nodeId, request),
    };
  }

  move(partition: number, leader: number): void {
    const moved = this.partitions[partition]!;
    moved.leader = leader;
    moved.epoch++;
  }

  /** The broker answers no more. */
  kill(nodeId: number): void {
    this.#down.add(nodeId);
  }

  /** Deleted and made anew, with nothing in it. */
  recreate(id: string): void {
    this.id = id;
    for (const partition of this.partitions) Object.assign(partition, { low: 0, epoch: 0 }).log.length = 0;
  }

  async #call<T>(nodeId: number, request: WireRequest<T>): Promise<T> {
    await new Promise((resolve) => setImmediate(resolve));
    if (this.#down.has(nodeId)) throw new KafkaFault('NETWORK', 'the broker is gone');
    if (this.#happens('requestLost')) throw new KafkaFault('NETWORK', 'the request was lost');
    const writer = Writer.create();
    request.write(writer);
    const question = readQuestion(Buffer.from(writer.buffer), request.version);
    this.requests.push({ ...question, nodeId, version: request.version });
    const answer = this.#answer(nodeId, request.version, question);
    if (answer.partitions.length === 0 && answer.errorCode === 0 && question.maxWaitMs > 0)
      await new Promise((resolve) => setTimeout(resolve, EMPTY_WAIT_MS));
    if (this.#happens('answerLost')) throw new KafkaFault('NETWORK', 'the answer was lost');
    // A broker repeats the id that it was asked for.
    const id = Buffer.from(request.version >= 13 ? answer.topic : '', 'hex');
    const bytes = encodeAnswer(request.version, this.name, id, { throttleTimeMs: 0, ...answer });
    const memory = request.memoryFor?.(bytes.length) ?? Buffer.alloc(bytes.length);
    bytes.copy(memory);
    return request.read(memory.subarray(0, bytes.length));
  }

  #answer(nodeId: number, version: number, question: ReadQuestion) {
    const { asked, forgotten, sessionId, sessionEpoch } = question.session;
    if (this.#happens('evicted')) this.#sessions.clear();
    let session: Session;
    let answeredId = sessionId;
    if (sessionEpoch <= 0) {
      this.#sessions.delete(sessionId);
      session = { epoch: 1, topic: question.topic, partitions: new Map(asked), told: new Map() };
      const keeps = sessionEpoch === 0 && !this.#happens('noSlot');
      answeredId = keeps ? ++this.#lastSession : 0;
      if (keeps) this.#sessions.set(answeredId, session);
    } else {
      const known = this.#sessions.get(sessionId);
      if (known === undefined) return failed(SESSION_NOT_FOUND);
      if (known.epoch !== sessionEpoch) return failed(SESSION_EPOCH);
      if (asked.length > 0 && known.topic.length !== question.topic.length) return failed(SESSION_TOPIC_ID);
      session = known;
      session.epoch++;
      for (const [partition, target] of asked) session.partitions.set(partition, target);
      for (const partition of forgotten) session.partitions.delete(partition);
    }
    const all = sessionEpoch <= 0;
    const partitions = this.#read(nodeId, version, session, question, all);
    return { errorCode: 0, sessionId: answeredId, topic: session.topic, partitions };
  }

  #read(
    nodeId: number,
    version: number,
    session: Session,
    question: ReadQuestion,
    all: boolean,
  ): AnsweredPartition[] {
    const answers: AnsweredPartition[] = [];
    let left = question.maxBytes;
    let nothingYet = true;
    for (const [partition, target] of [...session.partitions]) {
      const answer = this.#readPartition(nodeId, version, session.topic, partition, target, left, nothingYet);
      const size = answer.records?.length ?? 0;
      if (size > 0) {
        nothingYet = false;
        left -= size;
        // Fairness of sessions: who gave records comes last.
        session.partitions.delete(partition);
        session.partitions.set(partition, target);
      }
      const news = session.told.get(partition) !== answer.highWatermark;
      session.told.set(partition, answer.highWatermark);
      const says = answer.errorCode !== 0 || answer.diverging !== undefined;
      if (all || news || size > 0 || says || answer.preferredReplica !== undefined) answers.push(answer);
    }
    return answers;
  }

  #readPartition(
    nodeId: number,
    version: number,
    topic: string,
    partition: number,
    target: FetchTarget,
    left: number,
    whole: boolean,
  ): AnsweredPartition {
    const refuse = (errorCode: number, leader?: PartitionLeader): AnsweredPartition => ({
      partition,
      errorCode,
      highWatermark: -1,
      ...(leader && { leader }),
    });
    const state = this.partitions[partition]!;
    if (version >= 13 && topic !== this.id.replaceAll('-', '')) return refuse(UNKNOWN_TOPIC_ID);
    if (state.leader !== nodeId && state.follower !== nodeId) {
      const hint = this.#random() < 0.5 ? { nodeId: state.leader, leaderEpoch: state.epoch } : undefined;
      return refuse(NOT_LEADER, hint);
    }
    if (target.leaderEpoch > state.epoch) return refuse(UNKNOWN_LEADER_EPOCH);
    if (target.leaderEpoch >= 0 && target.leaderEpoch < state.epoch) return refuse(FENCED_LEADER_EPOCH);
    const key = `${partition}@${target.offset}`;
    if (!this.#refused.has(key) && this.#happens('refused')) {
      this.#refused.add(key);
      return refuse(PASSING[Math.floor(this.#random() * PASSING.length)]!);
    }
    const end = endOf(state);
    const highWatermark = end;
    if (target.lastFetchedEpoch > state.epoch) return refuse(OUT_OF_RANGE);
    if (target.lastFetchedEpoch >= 0 && target.offset >= state.low) {
      const last = state.log.findLast(({ leaderEpoch }) => leaderEpoch <= target.lastFetchedEpoch);
      const endOffset = (last?.lastOffset ?? -1) + 1;
      const diverging = { epoch: last?.leaderEpoch ?? -1, endOffset };
      if (last?.leaderEpoch !== target.lastFetchedEpoch || endOffset < target.offset)
        return { partition, errorCode: 0, highWatermark, diverging };
    }
    if (target.offset < state.low || target.offset > end) return refuse(OUT_OF_RANGE);
    if (nodeId === state.leader && state.follower !== undefined && state.follower !== nodeId)
      return { partition, errorCode: 0, highWatermark, preferredReplica: state.follower };
    const records = this.#records(state, target, Math.min(left, target.maxBytes), whole);
    return { partition, errorCode: 0, highWatermark, records };
  }

  /** From the batch that holds the offset; the last one may be cut. The first of the response is whole (KIP-74). */
  #records({ log }: ModelPartition, { offset }: FetchTarget, maxBytes: number, whole: boolean): Buffer {
    const from = log.findIndex(({ lastOffset }) => lastOffset >= offset);
    if (from < 0) return Buffer.alloc(0);
    const first = log[from]!.bytes.length;
    if (maxBytes < first && !whole) return Buffer.alloc(0);
    const parts: Buffer[] = [];
    let size = 0;
    for (let i = from; i < log.length && size < Math.max(maxBytes, first); i++) {
      parts.push(this.#maybeSpoilt(log[i]!));
      size += log[i]!.bytes.length;
    }
    return Buffer.concat(parts).subarray(0, Math.max(maxBytes, first));
  }

  #maybeSpoilt(batch: LogBatch): Buffer {
    if (this.#spoilt.has(batch) || !this.#happens('corrupt')) return batch.bytes;
    this.#spoilt.add(batch);
    const bytes = Buffer.from(batch.bytes);
    // What the checksum covers, and itself.
    const at = 17 + Math.floor(this.#random() * (bytes.length - 17));
    bytes[at]! ^= 1 + Math.floor(this.#random() * 255);
    return bytes;
  }

  #happens(what: keyof Chances): boolean {
    return this.#random() < this.chances[what];
  }

  #viewNow(): TopicView {
    const partitions = this.partitions.map(({ leader: nodeId, epoch: leaderEpoch }) => ({
      nodeId,
      leaderEpoch,
    }));
    return { name: this.name, id: this.id, partitions };
  }

  #show(view: TopicView): void {
    this.#view = view;
    for (const listener of [...this.#listeners]) listener(view, this.name);
  }
}

function failed(errorCode: number) {
  return { errorCode, sessionId: 0, topic: '', partitions: [] };
}
