import type { KafkaMessage } from 'kafkajs';
import type { Block, Lease } from '../../pipeline/ports.ts';
import { parseOffset } from '../offset.ts';
import { blockOfMessages, emptyBlock, sizeOfMessage } from './block.ts';
import type { Intake, Offer } from './intake.ts';

export interface BlockLimits {
  readonly maxBlockBytes: number;
  readonly maxBlockRecords: number;
}

/** How the handing out of one fetched batch ended. */
export type FeedOutcome =
  /** Every record of it was released. */
  | 'released'
  /** Its block is still out, and the fetching of other partitions goes on meanwhile; the rest of it is read again. */
  | 'parked'
  /** The lease ended. */
  | 'ended';

/** Hands the fetched records of one lease to the pipeline, one block at a time. Knows nothing of the consumer. */
export class PartitionFeed implements Offer {
  readonly lease: Lease;
  /** Where the next fetch has to begin; -1 until the starting position is known. */
  position = -1;
  /** The group's committed offset as far as known. */
  committed: number | undefined;
  /** Blocks may be made; false while the position is being found out. */
  ready = false;
  readonly #limits: BlockLimits;
  readonly #intake: Intake;
  readonly #onResume: () => void;
  readonly #onFault: (fault: unknown) => void;
  #messages: readonly KafkaMessage[] = [];
  #next = 0;
  #batchNextOffset = -1;
  #endOffset = -1;
  /** A position that filtered records moved to and that no block has told yet. */
  #untold = -1;
  #offered = false;
  #prebuilt: Block | undefined;
  #handed: Block | undefined;
  #parked = false;
  #outcome: PromiseWithResolvers<FeedOutcome> | undefined;
  #idle: PromiseWithResolvers<void> | undefined;

  constructor(
    lease: Lease,
    limits: BlockLimits,
    intake: Intake,
    on: { resume: () => void; fault: (fault: unknown) => void },
  ) {
    this.lease = lease;
    this.#limits = limits;
    this.#intake = intake;
    this.#onResume = on.resume;
    this.#onFault = on.fault;
  }

  /** A block is offered or out. */
  get busy(): boolean {
    return this.#offered || this.#handed !== undefined;
  }

  /** Resolves when no block is offered or out, or the lease has ended. */
  whenIdle(): Promise<void> {
    if (!this.busy) return Promise.resolve();
    this.#idle ??= Promise.withResolvers<void>();
    return this.#idle.promise;
  }

  /** Hands out the records of one fetch, which ends before `nextOffset`. Only when not busy. */
  feed(messages: readonly KafkaMessage[], nextOffset: number, endOffset: number): Promise<FeedOutcome> {
    this.#messages = messages;
    this.#next = 0;
    this.#batchNextOffset = nextOffset;
    this.#endOffset = endOffset;
    this.#untold = -1;
    this.#outcome = Promise.withResolvers<FeedOutcome>();
    this.#offer();
    return this.#outcome.promise;
  }

  /** A fetch held only records that no reader sees: control records, aborted records. The pipeline gets an empty block. */
  pass(nextOffset: number, endOffset: number): void {
    this.position = nextOffset;
    this.#untold = nextOffset;
    this.#endOffset = endOffset;
    if (!this.busy) this.#offer();
  }

  take(): Block | undefined {
    if (!this.#offered) return undefined;
    this.#offered = false;
    if (this.lease.state.kind !== 'held') {
      this.#settle('ended');
      return undefined;
    }
    try {
      const block = this.#prebuilt ?? this.#cut();
      this.#prebuilt = undefined;
      this.#handed = block;
      return block;
    } catch (fault) {
      this.#onFault(fault);
      return undefined;
    }
  }

  release(block: Block): void {
    if (block !== this.#handed) return;
    this.#handed = undefined;
    if (this.lease.state.kind === 'gone') {
      this.#settle('ended');
    } else if (this.#parked) {
      this.#parked = false;
      this.#settle('released');
      this.#onResume();
    } else if (this.#next < this.#messages.length) {
      this.#offer();
      return;
    } else {
      this.#forget();
      this.#settle('released');
    }
    if (this.#untold >= 0 && this.lease.state.kind === 'held') this.#offer();
  }

  /**
   * Lets the fetch go on without this partition: at most one block of it stays in memory, the rest is forgotten and read
   * again from `position` after `resume`. @returns false when there is nothing to park.
   */
  park(): boolean {
    if (!this.busy || this.#parked || this.#outcome === undefined) return false;
    if (this.#offered) this.#prebuilt = this.#cut();
    this.#forget();
    this.#parked = true;
    this.#outcome.resolve('parked');
    this.#outcome = undefined;
    return true;
  }

  /** The lease has ended: whoever waits is let go. A block that is out stays valid until it is released. */
  end(): void {
    this.ready = false;
    this.#forget();
    this.#offered = false;
    this.#prebuilt = undefined;
    this.#untold = -1;
    this.#settle('ended');
  }

  #offer(): void {
    this.#offered = true;
    this.#intake.offer(this);
  }

  #forget(): void {
    this.#messages = [];
    this.#next = 0;
  }

  #settle(outcome: FeedOutcome): void {
    this.#outcome?.resolve(outcome);
    this.#outcome = undefined;
    this.#idle?.resolve();
    this.#idle = undefined;
  }

  #cut(): Block {
    const messages = this.#messages;
    const start = this.#next;
    if (start === messages.length) {
      const block = emptyBlock(this.lease, this.#untold, this.#endOffset);
      this.#untold = -1;
      return block;
    }
    let end = start;
    let bytes = 0;
    while (end < messages.length && end - start < this.#limits.maxBlockRecords) {
      bytes += sizeOfMessage(messages[end]!);
      if (end > start && bytes > this.#limits.maxBlockBytes) break;
      end++;
    }
    const nextOffset = end < messages.length ? parseOffset(messages[end]!.offset) : this.#batchNextOffset;
    const block = blockOfMessages(this.lease, messages, start, end, nextOffset, this.#endOffset);
    this.#next = end;
    this.position = nextOffset;
    return block;
  }
}
