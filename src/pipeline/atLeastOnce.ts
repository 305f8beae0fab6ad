import { asTidemarkError } from '../errors.ts';
import type { Telemetry } from '../telemetry/events.ts';
import type { Batch } from './batch.ts';
import type { DeadLetters } from './deadLetters.ts';
import type { Delivery, DeliveryEvents } from './delivery.ts';
import type { Clock, Lease, Sink, Source, Timer } from './ports.ts';
import type { Progress } from './progress.ts';
import { deadLetterRefused } from './refusals.ts';
import { Signal } from './signal.ts';

/** Batches that may wait behind the request on its way; they go together in the next one. */
const MAX_WAITING = 2;
/** Between attempts to commit while somebody waits for it and the broker does not answer. */
const COMMIT_RETRY_MS = 200;

export interface AtLeastOnceParts {
  readonly source: Source;
  readonly sink: Sink;
  readonly progress: Progress;
  readonly deadLetters: DeadLetters;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  readonly commitEveryMs: number;
  /** Where latency is counted from. */
  readonly latencyFrom: 'event' | 'record';
}

/**
 * Sends batches one request after the other and commits, now and then, the offsets below which every outcome is acknowledged
 * (P1). A crash between acknowledgement and commit repeats those events: never loses one.
 */
export class AtLeastOnce implements Delivery {
  readonly #parts: AtLeastOnceParts;
  readonly #events: DeliveryEvents;
  readonly #room = new Signal();
  #waiting: Batch[] = [];
  #inRequest = 0;
  #pumping = false;
  #stopped = false;
  #timer: Timer | undefined;
  #committing: Promise<void> = Promise.resolve();
  #latencies = new Float64Array(0);

  constructor(parts: AtLeastOnceParts, events: DeliveryEvents) {
    this.#parts = parts;
    this.#events = events;
  }

  get pending(): number {
    return this.#waiting.length + this.#inRequest;
  }

  start(): void {
    if (this.#stopped) return;
    this.#timer = this.#parts.clock.timer(this.#parts.commitEveryMs, () => {
      this.#commitSoon().then(
        () => this.start(),
        (cause) => this.#events.failed(cause),
      );
    });
  }

  async offer(batch: Batch): Promise<void> {
    this.#waiting.push(batch);
    if (!this.#pumping) this.#pump().catch((cause) => this.#events.failed(cause));
    while (this.#waiting.length > MAX_WAITING && !this.#stopped) await this.#room.wait();
  }

  async commit(leases: readonly Lease[]): Promise<void> {
    const { progress, clock } = this.#parts;
    const behind = () => progress.uncommitted().some(({ lease }) => leases.includes(lease));
    await this.#commitSoon();
    while (behind() && !this.#stopped) {
      await new Promise<void>((resolve) => clock.timer(COMMIT_RETRY_MS, resolve));
      await this.#commitSoon();
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#room.notify();
  }

  async #pump(): Promise<void> {
    this.#pumping = true;
    while (this.#waiting.length > 0 && !this.#stopped) {
      const batches = this.#waiting;
      this.#waiting = [];
      this.#inRequest = batches.length;
      this.#room.notify();
      await this.#send(batches);
    }
    this.#pumping = false;
  }

  async #send(batches: readonly Batch[]): Promise<void> {
    const { clock, sink, deadLetters, telemetry } = this.#parts;
    const begunMs = clock.monotonicMs();
    const buffers = batches.flatMap((batch) => batch.buffers);
    if (buffers.length > 0) {
      const refusals = await sink.send(buffers);
      if (refusals.length > 0) await deadLetterRefused(batches, refusals, deadLetters, sink, clock.now());
    }
    const ms = clock.monotonicMs() - begunMs;
    for (const batch of batches) {
      const bytes = batch.buffers.reduce((total, buffer) => total + buffer.byteLength, 0);
      telemetry.batchDelivered({ scored: batch.scored, deadLettered: batch.deadLettered, bytes, ms });
      this.#tellLatencies(batch);
      batch.settle(this.#parts.progress);
      // Before `done`: who is woken by it may ask what is still pending.
      this.#inRequest--;
      this.#events.done(batch);
    }
  }

  #tellLatencies(batch: Batch): void {
    const { clock, latencyFrom, telemetry } = this.#parts;
    if (this.#latencies.length < batch.rows) this.#latencies = new Float64Array(batch.maxRows);
    const nowMs = clock.now();
    let count = 0;
    for (let row = 0; row < batch.rows; row++) {
      if (batch.partitionOf[row] < 0) continue;
      const recordMs = batch.blockOf(row).timestamps[batch.recordOf[row]];
      const eventMs = latencyFrom === 'event' ? batch.eventTimes[row] : Number.NaN;
      const fromMs = Number.isNaN(eventMs) ? recordMs : eventMs;
      // A record without a timestamp has no latency.
      if (fromMs >= 0) this.#latencies[count++] = nowMs - fromMs;
    }
    if (count > 0) telemetry.latencies(this.#latencies, count);
  }

  /** One commit at a time, in the order asked for, each with what is settled when its turn comes. */
  #commitSoon(): Promise<void> {
    this.#committing = this.#committing.then(() => this.#commitOnce());
    return this.#committing;
  }

  async #commitOnce(): Promise<void> {
    const { progress, source, telemetry } = this.#parts;
    const positions = progress.uncommitted();
    if (positions.length === 0 || this.#stopped) return;
    let answer: 'committed' | 'refused';
    try {
      answer = await source.commit(positions);
    } catch (cause) {
      // The next turn commits more; until then an unreachable broker only means that more would be read again.
      if (asTidemarkError(cause).disposition === 'retry') return;
      throw cause;
    }
    if (answer === 'refused') {
      // Not marked as committed: the source drops these leases, and with them these positions, as the group moves on.
      telemetry.commitRefused(positions.map(({ lease }) => lease.partition));
      return;
    }
    this.#events.committed();
    for (const position of positions) {
      const endOffset = progress.committed(position);
      if (endOffset !== undefined) telemetry.committed(position.lease.partition, position.offset, endOffset);
    }
  }
}
