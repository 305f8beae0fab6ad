import { asTidemarkError, type TidemarkError } from '../errors.ts';
import type { BatchClosed, Telemetry } from '../telemetry/events.ts';
import { AtLeastOnce } from './atLeastOnce.ts';
import { Batch } from './batch.ts';
import { type DeadLetterFacts, DeadLetters } from './deadLetters.ts';
import type { Delivery } from './delivery.ts';
import { type EncodePlan, Encoder } from './encode.ts';
import { type Cursor, type FillCounts, fill } from './fill.ts';
import { InHand } from './inHand.ts';
import type { Partitions } from './partitions.ts';
import type {
  Block,
  Clock,
  EventWriter,
  Lease,
  RowReaders,
  Scorer,
  Sink,
  Source,
  SourceEvents,
} from './ports.ts';
import { Progress } from './progress.ts';
import { Signal } from './signal.ts';
import { Watchdog } from './watchdog.ts';

/** Batches that go round between filling, scoring and delivery. */
const BATCHES = 5;

export interface PipelinePlan {
  readonly maxRows: number;
  readonly maxDelayMs: number;
  /** Bytes of blocks held between fetch and acknowledgement; beyond it nothing more is asked of the source (P4). */
  readonly maxInFlightBytes: number;
  readonly carriedFields: number;
  readonly encode: Omit<EncodePlan, 'stamp'>;
  readonly deadLetterPartitions: Partitions;
  readonly facts: DeadLetterFacts;
  readonly commitEveryMs: number;
  readonly latencyFrom: 'event' | 'record';
  readonly watchdogMs: number;
}

export interface PipelineParts {
  readonly source: Source;
  readonly sink: Sink;
  readonly readers: RowReaders;
  readonly scorer: Scorer;
  readonly writer: EventWriter;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
}

/**
 * The heart: pull blocks, fill a batch, score it, write its outcomes, hand them to the delivery. One loop owns all of it, so
 * there is nothing to lock; whatever happens elsewhere (a block arrives, a batch is acknowledged, a lease ends) only wakes it.
 */
export class Pipeline implements SourceEvents {
  readonly #plan: PipelinePlan;
  readonly #parts: PipelineParts;
  readonly #progress: Progress;
  readonly #inHand: InHand;
  readonly #encoder: Encoder;
  readonly #delivery: Delivery;
  readonly #watchdog: Watchdog;
  readonly #wake = new Signal();
  readonly #settled = new Set<() => void>();
  /** Blocks to read, oldest first. */
  #cursors: Cursor[] = [];
  /** Blocks that wait for a schema. */
  readonly #parked = new Set<Cursor>();
  readonly #free: Batch[] = [];
  #batch: Batch;
  #pulling = false;
  #sourceEnded = false;
  #draining = false;
  #failure: TidemarkError | undefined;

  constructor(plan: PipelinePlan, parts: PipelineParts) {
    this.#plan = plan;
    this.#parts = parts;
    const { source, sink, scorer, telemetry, clock, writer } = parts;
    this.#inHand = new InHand(source, telemetry);
    this.#progress = new Progress((block) => {
      this.#inHand.release(block);
      this.#wake.notify();
    });
    for (let i = 0; i < BATCHES; i++) this.#free.push(new Batch(scorer, plan.maxRows, plan.carriedFields));
    this.#batch = this.#free.pop() as Batch;
    const deadLetters = new DeadLetters(sink, telemetry, plan.facts, plan.deadLetterPartitions);
    const model: [string, string][] = [
      ['model-name', scorer.name],
      ['model-version', scorer.version],
      ['model-digest', scorer.digest],
    ];
    const stamp = sink.newStamp(model, { source: true });
    this.#encoder = new Encoder({ ...plan.encode, stamp }, writer, sink, deadLetters);
    const { commitEveryMs, latencyFrom } = plan;
    this.#delivery = new AtLeastOnce(
      { source, sink, progress: this.#progress, deadLetters, telemetry, clock, commitEveryMs, latencyFrom },
      { done: (batch) => this.#done(batch), failed: (cause) => this.fail(cause) },
    );
    this.#watchdog = new Watchdog(
      clock,
      plan.watchdogMs,
      () => this.#workInHand(),
      (cause) => this.fail(cause),
    );
  }

  /**
   * Runs until drained. Rejects with the TidemarkError that ends the process; nothing is committed after that.
   */
  async run(): Promise<void> {
    this.#watchdog.start();
    this.#delivery.start();
    try {
      await this.#parts.source.start(this);
      await this.#loop();
      await this.#delivery.commit([...this.#progress.leases()]);
      if (this.#failure !== undefined) throw this.#failure;
    } finally {
      this.#watchdog.stop();
      this.#delivery.stop();
    }
  }

  /** Finish what is in hand and take nothing new; `run` resolves when it is committed. */
  drain(): void {
    this.#draining = true;
    this.#wake.notify();
  }

  /** Ends `run` with this fault. The first one wins. */
  fail(cause: unknown): void {
    this.#failure ??= asTidemarkError(cause);
    this.#delivery.stop();
    for (const check of this.#settled) check();
    this.#wake.notify();
  }

  /** A dependency of the pipeline is down (or up again): the watchdog's clock stands still meanwhile. */
  dependencyDown(): void {
    this.#watchdog.paused();
  }

  dependencyUp(): void {
    this.#watchdog.resumed();
  }

  // ---------------------------------------------------------------------------------------------- SourceEvents

  granted(leases: readonly Lease[]): void {
    for (const lease of leases) this.#progress.grant(lease);
    this.#watchdog.progressed();
    const partitions = leases.map((lease) => lease.partition);
    this.#parts.telemetry.leasesGranted(partitions, leases[0]?.generation ?? -1);
  }

  async ending(leases: readonly Lease[], deadlineMs: number): Promise<void> {
    const { telemetry, clock } = this.#parts;
    const withinMs = Math.max(0, deadlineMs - clock.now());
    telemetry.leasesEnding(
      leases.map((lease) => lease.partition),
      withinMs,
    );
    this.#wake.notify();
    await this.#whenIdle(leases, withinMs);
    await this.#delivery.commit(leases);
  }

  gone(leases: readonly Lease[]): void {
    for (const lease of leases) {
      this.#progress.drop(lease);
      this.#inHand.releaseAll(lease);
    }
    this.#wake.notify();
    for (const check of this.#settled) check();
    const reason = leases[0]?.state.kind === 'gone' ? leases[0].state.reason : 'closed';
    const partitions = leases.map((lease) => lease.partition);
    this.#parts.telemetry.leasesGone(partitions, reason);
  }

  paused(cause: TidemarkError): void {
    this.#watchdog.paused();
    this.#parts.telemetry.dependencyDown('source', cause);
  }

  resumed(): void {
    this.#watchdog.resumed();
    this.#parts.telemetry.dependencyUp('source');
  }

  failed(cause: TidemarkError): void {
    this.fail(cause);
  }

  // -------------------------------------------------------------------------------------------------- The loop

  async #loop(): Promise<void> {
    while (this.#failure === undefined) {
      this.#pull();
      const closed = this.#reasonToClose();
      if (closed !== undefined) {
        await this.#close(closed);
        continue;
      }
      const cursor = this.#cursors.shift();
      if (cursor !== undefined) {
        this.#read(cursor);
        continue;
      }
      if (this.#draining && this.#delivery.pending === 0) return;
      await this.#sleep();
    }
    throw this.#failure;
  }

  /** Asks for the next block unless one is asked for already, the budget is spent or nothing new is wanted. */
  #pull(): void {
    if (this.#pulling || this.#sourceEnded || this.#draining) return;
    if (this.#inHand.bytes >= this.#plan.maxInFlightBytes) return;
    this.#pulling = true;
    this.#parts.source.next().then(
      (block) => this.#take(block),
      (cause) => this.fail(cause),
    );
  }

  #take(block: Block | undefined): void {
    this.#pulling = false;
    if (block === undefined) this.#sourceEnded = true;
    else {
      this.#inHand.take(block);
      this.#cursors.push({ block, index: 0 });
    }
    this.#wake.notify();
  }

  #reasonToClose(): BatchClosed | undefined {
    const batch = this.#batch;
    if (batch.isEmpty) return undefined;
    if (batch.isFull) return 'full';
    if (this.#draining) return 'drained';
    if (batch.segments.some((segment) => segment.block.lease.state.kind !== 'held')) return 'ending';
    if (this.#parts.clock.monotonicMs() - batch.openedMs >= this.#plan.maxDelayMs) return 'due';
    return undefined;
  }

  #read(cursor: Cursor): void {
    // What was not read yet of a lease that ends is the next owner's.
    if (this.#draining || cursor.block.lease.state.kind !== 'held') return;
    const batch = this.#batch;
    if (batch.isEmpty) batch.openedMs = this.#parts.clock.monotonicMs();
    const counts: FillCounts = { tombstones: 0, otherTypes: 0 };
    const result = fill(cursor, batch, this.#parts.readers, this.#progress, counts);
    if (counts.tombstones > 0) this.#parts.telemetry.eventsSkipped('tombstone', counts.tombstones);
    if (counts.otherTypes > 0) this.#parts.telemetry.eventsSkipped('record-type', counts.otherTypes);
    this.#watchdog.progressed();
    if (result === 'read') return;
    if (result === 'full') this.#cursors.unshift(cursor);
    else this.#park(cursor, result.needsSchema);
  }

  /** Only this partition waits for the registry (P7): the loop goes on with the others. */
  #park(cursor: Cursor, schemaId: number): void {
    this.#parked.add(cursor);
    this.#parts.readers.load(schemaId).then(
      () => {
        this.#parked.delete(cursor);
        this.#cursors.push(cursor);
        this.#wake.notify();
      },
      (cause) => this.fail(cause),
    );
  }

  async #close(closed: BatchClosed): Promise<void> {
    const { scorer, telemetry, clock } = this.#parts;
    const batch = this.#batch;
    const begunMs = clock.monotonicMs();
    if (batch.rows > 0) await scorer.run(batch.inputs, batch.rows, batch.outputs);
    const scoreMs = clock.monotonicMs() - begunMs;
    telemetry.batchScored({ rows: batch.rows, closed, scoreMs, oldestMs: begunMs - batch.openedMs });
    this.#encoder.encode(batch, clock.now());
    this.#watchdog.progressed();
    await this.#delivery.offer(batch);
    await clock.giveWay();
    while (this.#free.length === 0 && this.#failure === undefined) await this.#wake.wait();
    if (this.#failure === undefined) this.#batch = this.#free.pop() as Batch;
  }

  async #sleep(): Promise<void> {
    const { clock } = this.#parts;
    if (this.#batch.isEmpty) return this.#wake.wait();
    const dueMs = this.#batch.openedMs + this.#plan.maxDelayMs - clock.monotonicMs();
    const timer = clock.timer(Math.max(0, dueMs), () => this.#wake.notify());
    await this.#wake.wait();
    timer.cancel();
  }

  #done(batch: Batch): void {
    batch.reset();
    this.#free.push(batch);
    this.#watchdog.progressed();
    for (const check of this.#settled) check();
    this.#wake.notify();
  }

  /** Resolves when no record of these leases waits for its outcome, or after `withinMs`. */
  #whenIdle(leases: readonly Lease[], withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const finish = () => {
        timer.cancel();
        this.#settled.delete(check);
        resolve();
      };
      const check = () => {
        if (this.#failure !== undefined || leases.every((lease) => this.#progress.isIdle(lease))) finish();
      };
      const timer = this.#parts.clock.timer(withinMs, finish);
      this.#settled.add(check);
      check();
    });
  }

  #workInHand(): string | undefined {
    const batches = this.#delivery.pending;
    const blocks = this.#cursors.length;
    if (batches === 0 && blocks === 0 && this.#batch.isEmpty) return undefined;
    return `${this.#batch.rows} rows in the open batch, ${batches} batches in delivery, ${blocks} blocks to read`;
  }
}
