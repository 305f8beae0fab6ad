import type { TidemarkError } from '../../errors.ts';
import type { Lease } from '../../pipeline/ports.ts';
import { internalFault } from '../errors.ts';
import type { PartitionFeed } from './feed.ts';

export interface LeaseEvents {
  ending(leases: readonly Lease[], deadlineMs: number): Promise<void>;
  gone(leases: readonly Lease[]): void;
  failed(cause: TidemarkError): void;
}

/** The leases of the current generation, by partition, and their end. */
export class Leases {
  readonly #feeds = new Map<number, PartitionFeed>();
  readonly #drainTimeoutMs: number;
  readonly #events: LeaseEvents;
  #draining: Promise<void> | undefined;
  /** When leases ended that no new generation has followed; infinity when none did. */
  endedAtMs = Number.POSITIVE_INFINITY;

  constructor(drainTimeoutMs: number, events: LeaseEvents) {
    this.#drainTimeoutMs = drainTimeoutMs;
    this.#events = events;
  }

  /** Resolves when the drain that is on, if one is, has ended; undefined when none is. */
  get draining(): Promise<void> | undefined {
    return this.#draining;
  }

  all(): PartitionFeed[] {
    return [...this.#feeds.values()];
  }

  of(partition: number): PartitionFeed | undefined {
    return this.#feeds.get(partition);
  }

  holds(lease: Lease): boolean {
    return lease.state.kind !== 'gone' && this.#feeds.get(lease.partition)?.lease === lease;
  }

  /** A new generation: whatever is left of the last one is over. */
  begin(feeds: readonly PartitionFeed[]): void {
    this.end('revoked');
    this.#draining = undefined;
    this.endedAtMs = Number.POSITIVE_INFINITY;
    for (const feed of feeds) this.#feeds.set(feed.lease.partition, feed);
  }

  end(reason: 'revoked' | 'lost' | 'closed'): void {
    this.#end(this.all(), reason);
  }

  /**
   * The group wants its members back: the pipeline finishes what is in hand, within the drain timeout, and then the leases
   * are gone. Whoever awaits `draining` holds up the JoinGroup meanwhile.
   */
  drain(): void {
    this.#draining ??= this.#drain();
  }

  async #drain(): Promise<void> {
    const feeds = this.all();
    if (feeds.length === 0) return;
    const deadlineMs = Date.now() + this.#drainTimeoutMs;
    for (const { lease } of feeds) lease.state = { kind: 'ending', deadlineMs };
    const timeout = Promise.withResolvers<void>();
    const timer = setTimeout(timeout.resolve, this.#drainTimeoutMs);
    try {
      const leases = feeds.map((feed) => feed.lease);
      await Promise.race([this.#events.ending(leases, deadlineMs), timeout.promise]);
    } catch (fault) {
      this.#events.failed(internalFault(fault));
    }
    clearTimeout(timer);
    // Only these: a JoinGroup that did not wait may have brought the next generation by now.
    this.#end(feeds, 'revoked');
  }

  #end(feeds: readonly PartitionFeed[], reason: 'revoked' | 'lost' | 'closed'): void {
    const ending = feeds.filter(({ lease }) => lease.state.kind !== 'gone');
    for (const feed of ending) {
      feed.lease.state = { kind: 'gone', reason };
      if (this.#feeds.get(feed.lease.partition) === feed) this.#feeds.delete(feed.lease.partition);
      feed.end();
    }
    if (ending.length === 0) return;
    this.endedAtMs = Date.now();
    this.#events.gone(ending.map((feed) => feed.lease));
  }
}
