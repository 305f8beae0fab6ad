import { asTidemarkError } from '../errors.ts';
import type { Telemetry } from '../telemetry/events.ts';
import { LatencySheet } from '../telemetry/latencySheet.ts';
import type { Batch } from './batch.ts';
import type { DeadLetters } from './deadLetters.ts';
import type { Delivery, DeliveryEvents } from './delivery.ts';
import type { Clock, Lease, Sink, Source, Timer } from './ports.ts';
import type { Progress } from './progress.ts';
import { deadLetterRefused } from './refusals.ts';
import { Signal } from './signal.ts';

/** Sends on their way at a time: enough that the next is there while brokers still answer for the one before. */
const MAX_SENDS = 4;
/** Batches that may wait while all sends are on their way; they go together in the next one. */
const MAX_WAITING = 2;
/** Batches that keep the delivery busy, and one being filled. More would only take memory. */
export const BATCHES = MAX_SENDS + MAX_WAITING + 1;
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
 * Sends batches in order, a few at a time, and commits, now and then, the offsets below which every outcome is acknowledged
 * (P1): sends may be answered in any order, progress waits for the oldest. A crash between acknowledgement and commit repeats
 * those events: never loses one.
 */
export class AtLeastOnce implements Delivery {
  readonly #parts: AtLeastOnceParts;
  readonly #events: DeliveryEvents;
  readonly #room = new Signal();
  #waiting: Batch[] = [];
  #sends = 0;
  #batchesInSends = 0;
  #stopped = false;
  #timer: Timer | undefined;
  #committing: Promise<void> = Promise.resolve();
  readonly #latencies = new LatencySheet();

  constructor(parts: AtLeastOnceParts, events: DeliveryEvents) {
    this.#parts = parts;
    this.#events = events;
  }

  get pending(): number {
    return this.#waiting.length + this.#batchesInSends;
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
    this.#pump();
    while (this.#waiting.length > MAX_WAITING && !this.#stopped) await this.#room.wait();
  }

  async commit(leases: readonly Lease[]): Promise<void> {
    const { progress, clock } = this.#parts;
    const waitedFor = new Set(leases);
    const behind = () => progress.uncommitted().some(({ lease }) => waitedFor.has(lease));
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

  #pump(): void {
    while (this.#waiting.length > 0 && this.#sends < MAX_SENDS && !this.#stopped) {
      const batches = this.#waiting;
      this.#waiting = [];
      this.#sends++;
      this.#batchesInSends += batches.length;
      this.#room.notify();
      this.#send(batches).catch((cause) => this.#events.failed(cause));
    }
  }

  /** Calls the sink before it gives way, so that sends are begun in the order of the batches. */
  async #send(batches: readonly Batch[]): Promise<void> {
    const { clock, sink, deadLetters } = this.#parts;
    const begunMs = clock.monotonicMs();
    const buffers = batches.flatMap((batch) => [...batch.buffers, ...batch.letters]);
    if (buffers.length > 0) {
      const refusals = await sink.send(buffers);
      if (refusals.length > 0) await deadLetterRefused(batches, refusals, deadLetters, sink, clock.now());
    }
    const ms = clock.monotonicMs() - begunMs;
    this.#sends--;
    for (const batch of batches) this.#delivered(batch, ms);
    this.#pump();
  }

  #delivered(batch: Batch, ms: number): void {
    const { sink, deadLetters, progress, telemetry } = this.#parts;
    const { scored, deadLettered } = batch;
    let bytes = 0;
    for (const buffers of [batch.buffers, batch.letters]) {
      for (const buffer of buffers) bytes += buffer.byteLength;
    }
    telemetry.batchDelivered({ scored, deadLettered, bytes, ms });
    this.#tellLatencies(batch);
    for (const buffer of batch.buffers) sink.release(buffer);
    for (const buffer of batch.letters) deadLetters.release(buffer);
    batch.settle(progress);
    // Before `done`: who is woken by it may ask what is still pending.
    this.#batchesInSends--;
    this.#events.done(batch);
  }

  #tellLatencies(batch: Batch): void {
    const { clock, latencyFrom, telemetry } = this.#parts;
    const sheet = this.#latencies;
    const nowMs = clock.now();
    const endedMs = clock.monotonicMs();
    const { partitionOf, recordOf, eventTimes, runBeganMs, runEndedMs } = batch;
    sheet.begin(batch.maxRows, runEndedMs - runBeganMs, endedMs - runEndedMs);
    const { eventMs } = sheet;
    for (const { block, firstRow, endRow, arrivedMs } of batch.segments) {
      // Released when the lease went: what was in it may be another fetch's by now.
      if (block.lease.state.kind === 'gone') continue;
      let { timed } = sheet;
      let scored = 0;
      for (let row = firstRow; row < endRow; row++) {
        if (partitionOf[row] < 0) continue;
        scored++;
        const ownMs = latencyFrom === 'event' ? eventTimes[row] : Number.NaN;
        const fromMs = Number.isNaN(ownMs) ? block.timestamps[recordOf[row]] : ownMs;
        // A record without a timestamp has no latency.
        if (fromMs >= 0) eventMs[timed++] = nowMs - fromMs;
      }
      sheet.timed = timed;
      sheet.endSegment(scored, endedMs - arrivedMs);
    }
    telemetry.latencies(sheet);
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
