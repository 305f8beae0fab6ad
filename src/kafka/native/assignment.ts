import type { GoneReason, Lease } from '../../pipeline/ports.ts';

/** The leases of the partitions that are ours, and their end. */
export class Assignment {
  readonly #topic: string;
  readonly #leases = new Map<number, Lease>();

  constructor(topic: string) {
    this.#topic = topic;
  }

  get isEmpty(): boolean {
    return this.#leases.size === 0;
  }

  grant(partitions: readonly number[], generation: number): Lease[] {
    return partitions.map((partition) => {
      const lease: Lease = { topic: this.#topic, partition, generation, state: { kind: 'held' } };
      this.#leases.set(partition, lease);
      return lease;
    });
  }

  /** Whether offsets of this very lease may still be committed. */
  holds(lease: Lease): boolean {
    return lease.state.kind !== 'gone' && this.#leases.get(lease.partition) === lease;
  }

  of(partitions: readonly number[]): Lease[] {
    return partitions.flatMap((partition) => this.#leases.get(partition) ?? []);
  }

  ending(partitions: readonly number[], deadlineMs: number): Lease[] {
    const leases = this.of(partitions);
    for (const lease of leases) lease.state = { kind: 'ending', deadlineMs };
    return leases;
  }

  end(partitions: readonly number[], reason: GoneReason): Lease[] {
    const leases = this.of(partitions);
    for (const lease of leases) {
      lease.state = { kind: 'gone', reason };
      this.#leases.delete(lease.partition);
    }
    return leases;
  }
}
