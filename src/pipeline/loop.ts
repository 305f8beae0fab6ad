import type { BatchClosed, Telemetry } from '../telemetry/events.ts';
import type { Batch } from './batch.ts';
import type { Delivery } from './delivery.ts';
import type { Encoder } from './encode.ts';
import { type Cursor, type FillCounts, fill } from './fill.ts';
import type { Intake } from './intake.ts';
import type { Clock, RowReaders, Scorer } from './ports.ts';
import type { Progress } from './progress.ts';
import { Signal } from './signal.ts';
import type { Traces } from './traces.ts';

export interface LoopParts {
  readonly intake: Intake;
  readonly readers: RowReaders;
  readonly progress: Progress;
  readonly scorer: Scorer;
  readonly encoder: Encoder;
  readonly delivery: Delivery;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  readonly traces: Traces | undefined;
  readonly maxDelayMs: number;
  /** Told of every step forward. */
  readonly progressed: () => void;
}

/**
 * Pulls blocks, fills a batch, scores it, writes its outcomes and hands them to the delivery. One loop owns the open batch, so there
 * is nothing to lock; whatever happens elsewhere (a block arrives, a batch is acknowledged, a lease ends) only wakes it.
 */
export class Loop {
  readonly #parts: LoopParts;
  readonly #wake = new Signal();
  readonly #free: Batch[];
  #batch: Batch;
  /** Leases have ended since the open batch was looked through for rows of theirs. */
  #leasesEnded = false;
  #draining = false;
  #stopped = false;

  /** @param batches those that go round, empty */
  constructor(parts: LoopParts, batches: readonly Batch[]) {
    this.#parts = parts;
    this.#free = [...batches];
    this.#batch = this.#free.pop() as Batch;
  }

  /** Rows in the open batch. */
  get openRows(): number {
    return this.#batch.rows;
  }

  /** Whether nothing at all is in the open batch, not even a refused record. */
  get isOpenEmpty(): boolean {
    return this.#batch.isEmpty;
  }

  /** Something has changed that the loop may wait for. */
  wake(): void {
    this.#wake.notify();
  }

  leasesEnded(): void {
    this.#leasesEnded = true;
    this.#wake.notify();
  }

  /** `run` resolves when everything in hand is delivered. */
  drain(): void {
    this.#draining = true;
    this.#wake.notify();
  }

  /** `run` resolves at once, whatever is in hand. */
  stop(): void {
    this.#stopped = true;
    this.#wake.notify();
  }

  /** The batch is delivered, and may be filled again. */
  done(batch: Batch): void {
    this.#parts.traces?.done(batch);
    batch.reset();
    this.#free.push(batch);
    this.#parts.progressed();
    this.#wake.notify();
  }

  /** Resolves when a pipeline that drains has delivered everything, or after `stop`. */
  async run(): Promise<void> {
    const { intake, delivery } = this.#parts;
    while (!this.#stopped) {
      intake.ask();
      const closed = this.#reasonToClose();
      if (closed !== undefined) {
        await this.#close(closed);
        continue;
      }
      const cursor = intake.next();
      if (cursor !== undefined) this.#read(cursor);
      else if (this.#draining && delivery.pending === 0) return;
      else await this.#sleep();
    }
  }

  #reasonToClose(): BatchClosed | undefined {
    const batch = this.#batch;
    if (batch.isEmpty) return undefined;
    if (batch.isFull) return 'full';
    if (this.#draining) return 'drained';
    if (this.#leasesEnded) {
      if (batch.segments.some((segment) => segment.block.lease.state.kind !== 'held')) return 'ending';
      this.#leasesEnded = false;
    }
    if (this.#parts.clock.monotonicMs() - batch.openedMs >= this.#parts.maxDelayMs) return 'due';
    return undefined;
  }

  #read(cursor: Cursor): void {
    const { clock, readers, telemetry, intake, progress } = this.#parts;
    const batch = this.#batch;
    if (batch.isEmpty) batch.openedMs = clock.monotonicMs();
    const counts: FillCounts = { tombstones: 0, otherTypes: 0 };
    const result = fill(cursor, batch, readers, progress, counts);
    if (counts.tombstones > 0) telemetry.eventsSkipped('tombstone', counts.tombstones);
    if (counts.otherTypes > 0) telemetry.eventsSkipped('record-type', counts.otherTypes);
    this.#parts.progressed();
    if (result === 'read') intake.read();
    else if (result !== 'full') intake.waitForSchema(result.needsSchema);
  }

  async #close(closed: BatchClosed): Promise<void> {
    const { scorer, telemetry, clock, intake, traces, encoder, delivery } = this.#parts;
    const batch = this.#batch;
    intake.turn();
    batch.runBeganMs = clock.monotonicMs();
    if (batch.rows > 0) await scorer.run(batch.inputs, batch.rows, batch.outputs);
    batch.runEndedMs = clock.monotonicMs();
    const { rows, openedMs, runBeganMs, runEndedMs } = batch;
    telemetry.batchScored({
      rows,
      closed,
      scoreMs: runEndedMs - runBeganMs,
      oldestMs: runBeganMs - openedMs,
    });
    encoder.encode(batch, clock.now(), traces?.begin(batch, closed));
    telemetry.modelRan(batch);
    this.#parts.progressed();
    await delivery.offer(batch);
    await clock.giveWay();
    while (this.#free.length === 0 && !this.#stopped) await this.#wake.wait();
    if (!this.#stopped) this.#batch = this.#free.pop() as Batch;
  }

  async #sleep(): Promise<void> {
    const { clock, maxDelayMs } = this.#parts;
    if (this.#batch.isEmpty) return this.#wake.wait();
    const dueMs = this.#batch.openedMs + maxDelayMs - clock.monotonicMs();
    const timer = clock.timer(Math.max(0, dueMs), () => this.#wake.notify());
    await this.#wake.wait();
    timer.cancel();
  }
}
