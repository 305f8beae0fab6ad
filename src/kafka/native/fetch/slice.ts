import type { AbortedFilter } from './aborted.ts';
import type { HeldBytes } from './room.ts';

/** The batches that one fetch brought of one partition: `bytes[start, end)`. */
export interface Slice {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
  readonly fetchOffset: number;
  /** Undefined when nothing in it was aborted. */
  readonly transactions: AbortedFilter | undefined;
  readonly held: HeldBytes;
  /** Blocks that are out, and reading while it goes on. */
  users: number;
}
