import { setTimeout as delay } from 'node:timers/promises';
import { asTidemarkError, type TidemarkError } from '../../errors.ts';
import {
  type Block,
  keyView,
  type LogEnds,
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
  /** The topic cannot be read, or not for another reason than was told; reading is tried again until it can. */
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
  /** What cannot be read now, and why. */
  #fault: TidemarkError | undefined;
  /** Ends the reading that is on. */
  #end = (): void => {};
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
    this.#end();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    let backoffMs = FIRST_BACKOFF_MS;
    while (!signal.aborted) {
      const cause = await this.#readOnce(() => {
        backoffMs = FIRST_BACKOFF_MS;
      });
      if (cause !== undefined) this.#down(cause);
      await delay(backoffMs, undefined, { signal }).catch(() => {});
      backoffMs = Math.min(backoffMs * 2, MAX_BACKOFF_MS);
    }
  }

  /** Until it is stopped, or cannot be read any further: then why. */
  async #readOnce(began: () => void): Promise<TidemarkError | undefined> {
    const ended = Promise.withResolvers<undefined>();
    let fault: TidemarkError | undefined;
    // A reader that is stopped has no next block. To race each block against `ended` would keep them all.
    const end = (cause?: TidemarkError) => {
      fault ??= cause;
      ended.resolve(undefined);
      void reader.stop();
    };
    const reader = this.#options.open({
      paused: (cause) => this.#down(cause),
      resumed: () => this.#up(),
      stopped: (_partition, cause) => end(cause),
      failed: (cause) => end(cause),
    });
    this.#end = end;
    try {
      const ends = await Promise.race([reader.ends(), ended.promise]);
      if (ends !== undefined) await this.#read(reader, ends, began);
    } catch (cause) {
      fault ??= asTidemarkError(cause);
    }
    await reader.stop();
    return fault;
  }

  async #read(reader: TopicReader, ends: ReadonlyMap<number, LogEnds>, began: () => void): Promise<void> {
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
    for (;;) {
      const block = await reader.next();
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

  /** Told again when it is for another reason: one that waiting does not cure must not hide behind one that it does. */
  #down(cause: TidemarkError): void {
    if (this.#fault?.code === cause.code || this.#stopping.signal.aborted) return;
    this.#fault = cause;
    this.#events.down(cause);
  }

  #up(): void {
    if (this.#fault === undefined) return;
    this.#fault = undefined;
    this.#events.up();
  }
}
