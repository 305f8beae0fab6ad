/** Reading and writing a topic without a group, for tools that look and for what is said now and then. */
import type { TidemarkError } from '../../errors.ts';
import type { Block } from './block.ts';

/** What of a partition's log can be read: offsets `[low, end)`. */
export interface LogEnds {
  readonly low: number;
  readonly end: number;
}

export interface TopicReaderEvents {
  /** The broker is down; reading goes on by itself and says so with `resumed`. */
  paused(cause: TidemarkError): void;
  resumed(): void;
  /** What comes next in this partition cannot be read; the others go on. */
  stopped(partition: number, cause: TidemarkError): void;
  /** Nothing can be read before a human did something. */
  failed(cause: TidemarkError): void;
}

/** Reads a topic without a group, for tools that look: nothing is assigned and nothing is committed. */
export interface TopicReader {
  /**
   * What every partition holds now; the end is that of committed transactions unless uncommitted records are read.
   * Throws a TidemarkError: E-KAFKA-TOPIC-MISSING, E-KAFKA-UNREACHABLE.
   */
  ends(): Promise<Map<number, LogEnds>>;
  /** Begins to read these partitions at these offsets, once; they take turns after `turnRecords` records. */
  read(from: ReadonlyMap<number, number>, turnRecords: number): void;
  /** As those of a Source. Undefined once stopped. */
  next(): Promise<Block | undefined>;
  release(block: Block): void;
  /** Resolves when all is closed, however often it is called. Nothing is read after it. */
  stop(): Promise<void>;
}

/** Writes records one by one, for what is said now and then. */
export interface TopicWriter {
  /**
   * Resolves when all in-sync replicas have the record, which goes to partition 0. Throws a TidemarkError when that took longer
   * than `withinMs` (then it may have been written or not) or the broker refuses it.
   */
  write(topic: string, key: string, value: string, withinMs: number): Promise<void>;
  stop(): Promise<void>;
}
