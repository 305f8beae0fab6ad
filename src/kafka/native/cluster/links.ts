import type { KafkaConnection } from '../../connection.ts';
import { Backoff, type Random } from './backoff.ts';
import type { BrokerLink } from './brokerLink.ts';
import { KafkaFault } from './fault.ts';
import { type Address, openLink } from './opening.ts';
import { pause } from './pause.ts';

/**
 * What a connection is for. A broker serves one request of a connection at a time and in order, so whatever may wait there
 * has one of its own: a Fetch waits for records, a JoinGroup for other members, a Produce for replicas; a commit behind
 * any of them would wait along.
 */
export type Purpose = 'metadata' | 'fetch' | 'produce' | 'group' | 'commit';

/** The node id of a broker that is known by its address only. */
export const BOOTSTRAP = -1;

interface Slot {
  readonly backoff: Backoff;
  /** performance.now() before which no connection is tried. */
  notBeforeMs: number;
  failed: boolean;
  opening: Promise<BrokerLink> | undefined;
  link: BrokerLink | undefined;
  /** What was replaced and still waits for answers. */
  readonly leaving: Set<BrokerLink>;
}

/** The open connections, one for each broker and purpose: opened once however many ask, and again after it was lost. */
export class Links {
  readonly #connection: KafkaConnection;
  readonly #random: Random;
  readonly #slots = new Map<string, Slot>();
  readonly #closing = new AbortController();

  constructor(connection: KafkaConnection, random: Random) {
    this.#connection = connection;
    this.#random = random;
  }

  /** The open link, a new one, or the KafkaFault that opening it ended with. */
  get(nodeId: number, purpose: Purpose, addressOf: () => Address): Promise<BrokerLink> {
    const slot = this.#slot(`${nodeId} ${purpose}`);
    if (slot.link !== undefined && !slot.link.closed) return Promise.resolve(slot.link);
    slot.opening ??= this.#open(slot, nodeId, purpose, addressOf).finally(() => {
      slot.opening = undefined;
    });
    return slot.opening;
  }

  /** A link that nobody shares, to a broker whose id is not known. */
  openOnce(address: Address): Promise<BrokerLink> {
    return this.#opened(BOOTSTRAP, address);
  }

  /** How likely a link is to be had at once: 0 it is open, 1 nobody knows, 2 the last attempt failed. */
  standing(nodeId: number, purpose: Purpose): 0 | 1 | 2 {
    const slot = this.#slots.get(`${nodeId} ${purpose}`);
    if (slot?.link?.closed === false) return 0;
    return slot?.failed === true ? 2 : 1;
  }

  /** The broker is elsewhere now: what is under way may still be answered there, what comes goes to the new address. */
  moved(nodeId: number): void {
    for (const [key, { link }] of this.#slots) if (key.startsWith(`${nodeId} `)) link?.retire();
  }

  close(): void {
    this.#closing.abort();
    for (const { link, leaving } of this.#slots.values()) {
      link?.destroy();
      for (const old of leaving) old.destroy();
    }
    this.#slots.clear();
  }

  #slot(key: string): Slot {
    const known = this.#slots.get(key);
    if (known !== undefined) return known;
    const backoff = new Backoff({ firstMs: 50, maxMs: 1_000, random: this.#random });
    const slot: Slot = {
      backoff,
      notBeforeMs: 0,
      failed: false,
      opening: undefined,
      link: undefined,
      leaving: new Set(),
    };
    this.#slots.set(key, slot);
    return slot;
  }

  async #open(slot: Slot, nodeId: number, purpose: Purpose, addressOf: () => Address): Promise<BrokerLink> {
    await this.#leave(slot, purpose);
    // Metadata goes from broker to broker until one answers; its pauses are between rounds.
    if (purpose !== 'metadata') await pause(slot.notBeforeMs - performance.now(), this.#closing.signal);
    slot.failed = true;
    try {
      slot.link = await this.#opened(nodeId, addressOf());
      slot.failed = false;
      return slot.link;
    } finally {
      // A broker that accepts and closes at once is as gone as one that does not accept: only an answer proves it well.
      slot.notBeforeMs = performance.now() + slot.backoff.next();
    }
  }

  /** Produce requests on two connections could overtake each other, which the broker would call out of order. */
  async #leave(slot: Slot, purpose: Purpose): Promise<void> {
    const { link } = slot;
    if (link === undefined) return;
    if (link.proven) {
      slot.backoff.reset();
      slot.notBeforeMs = 0;
    }
    slot.link = undefined;
    slot.leaving.add(link);
    const left = link.drained.then(() => slot.leaving.delete(link));
    if (purpose === 'produce') await left;
  }

  async #opened(nodeId: number, address: Address): Promise<BrokerLink> {
    const { signal } = this.#closing;
    if (signal.aborted) throw closedFault();
    const link = await openLink({ nodeId, address, connection: this.#connection, closing: signal });
    if (!signal.aborted) return link;
    link.destroy();
    throw closedFault();
  }
}

function closedFault(): KafkaFault {
  return new KafkaFault('CLOSED', 'the client was closed');
}
