import { setTimeout as delay } from 'node:timers/promises';
import { asTidemarkError, TidemarkError } from '../../errors.ts';
import {
  type Block,
  keyView,
  type TopicReader,
  type TopicReaderEvents,
  valueView,
} from '../../pipeline/ports.ts';

export interface FollowedRecord {
  /** Empty where it is null. */
  readonly key: string;
  /** Undefined where it is null. Valid until `record` returns. */
  readonly value: Uint8Array | undefined;
  readonly partition: number;
  readonly offset: number;
}

export interface FollowEvents {
  /** Reading begins, or begins again: what is there is told once more. */
  begins(): void;
  /**
   * `isLive` is false for what was there before reading began, and before it began again after a fault, and for what came with it
   * in one block: nothing is live before `caughtUp`.
   */
  record(record: FollowedRecord, isLive: boolean): void;
  /** Everything that was there has been told. */
  caughtUp(): void;
  /** The topic cannot be read; reading is tried again until it can. */
  down(cause: TidemarkError): void;
  up(): void;
}

export interface FollowOptions {
  /** Of the end, in every partition; absent: from the beginning. */
  readonly last?: number;
  readonly open: (events: TopicReaderEvents) => TopicReader;
}

const FIRST_BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 15_000;
/** Of records read before the next partition has its turn. */
const TURN_RECORDS = 500;

/** Reads a small topic without a group: what is there, then what comes, through outages of any kind. */
export class TopicFollower {
  readonly #options: FollowOptions;
  readonly #events: FollowEvents;
  readonly #stopping = new AbortController();
  /** Rejects with what ended the reading that is on. */
  #broken = Promise.withResolvers<never>();
  #isDown = false;
  #running: Promise<void> = Promise.resolve();

  constructor(options: FollowOptions, events: FollowEvents) {
    this.#options = options;
    this.#events = events;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#broken.reject(new TidemarkError('E-INTERNAL', 'stopped'));
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    let backoffMs = FIRST_BACKOFF_MS;
    while (!signal.aborted) {
      this.#broken = Promise.withResolvers();
      this.#broken.promise.catch(() => {});
      const reader = this.#options.open(this.#readerEvents());
      try {
        await this.#read(reader, () => {
          backoffMs = FIRST_BACKOFF_MS;
        });
      } catch (cause) {
        if (!signal.aborted) this.#down(asTidemarkError(cause));
      } finally {
        await reader.stop();
      }
      await delay(backoffMs, undefined, { signal }).catch(() => {});
      backoffMs = Math.min(backoffMs * 2, MAX_BACKOFF_MS);
    }
  }

  async #read(reader: TopicReader, began: () => void): Promise<void> {
    const ends = await Promise.race([reader.ends(), this.#broken.promise]);
    this.#events.begins();
    const { last } = this.#options;
    const unread = new Map<number, number>();
    const from = new Map<number, number>();
    for (const [partition, { low, end }] of ends) {
      const begin = last === undefined ? low : Math.max(low, end - last);
      from.set(partition, begin);
      if (begin < end) unread.set(partition, end);
    }
    reader.read(from, TURN_RECORDS);
    if (unread.size === 0) this.#caughtUp(began);
    while (!this.#stopping.signal.aborted) {
      const block = await Promise.race([reader.next(), this.#broken.promise]);
      if (block === undefined) return;
      this.#tell(block, unread.size === 0);
      reader.release(block);
      const { partition } = block.lease;
      if (block.nextOffset >= (unread.get(partition) ?? Number.POSITIVE_INFINITY)) {
        unread.delete(partition);
        if (unread.size === 0) this.#caughtUp(began);
      }
    }
  }

  #tell(block: Block, isLive: boolean): void {
    const { partition } = block.lease;
    for (let i = 0; i < block.count; i++) {
      const record = {
        key: new TextDecoder().decode(keyView(block, i)),
        value: valueView(block, i),
        partition,
      };
      this.#events.record({ ...record, offset: block.offsets[i]! }, isLive);
    }
  }

  #caughtUp(began: () => void): void {
    began();
    this.#up();
    this.#events.caughtUp();
  }

  #readerEvents(): TopicReaderEvents {
    const broken = this.#broken;
    return {
      paused: (cause) => this.#down(cause),
      resumed: () => this.#up(),
      stopped: (_partition, cause) => broken.reject(cause),
      failed: (cause) => broken.reject(cause),
    };
  }

  #down(cause: TidemarkError): void {
    if (this.#isDown || this.#stopping.signal.aborted) return;
    this.#isDown = true;
    this.#events.down(cause);
  }

  #up(): void {
    if (!this.#isDown) return;
    this.#isDown = false;
    this.#events.up();
  }
}
