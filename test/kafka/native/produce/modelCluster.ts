/**
 * Brokers that take Produce requests as bytes, each partition's log by the rules of ModelBroker, and that fail as told. The
 * value of a record is its number.
 */
import { Writer } from '@platformatic/kafka';
import type { WireRequest } from '../../../../src/kafka/native/cluster/brokerLink.ts';
import { KafkaFault } from '../../../../src/kafka/native/cluster/fault.ts';
import type { PartitionLeader, TopicView } from '../../../../src/kafka/native/cluster/topicView.ts';
import type { ProduceLink } from '../../../../src/kafka/native/produce/brokerSender.ts';
import type { ProduceCluster } from '../../../../src/kafka/native/produce/leaders.ts';
import { type BrokerRules, ModelBroker } from './modelBroker.ts';
import { type AskedPartition, answerBytes, readRequest, TOPIC, type ToldPartition } from './produceWire.ts';

export const ERRORS = {
  UNKNOWN_SERVER_ERROR: -1,
  CORRUPT_MESSAGE: 2,
  UNKNOWN_TOPIC_OR_PARTITION: 3,
  NOT_LEADER: 6,
  TIMED_OUT: 7,
  TOO_LARGE: 10,
  NOT_ENOUGH_REPLICAS: 19,
  AFTER_APPEND: 20,
  ACL: 29,
  OUT_OF_ORDER: 45,
  STORAGE: 56,
  UNKNOWN_PRODUCER_ID: 59,
  INVALID_RECORD: 87,
} as const;

/** What happens to one request: by default it is served. */
export type Fate = 'lost-before' | 'lost-after' | undefined;
/** What is answered for one partition instead: an error, before or after the append, or nothing at all. */
export interface PartitionFate {
  readonly error: number | 'silent';
  readonly appended: boolean;
}

export class ModelCluster implements ProduceCluster {
  readonly requests: (readonly AskedPartition[])[] = [];
  readonly logs: ModelBroker[];
  /** Most batches of one partition that were on their way at once. */
  mostInFlight = 0;
  /** Whether batches of one partition were on their way to two brokers, where they may overtake each other. */
  wasSplit = false;
  fate: (asked: readonly AskedPartition[]) => Fate = () => undefined;
  partitionFate: (asked: AskedPartition) => PartitionFate | undefined = () => undefined;
  refusesLinks: (nodeId: number) => KafkaFault | undefined = () => undefined;
  /** Nothing is served before this resolves. */
  held: Promise<unknown> = Promise.resolve();
  version = 11;
  throttleMs = 0;
  readonly throttled: number[] = [];
  exists = true;
  /** Leaders are named in answers from those who lead no more (KIP-951). */
  namesLeaders = true;
  #id = 'one';
  #leaders: PartitionLeader[];
  #view: TopicView | undefined;
  readonly #listeners = new Set<(view: TopicView | undefined, name: string) => void>();
  readonly #links = new Map<number, ModelLink>();
  readonly #inFlight = new Map<number, number>();
  readonly #sentTo = new Map<number, number>();
  #ids = 1000;

  constructor(partitions: number, rules: BrokerRules) {
    this.logs = Array.from({ length: partitions }, () => new ModelBroker(rules));
    this.#leaders = this.logs.map((_, partition) => ({ nodeId: partition % 2, leaderEpoch: 0 }));
  }

  topic(): TopicView | undefined {
    return this.#view;
  }

  async refresh(): Promise<void> {
    await turn();
    const view = { name: TOPIC, id: this.#id, partitions: this.#leaders };
    this.#see(this.exists ? view : undefined);
  }

  refreshSoon(): void {
    void this.refresh();
  }

  onChange(listener: (view: TopicView | undefined, name: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  leaderMoved(_topic: string, partition: number, leader: PartitionLeader): void {
    const view = this.#view;
    if (view === undefined || leader.leaderEpoch <= view.partitions[partition]!.leaderEpoch) return;
    this.#see({ ...view, partitions: view.partitions.with(partition, leader) });
  }

  #see(view: TopicView | undefined): void {
    this.#view = view;
    for (const listener of this.#listeners) listener(view, TOPIC);
  }

  async link(nodeId: number): Promise<ProduceLink> {
    await turn();
    const refusal = this.refusesLinks(nodeId);
    if (refusal !== undefined) throw refusal;
    const open = this.#links.get(nodeId);
    if (open !== undefined && !open.closed) return open;
    const link = new ModelLink(this, nodeId);
    this.#links.set(nodeId, link);
    return link;
  }

  async anyLink(): Promise<Awaited<ReturnType<ProduceCluster['anyLink']>>> {
    const answer = () => ({
      throttleTimeMs: 0,
      errorCode: 0,
      producerId: BigInt(this.#ids++),
      producerEpoch: 0,
    });
    return { version: () => 4, api: async () => answer() as never };
  }

  /** The leader of a partition is the other broker now; nobody knows that yet. */
  moveLeader(partition: number): void {
    const { nodeId, leaderEpoch } = this.#leaders[partition]!;
    this.#leaders = this.#leaders.with(partition, { nodeId: 1 - nodeId, leaderEpoch: leaderEpoch + 1 });
  }

  /** The topic is deleted and made anew; nobody knows that yet. */
  remake(): void {
    this.#id += '+';
    for (const log of this.logs) log.remake();
  }

  departed(asked: readonly AskedPartition[], nodeId: number): void {
    this.requests.push(asked);
    for (const { partition } of asked) {
      const inFlight = (this.#inFlight.get(partition) ?? 0) + 1;
      if (inFlight > 1 && this.#sentTo.get(partition) !== nodeId) this.wasSplit = true;
      this.#sentTo.set(partition, nodeId);
      this.#inFlight.set(partition, inFlight);
      this.mostInFlight = Math.max(this.mostInFlight, inFlight);
    }
  }

  arrived(asked: readonly AskedPartition[]): void {
    for (const { partition } of asked) this.#inFlight.set(partition, this.#inFlight.get(partition)! - 1);
  }

  serve(nodeId: number, asked: readonly AskedPartition[]): ToldPartition[] {
    return asked.flatMap((one) => {
      const { partition } = one;
      const fate = this.partitionFate(one);
      const leader = this.#leaders[partition]!;
      if (leader.nodeId !== nodeId) {
        const named = this.namesLeaders ? { leader } : {};
        return { partition, error: ERRORS.NOT_LEADER, baseOffset: -1, ...named };
      }
      const answer = fate?.appended === false ? undefined : this.#append(one);
      if (answer !== undefined && (fate === undefined || answer.error !== 0)) return answer;
      return fate!.error === 'silent' ? [] : { partition, error: fate!.error, baseOffset: -1 };
    });
  }

  #append({ partition, producerId, epoch, sequence, records }: AskedPartition): ToldPartition {
    const reply = this.logs[partition]!.produce({ producerId, producerEpoch: epoch, sequence, records });
    const refused = (error: number) => ({ partition, error, baseOffset: -1 });
    switch (reply.kind) {
      case 'written':
        return { partition, error: 0, baseOffset: reply.baseOffset };
      case 'out-of-order':
        return refused(ERRORS.OUT_OF_ORDER);
      case 'disowned':
        return refused(ERRORS.UNKNOWN_PRODUCER_ID);
      case 'too-large':
        return refused(ERRORS.TOO_LARGE);
      case 'refused':
        return {
          ...refused(ERRORS.INVALID_RECORD),
          recordErrors: reply.indexes.map((index) => ({ index, message: 'bad' })),
        };
      default:
        return reply satisfies never;
    }
  }
}

interface UnderWay {
  readonly asked: readonly AskedPartition[];
  readonly lose: (fault: KafkaFault) => void;
}

/** Serves one request after the other; what is lost takes along all that are under way. */
class ModelLink implements ProduceLink {
  readonly #cluster: ModelCluster;
  readonly #nodeId: number;
  #underWay: UnderWay[] = [];
  #served: Promise<unknown> = Promise.resolve();
  closed = false;

  constructor(cluster: ModelCluster, nodeId: number) {
    this.#cluster = cluster;
    this.#nodeId = nodeId;
  }

  version(_apiKey: number, min: number, max: number): number {
    return Math.max(min, Math.min(max, this.#cluster.version));
  }

  throttle(ms: number): void {
    this.#cluster.throttled.push(ms);
  }

  call<T>(request: WireRequest<T>): Promise<T> {
    const writer = Writer.create();
    request.write(writer);
    const asked = readRequest(Buffer.from(writer.buffer));
    this.#cluster.departed(asked, this.#nodeId);
    return new Promise<T>((resolve, reject) => {
      this.#underWay.push({ asked, lose: reject });
      this.#served = this.#served
        .then(() => this.#cluster.held)
        .then(turn)
        .then(() => this.#serve(asked, request, resolve))
        .catch(reject);
    });
  }

  #serve<T>(asked: readonly AskedPartition[], request: WireRequest<T>, answer: (of: T) => void): void {
    if (this.closed) return;
    const fate = this.#cluster.fate(asked);
    const told = fate === 'lost-before' ? [] : this.#cluster.serve(this.#nodeId, asked);
    if (fate !== undefined) {
      this.#lose();
      return;
    }
    this.#underWay.shift();
    this.#cluster.arrived(asked);
    answer(request.read(answerBytes(request.version, told, this.#cluster.throttleMs)));
  }

  #lose(): void {
    this.closed = true;
    for (const { asked, lose } of this.#underWay) {
      this.#cluster.arrived(asked);
      lose(new KafkaFault('NETWORK', 'the connection was lost'));
    }
    this.#underWay = [];
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
