import type { Batch } from './batch.ts';
import type { Lease } from './ports.ts';

/**
 * How scored batches become acknowledged and committed. The pipeline does not know which kind it has.
 *
 * A delivery takes batches in order, sends them in order, settles their segments once every record is acknowledged, and gives
 * the batch back through `done`.
 */
export interface Delivery {
  start(): void;
  /** Hands over an encoded batch; resolves when there is room for the next. */
  offer(batch: Batch): Promise<void>;
  /** Resolves when the progress of these leases is committed, or they are gone. */
  commit(leases: readonly Lease[]): Promise<void>;
  /** Batches offered and not yet acknowledged. */
  readonly pending: number;
  /** Stops timers; nothing is committed afterwards. */
  stop(): void;
}

export interface DeliveryEvents {
  /** Every record of the batch is acknowledged and its segments are settled; the batch may be reused. */
  done(batch: Batch): void;
  /** The group took a commit. */
  committed(): void;
  /** The process has to stop. */
  failed(cause: unknown): void;
}
