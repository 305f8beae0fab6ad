import assert from 'node:assert/strict';
import type { TidemarkError } from '../../../../src/errors.ts';
import type { FetchCluster } from '../../../../src/kafka/native/fetch/brokerFetcher.ts';
import type { FetcherEvents, LostPosition } from '../../../../src/kafka/native/fetch/events.ts';
import { Fetcher } from '../../../../src/kafka/native/fetch/fetcher.ts';
import type { FetchOptions } from '../../../../src/kafka/native/fetch/settings.ts';
import type { Block, Lease } from '../../../../src/pipeline/ports.ts';
import { waitFor } from '../../../../tools/stack/wait.ts';
import { type ReadRecord, recordsOf } from '../../../conformance/support.ts';

/** Writes down everything a fetcher tells. */
class FetchLog implements FetcherEvents {
  readonly lost: (LostPosition & { lease: Lease })[] = [];
  readonly stops: { lease: Lease; cause: TidemarkError }[] = [];
  readonly downs: TidemarkError[] = [];
  readonly failures: TidemarkError[] = [];
  ups = 0;

  outOfRange(lease: Lease, lost: LostPosition): void {
    this.lost.push({ lease, ...lost });
  }
  stopped(lease: Lease, cause: TidemarkError): void {
    this.stops.push({ lease, cause });
  }
  down(cause: TidemarkError): void {
    this.downs.push(cause);
  }
  up(): void {
    this.ups++;
  }
  failed(cause: TidemarkError): void {
    this.failures.push(cause);
  }
}

function leaseOf(topic: string, partition: number): Lease {
  return { topic, partition, generation: 1, state: { kind: 'held' } };
}

/** A fetcher whose blocks are read and released as they come, each held against the one before. */
export class Reading {
  readonly log = new FetchLog();
  readonly fetcher: Fetcher;
  readonly records: ReadRecord[] = [];
  readonly blocks: { partition: number; count: number; nextOffset: number; endOffset: number }[] = [];
  /** Next offset by partition. */
  readonly positions = new Map<number, number>();
  readonly leases = new Map<number, Lease>();
  mostHeldBytes = 0;
  readonly #topic: string;
  readonly #done: Promise<void>;
  #fault: unknown;

  constructor(
    cluster: FetchCluster,
    options: FetchOptions,
    onBlock: (block: Block, fetcher: Fetcher) => Promise<void> | void = () => {},
    random?: () => number,
  ) {
    this.#topic = options.topic;
    this.fetcher = new Fetcher(cluster, options, this.log, random);
    this.#done = this.#read(onBlock).catch((fault: unknown) => {
      this.#fault = fault;
    });
  }

  add(partition: number, offset = 0, leaderEpoch = -1): Lease {
    const lease = leaseOf(this.#topic, partition);
    this.leases.set(partition, lease);
    this.positions.set(partition, offset);
    this.fetcher.add(lease, offset, leaderEpoch);
    return lease;
  }

  values(partition?: number): (string | null)[] {
    return this.records
      .filter((record) => partition === undefined || record.partition === partition)
      .map(({ value }) => value);
  }

  /** Waits for a condition; fails with what it waited for, or with what went wrong while reading. */
  async until(what: string, condition: () => boolean, deadlineMs = 20_000): Promise<void> {
    const look = () => {
      if (this.#fault !== undefined) throw this.#fault;
      return condition();
    };
    await waitFor(look, what, deadlineMs, { everyMs: 5 });
  }

  async close(): Promise<void> {
    await this.fetcher.close();
    await this.#done;
    if (this.#fault !== undefined) throw this.#fault;
    assert.equal(this.fetcher.heldBytes, 0, 'everything was given back');
  }

  async #read(onBlock: (block: Block, fetcher: Fetcher) => Promise<void> | void): Promise<void> {
    const { fetcher } = this;
    for (let block = await fetcher.next(); block !== undefined; block = await fetcher.next()) {
      const { lease, count, nextOffset, endOffset, offsets } = block;
      const { partition } = lease;
      this.mostHeldBytes = Math.max(this.mostHeldBytes, fetcher.heldBytes);
      if (lease === this.leases.get(partition)) {
        const position = this.positions.get(partition) ?? 0;
        assert.ok(nextOffset > position, `${partition}: from ${position} to ${nextOffset}`);
        if (count > 0) {
          assert.ok(offsets[0]! >= position, `${partition}: ${offsets[0]} below ${position}`);
          assert.ok(offsets[count - 1]! < nextOffset);
        }
        this.positions.set(partition, nextOffset);
        this.records.push(...recordsOf(block));
        this.blocks.push({ partition, count, nextOffset, endOffset });
      }
      await onBlock(block, fetcher);
      fetcher.release(block);
    }
  }
}
