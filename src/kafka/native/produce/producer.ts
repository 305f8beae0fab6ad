import { TidemarkError } from '../../../errors.ts';
import type { Compression, Refusal } from '../../../pipeline/ports.ts';
import { internalFault, kafkaError } from '../../errors.ts';
import type { Outage } from '../../outage.ts';
import type { EncodedRecords } from '../../records.ts';
import type { TopicView } from '../cluster/topicView.ts';
import { BrokerSender, type SenderParts, type SenderSettings } from './brokerSender.ts';
import { BatchSizes, batchEnd, cutToSize } from './cutting.ts';
import { judge } from './judgement.ts';
import { type Lane, stopCause } from './lane.ts';
import { Lanes } from './lanes.ts';
import { freshView, Leaders, type ProduceCluster } from './leaders.ts';
import { Delivery, OutgoingBatch, plainBytes } from './outgoing.ts';
import type { PartitionAnswer, ProduceAnswer } from './produceCodec.ts';
import { ProducerIds } from './producerId.ts';
import type { ProducerIdentity } from './sequence.ts';
import type { Answer, Effect } from './sequenced.ts';

export interface ProducerSettings extends SenderSettings {
  readonly compression: Compression;
  /** Most bytes of one batch before compression; below the broker's message.max.bytes, whose excess is found out by refusal. */
  readonly maxBatchBytes: number;
  /** A record above this is refused without asking: a broker closes the connection on a request beyond its limit. */
  readonly maxRecordBytes: number;
}

/**
 * Idempotent writing (KIP-98): each record once, in order within its partition, over whatever happens to brokers and
 * connections. What may be sent and what an answer means is the sequencer's to say; here it is brought to the brokers that lead
 * the partitions, and back.
 */
export class Producer {
  readonly #cluster: ProduceCluster;
  readonly #settings: ProducerSettings;
  readonly #ids: ProducerIds;
  readonly #sizes: BatchSizes;
  readonly #outage: Outage;
  readonly #lanes: Lanes;
  readonly #leaders: Leaders;
  readonly #senders = new Map<number, BrokerSender>();
  readonly #parts: SenderParts;
  readonly #unlisten: () => void;
  #closed: TidemarkError | undefined;

  constructor(cluster: ProduceCluster, settings: ProducerSettings, outage: Outage) {
    this.#cluster = cluster;
    this.#settings = settings;
    this.#outage = outage;
    this.#lanes = new Lanes(outage);
    this.#leaders = new Leaders(cluster, this.#lanes);
    this.#sizes = new BatchSizes(settings.maxBatchBytes);
    this.#ids = new ProducerIds(cluster, (ask) => outage.insist('asking for a producer id', ask));
    this.#unlisten = cluster.onChange((view, topic) => this.#viewChanged(view, topic));
    this.#parts = {
      openLink: (nodeId) => cluster.link(nodeId, 'produce'),
      take: (lane, nodeId) => this.#take(lane, nodeId),
      answered: (taken, answer) => this.#answered(taken, answer),
      unanswered: (taken, cause) => {
        for (const [lane, batch] of taken) this.#settle(lane, batch, { kind: 'unknown' }, cause);
      },
      unreachable: (lane, cause) => this.#unreachable(lane, cause),
      broken: (thrown) => this.#stopAll(internalFault(thrown)),
    };
  }

  /** Waits until brokers answer and have given a producer id. */
  async start(): Promise<void> {
    await this.#ids.get();
  }

  /**
   * Resolves when every record is acknowledged by all in-sync replicas, or refused for good. Calls may overlap; within a
   * partition their order is kept. The buffers must stay as they are until then. Throws a TidemarkError that stops the process,
   * or after `close` the last cause.
   */
  send(buffers: readonly EncodedRecords[]): Promise<readonly Refusal[]> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    const delivery = new Delivery(buffers);
    // Never over while it is being built.
    delivery.expect(1);
    for (const records of buffers) {
      if (records.count > 0) this.#add(this.#lanes.get(records.topic, records.partition), records, delivery);
    }
    delivery.done(1);
    return delivery.outcome;
  }

  /** Ends all calls under way; they throw what they waited for. */
  close(): void {
    this.#unlisten();
    this.#closed = new TidemarkError('E-KAFKA-UNREACHABLE', 'writing: stopped');
    this.#stopAll(this.#closed);
  }

  #stopAll(cause: TidemarkError): void {
    this.#closed ??= cause;
    for (const lane of this.#lanes.all()) lane.stop(lane.cause ?? cause);
  }

  #add(lane: Lane, records: EncodedRecords, delivery: Delivery): void {
    if (lane.stopped !== undefined) {
      delivery.fail(lane.stopped);
      return;
    }
    const limitBytes = this.#sizes.limitOf(records.topic);
    for (let from = 0; from < records.count; ) {
      const to = batchEnd(records, from, records.count, limitBytes);
      if (to - from === 1 && plainBytes(records, from, to) > this.#settings.maxRecordBytes) {
        delivery.refuse(tooLargeForAll(records, from));
      } else {
        delivery.expect(1);
        lane.sequencer.add(new OutgoingBatch(records, from, to, delivery));
      }
      from = to;
    }
    this.#route(lane);
  }

  /** Offers the lane to the broker that leads it, if it has anything to send and that can be. */
  #route(lane: Lane): void {
    if (lane.stopped !== undefined || lane.delayed || lane.sequencer.idle) return;
    if (!lane.named) {
      this.#name(lane);
      return;
    }
    const leader = this.#leaders.of(lane);
    if (leader === undefined) this.#leaders.find(lane, () => this.#route(lane));
    // What is in flight at the old leader is answered first: one broker could overtake the other.
    else if (lane.sequencer.inFlight === 0 || lane.nodeId === leader.nodeId)
      this.#senderOf(leader.nodeId).offer(lane);
  }

  #senderOf(nodeId: number): BrokerSender {
    let sender = this.#senders.get(nodeId);
    if (sender === undefined) {
      sender = new BrokerSender(nodeId, this.#settings, this.#parts);
      this.#senders.set(nodeId, sender);
    }
    return sender;
  }

  #name(lane: Lane, refused?: ProducerIdentity): void {
    lane.named = true;
    const named = (identity: ProducerIdentity) => {
      lane.sequencer.renewed(identity);
      this.#route(lane);
    };
    const atHand = this.#ids.atHand(refused);
    if (atHand !== undefined) named(atHand);
    else
      this.#ids
        .get(refused)
        .then(named, (thrown) => lane.stop(kafkaError(thrown, 'asking for a producer id')));
  }

  #viewChanged(view: TopicView | undefined, topic: string): void {
    if (view === undefined) return;
    for (const lane of this.#lanes.of(topic)) {
      if (lane.sequencer.inFlight > 0 || this.#leaders.of(lane) === undefined) continue;
      lane.wake();
      this.#route(lane);
    }
  }

  /** Whether the log that ends before what it had acknowledged is that of a topic which was made anew: its id tells (KIP-516). */
  #compareLogs(lane: Lane): void {
    const doing = `looking for topic ${lane.topic}`;
    this.#outage
      .insist(doing, () => freshView(this.#cluster, lane.topic))
      .then(({ id }) => {
        const isAnother = id !== lane.topicId;
        lane.topicId = id;
        this.#applyAll(lane, lane.sequencer.compared(isAnother));
        this.#route(lane);
      })
      .catch((thrown) => lane.stop(kafkaError(thrown, doing)));
  }

  #take(lane: Lane, nodeId: number): { batch: OutgoingBatch; bytes: Buffer } | undefined {
    if (lane.stopped !== undefined || lane.delayed) return undefined;
    const { sequencer } = lane;
    if (this.#leaders.of(lane)?.nodeId !== nodeId) {
      this.#route(lane);
      return undefined;
    }
    if (sequencer.inFlight > 0 && lane.nodeId !== nodeId) return undefined;
    const batch = sequencer.next(performance.now());
    if (batch === undefined) return undefined;
    lane.nodeId = nodeId;
    // What is in flight may be of the topic before.
    if (sequencer.inFlight === 1) lane.writesTo(this.#cluster.topic(lane.topic)!);
    return { batch, bytes: batch.encoded(sequencer.identity, this.#settings.compression) };
  }

  #answered(taken: ReadonlyMap<Lane, OutgoingBatch>, { partitions, endpoints }: ProduceAnswer): void {
    const left = new Map(taken);
    for (const told of partitions) {
      const lane = this.#lanes.find(told.topic, told.partition);
      const batch = lane === undefined ? undefined : left.get(lane);
      if (lane === undefined || batch === undefined) continue;
      left.delete(lane);
      const { leader } = told;
      if (leader !== undefined)
        this.#cluster.leaderMoved(told.topic, told.partition, leader, endpoints.get(leader.nodeId));
      this.#judged(lane, batch, told);
    }
    // An answer that leaves a partition out says nothing about it: silence is not an acknowledgement.
    for (const [lane, batch] of left) {
      const cause = new TidemarkError(
        'E-KAFKA-UNREACHABLE',
        `writing to ${lane.topic}/${lane.partition}: the broker did not answer for it`,
      );
      this.#settle(lane, batch, { kind: 'unknown' }, cause);
    }
  }

  #judged(lane: Lane, batch: OutgoingBatch, told: PartitionAnswer): void {
    const { answer, cause, refusals = [] } = judge(batch, told, this.#sizes);
    const { delivery } = batch;
    for (const refusal of refusals) delivery.refuse(refusal);
    if (answer.kind === 'unfit') {
      delivery.expect(answer.parts.length);
      const limitBytes = this.#sizes.limitOf(told.topic);
      lane.sequencer.cutUnsent((waiting) => {
        const parts = cutToSize(waiting, limitBytes);
        if (parts !== undefined) waiting.delivery.expect(parts.length - 1);
        return parts;
      });
    }
    this.#settle(lane, batch, answer, cause);
    if (answer.kind === 'unfit') delivery.done(1);
  }

  #settle(lane: Lane, batch: OutgoingBatch, answer: Answer<OutgoingBatch>, cause?: TidemarkError): void {
    this.#applyAll(lane, lane.sequencer.answered(batch, answer, performance.now()));
    if (answer.kind === 'written' || answer.kind === 'unfit') lane.recovered();
    if (cause === undefined) this.#route(lane);
    else this.#failed(lane, isCorruption(cause) ? lane.corrupted(cause) : cause);
  }

  /** Tries again after a while, or at once where another leader is known already. */
  #failed(lane: Lane, cause: TidemarkError): void {
    if (cause.disposition !== 'retry') {
      lane.stop(cause);
      return;
    }
    if (lane.stopped !== undefined) return;
    lane.failed(cause);
    const leader = this.#leaders.of(lane);
    if (leader === undefined || leader.nodeId === lane.nodeId) {
      this.#cluster.refreshSoon([lane.topic]);
      lane.delay(() => this.#route(lane));
    } else {
      this.#route(lane);
    }
  }

  /** Nothing was sent: the broker that was to have the next batch cannot be reached. */
  #unreachable(lane: Lane, cause: TidemarkError): void {
    // What is in flight elsewhere goes on from there when it is answered.
    if (lane.sequencer.inFlight > 0) return;
    lane.nodeId = this.#leaders.of(lane)?.nodeId ?? lane.nodeId;
    this.#failed(lane, cause);
  }

  #applyAll(lane: Lane, effects: readonly Effect<OutgoingBatch>[]): void {
    for (const effect of effects) this.#apply(lane, effect);
  }

  #apply(lane: Lane, effect: Effect<OutgoingBatch>): void {
    switch (effect.kind) {
      case 'acknowledged':
        effect.batch.delivery.done(1);
        return;
      case 'renew':
        this.#name(lane, effect.refused);
        return;
      case 'rewound':
        this.#compareLogs(lane);
        return;
      case 'stop':
        lane.stop(stopCause(lane, effect.reason));
        return;
      default:
        effect satisfies never;
    }
  }
}

function tooLargeForAll(records: EncodedRecords, index: number): Refusal {
  const bytes = plainBytes(records, index, index + 1);
  const detail = `writing to ${records.topic}/${records.partition}: it has ${bytes} bytes`;
  return { records, index, code: 'E-RECORD-TOO-LARGE', detail };
}

function isCorruption({ cause }: TidemarkError): boolean {
  return (cause as { readonly type?: unknown } | undefined)?.type === 'CORRUPT_MESSAGE';
}
