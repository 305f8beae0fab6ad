import type { TidemarkError } from '../../../errors.ts';
import { kafkaError } from '../../errors.ts';
import type { BrokerLink } from '../cluster/brokerLink.ts';
import type { Lane } from './lane.ts';
import type { OutgoingBatch } from './outgoing.ts';
import {
  type PartitionBatch,
  PRODUCE,
  PRODUCE_VERSIONS,
  type ProduceAnswer,
  produceRequest,
} from './produceCodec.ts';

/** What writing needs of a connection. */
export type ProduceLink = Pick<BrokerLink, 'closed' | 'version' | 'call' | 'throttle'>;

/** Requests under way to one broker. It serves one after the other; more only wait there. */
const MAX_REQUESTS = 5;

export interface SenderSettings {
  /** A request takes no further batch once it has so many bytes. */
  readonly maxRequestBytes: number;
  readonly requestTimeoutMs: number;
  /** How long the broker waits for replicas; less than the timeout, so that it is the broker who tells. */
  readonly ackTimeoutMs: number;
}

/** What a sender asks of the producer it sends for. */
export interface SenderParts {
  openLink(nodeId: number): Promise<ProduceLink>;
  /** The next batch of the lane for this broker, encoded and counted as in flight; undefined when there is none to send. */
  take(lane: Lane, nodeId: number): { batch: OutgoingBatch; bytes: Buffer } | undefined;
  answered(taken: ReadonlyMap<Lane, OutgoingBatch>, answer: ProduceAnswer): void;
  /** Nobody knows whether these were written. */
  unanswered(taken: ReadonlyMap<Lane, OutgoingBatch>, cause: TidemarkError): void;
  /** The broker cannot be reached; nothing was sent. */
  unreachable(lane: Lane, cause: TidemarkError): void;
  broken(thrown: unknown): void;
}

/**
 * Produce requests to one broker: the next batch of every partition that it leads, in one request. Those that are ready at
 * once go together, and while the most requests are under way the others gather.
 */
export class BrokerSender {
  readonly #nodeId: number;
  readonly #settings: SenderSettings;
  readonly #parts: SenderParts;
  /** Lanes that may have something to send, in turn. */
  readonly #ready = new Set<Lane>();
  #link: ProduceLink | undefined;
  #version = 0;
  #opening = false;
  #requests = 0;
  #scheduled = false;

  constructor(nodeId: number, settings: SenderSettings, parts: SenderParts) {
    this.#nodeId = nodeId;
    this.#settings = settings;
    this.#parts = parts;
  }

  offer(lane: Lane): void {
    this.#ready.add(lane);
    if (this.#scheduled) return;
    this.#scheduled = true;
    // Whoever else is offered in this turn goes along.
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#pump();
    });
  }

  #pump(): void {
    try {
      while (this.#ready.size > 0 && this.#requests < MAX_REQUESTS) {
        const link = this.#link;
        if (link === undefined || link.closed) {
          this.#open();
          return;
        }
        if (!this.#send(link)) return;
      }
    } catch (thrown) {
      this.#parts.broken(thrown);
    }
  }

  #open(): void {
    if (this.#opening) return;
    this.#opening = true;
    void this.#opened().then((cause) => {
      this.#opening = false;
      if (cause === undefined) return this.#pump();
      const lanes = [...this.#ready];
      this.#ready.clear();
      for (const lane of lanes) this.#parts.unreachable(lane, cause);
    });
  }

  async #opened(): Promise<TidemarkError | undefined> {
    try {
      const link = await this.#parts.openLink(this.#nodeId);
      this.#version = link.version(PRODUCE, PRODUCE_VERSIONS.min, PRODUCE_VERSIONS.max);
      this.#link = link;
      return undefined;
    } catch (thrown) {
      return kafkaError(thrown, `writing to broker ${this.#nodeId}`);
    }
  }

  /** @returns whether there was anything to send. */
  #send(link: ProduceLink): boolean {
    const topics = new Map<string, PartitionBatch[]>();
    const taken = this.#gather(topics);
    if (taken.size === 0) return false;
    const { ackTimeoutMs, requestTimeoutMs } = this.#settings;
    this.#requests++;
    void link
      .call(produceRequest({ version: this.#version, ackTimeoutMs, topics }), requestTimeoutMs)
      .then(
        (answer) => {
          // The broker reads nothing from us for so long (KIP-219).
          link.throttle(answer.throttleMs);
          this.#parts.answered(taken, answer);
        },
        (thrown) => this.#parts.unanswered(taken, kafkaError(thrown, `writing to broker ${this.#nodeId}`)),
      )
      .catch((thrown) => this.#parts.broken(thrown))
      .finally(() => {
        this.#requests--;
        this.#pump();
      });
    return true;
  }

  /** One batch of each lane that is ready, as far as they fit; lanes that gave one come last the next time. */
  #gather(topics: Map<string, PartitionBatch[]>): ReadonlyMap<Lane, OutgoingBatch> {
    const taken = new Map<Lane, OutgoingBatch>();
    let requestBytes = 0;
    for (const lane of [...this.#ready]) {
      if (requestBytes >= this.#settings.maxRequestBytes) break;
      this.#ready.delete(lane);
      const next = this.#parts.take(lane, this.#nodeId);
      if (next === undefined) continue;
      this.#ready.add(lane);
      taken.set(lane, next.batch);
      requestBytes += next.bytes.length;
      const batches = topics.get(lane.topic);
      const batch = { partition: lane.partition, bytes: next.bytes };
      if (batches === undefined) topics.set(lane.topic, [batch]);
      else batches.push(batch);
    }
    return taken;
  }
}
