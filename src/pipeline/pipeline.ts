import { asTidemarkError, type TidemarkError } from '../errors.ts';
import type { Dependency, Standing, Telemetry } from '../telemetry/events.ts';
import { AtLeastOnce, BATCHES } from './atLeastOnce.ts';
import { Batch } from './batch.ts';
import { type DeadLetterFacts, DeadLetters } from './deadLetters.ts';
import { rulesOf } from './decision.ts';
import type { Delivery } from './delivery.ts';
import { type EncodePlan, Encoder, modelStamp } from './encode.ts';
import { InHand } from './inHand.ts';
import { Intake } from './intake.ts';
import { Loop } from './loop.ts';
import type { Partitions } from './partitions.ts';
import type {
  Clock,
  EventWriter,
  Lease,
  RowReaders,
  Scorer,
  SeekResult,
  SeekTarget,
  Sink,
  Source,
  SourceEvents,
} from './ports.ts';
import { Progress } from './progress.ts';
import { Traces, type Tracing } from './traces.ts';
import { Watchdog } from './watchdog.ts';

export interface PipelinePlan {
  readonly maxRows: number;
  readonly maxDelayMs: number;
  /** Bytes of blocks held between fetch and acknowledgement; beyond it nothing more is asked of the source (P4). */
  readonly maxInFlightBytes: number;
  readonly carriedFields: number;
  readonly features: number;
  readonly encode: Omit<EncodePlan, 'stamp'>;
  readonly deadLetterPartitions: Partitions;
  readonly facts: DeadLetterFacts;
  readonly commitEveryMs: number;
  readonly latencyFrom: 'event' | 'record';
  /** The longest silence with work in hand; a commit may be silent for `commitEveryMs` longer. */
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
  /** Absent: no event is traced. */
  readonly tracing?: Tracing | undefined;
}

/**
 * The heart: its parts, its life from `run` to drained or failed, and what the source tells. The work is done by `Loop`, and
 * everything here only wakes it.
 */
export class Pipeline implements SourceEvents {
  readonly #parts: PipelineParts;
  readonly #progress: Progress;
  readonly #inHand: InHand;
  readonly #intake: Intake;
  readonly #loop: Loop;
  readonly #delivery: Delivery;
  readonly #workWatchdog: Watchdog;
  /** Apart from the work's: scoring goes on while a commit hangs, and would hide it. */
  readonly #commitWatchdog: Watchdog;
  readonly #fatal = Promise.withResolvers<never>();
  #draining = false;
  #failure: TidemarkError | undefined;

  constructor(plan: PipelinePlan, parts: PipelineParts) {
    this.#parts = parts;
    const { source, sink, readers, scorer, telemetry, clock, writer } = parts;
    const { commitEveryMs, latencyFrom, maxInFlightBytes, watchdogMs } = plan;
    // `run` tells it; a fault before or after `run` is nobody's unhandled rejection.
    this.#fatal.promise.catch(() => {});
    const failed = (cause: unknown) => this.fail(cause);
    const traces = tracesOf(plan, parts);
    const inHand = new InHand(source, telemetry);
    this.#inHand = inHand;
    this.#progress = new Progress((block) => {
      inHand.release(block);
      this.#loop.wake();
    });
    this.#intake = new Intake(
      { source, readers, inHand, clock, maxInFlightBytes },
      { arrived: () => this.#loop.wake(), ended: () => this.drain(), failed },
    );
    const { facts, deadLetterPartitions } = plan;
    const deadLetters = new DeadLetters(sink, readers, telemetry, facts, deadLetterPartitions, traces);
    const stamp = modelStamp(sink, scorer);
    const encoder = new Encoder({ ...plan.encode, stamp }, writer, sink, deadLetters);
    this.#workWatchdog = new Watchdog(clock, watchdogMs, () => this.#workInHand(), failed);
    this.#commitWatchdog = new Watchdog(
      clock,
      watchdogMs + commitEveryMs,
      () => this.#commitInHand(),
      failed,
    );
    this.#delivery = new AtLeastOnce(
      { source, sink, progress: this.#progress, deadLetters, telemetry, clock, commitEveryMs, latencyFrom },
      { done: (batch) => this.#loop.done(batch), committed: () => this.#commitWatchdog.progressed(), failed },
    );
    this.#loop = new Loop(
      {
        ...parts,
        intake: this.#intake,
        progress: this.#progress,
        encoder,
        delivery: this.#delivery,
        traces,
        maxDelayMs: plan.maxDelayMs,
        progressed: () => this.#workWatchdog.progressed(),
      },
      batchesOf(plan, scorer),
    );
  }

  /**
   * Runs until drained. Rejects with the TidemarkError that ends the process; nothing is committed after that.
   */
  async run(): Promise<void> {
    this.#workWatchdog.start();
    this.#commitWatchdog.start();
    this.#delivery.start();
    this.#parts.telemetry.standingsFrom(() => this.#standings());
    try {
      // A fault ends `run` whatever hangs at that moment: a run of the model, a commit, the start of the source.
      await Promise.race([this.#runUntilDrained(), this.#fatal.promise]);
    } catch (cause) {
      this.fail(cause);
      throw this.#failure;
    } finally {
      this.#workWatchdog.stop();
      this.#commitWatchdog.stop();
      this.#delivery.stop();
      // Nothing of this pipeline is kept by somebody who might look once more.
      this.#parts.telemetry.standingsFrom(() => []);
    }
  }

  /** Finish what is in hand and take nothing new; `run` resolves when it is committed. */
  drain(): void {
    this.#draining = true;
    this.#intake.close();
    this.#loop.drain();
  }

  /** Takes nothing new until `resume`. What is in hand is finished and committed, and leases are kept. */
  pause(): void {
    this.#intake.pause();
  }

  resume(): void {
    this.#intake.resume();
  }

  holds(partition: number): boolean {
    return this.#progress.leases().some((lease) => lease.partition === partition);
  }

  /** Moves a partition; undefined when it is not held here. Never throws. */
  async seek(partition: number, to: SeekTarget): Promise<SeekResult | undefined> {
    const lease = this.#progress.leases().find((held) => held.partition === partition);
    if (lease === undefined) return undefined;
    if (this.#draining) return { kind: 'refused', why: 'the process that holds it is stopping' };
    const { source, telemetry } = this.#parts;
    const result = await source.seek(lease, to);
    if (result.kind === 'moved' && result.from !== undefined && result.to > result.from)
      telemetry.eventsSkipped('command', result.to - result.from);
    return result;
  }

  /** Ends `run` with this fault. The first one wins. */
  fail(cause: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = asTidemarkError(cause);
    this.#delivery.stop();
    this.#intake.close();
    this.#progress.close();
    this.#loop.stop();
    this.#fatal.reject(this.#failure);
  }

  /**
   * A dependency of the pipeline is down: the watchdogs' clocks stand still until it is up again. Telling it twice is telling
   * it once. The source tells this by itself.
   */
  dependencyDown(what: Dependency): void {
    this.#workWatchdog.paused(what);
    this.#commitWatchdog.paused(what);
  }

  dependencyUp(what: Dependency): void {
    this.#workWatchdog.resumed(what);
    this.#commitWatchdog.resumed(what);
  }

  // ---------------------------------------------------------------------------------------------- SourceEvents

  granted(leases: readonly Lease[]): void {
    if (this.#failure === undefined) for (const lease of leases) this.#progress.grant(lease);
    this.#workWatchdog.progressed();
    this.#parts.telemetry.leasesGranted(partitionsOf(leases), leases[0]?.generation ?? -1);
  }

  begins(lease: Lease, offset: number): void {
    this.#progress.begins(lease, offset);
  }

  async ending(leases: readonly Lease[], deadlineMs: number): Promise<void> {
    const { telemetry, clock } = this.#parts;
    const withinMs = Math.max(0, deadlineMs - clock.now());
    telemetry.leasesEnding(partitionsOf(leases), withinMs);
    this.#loop.leasesEnded();
    const deadline = Promise.withResolvers<void>();
    const timer = clock.timer(withinMs, deadline.resolve);
    try {
      await Promise.race([this.#progress.idle(leases), deadline.promise]);
      await this.#delivery.commit(leases);
    } catch (cause) {
      this.fail(cause);
    } finally {
      timer.cancel();
    }
  }

  gone(leases: readonly Lease[]): void {
    for (const lease of leases) {
      this.#progress.drop(lease);
      this.#intake.drop(lease);
    }
    this.#inHand.releaseAll(leases);
    this.#loop.leasesEnded();
    const reason = leases[0]?.state.kind === 'gone' ? leases[0].state.reason : 'closed';
    this.#parts.telemetry.leasesGone(partitionsOf(leases), reason);
  }

  paused(cause: TidemarkError): void {
    this.dependencyDown('source');
    this.#parts.telemetry.dependencyDown('source', cause);
  }

  resumed(): void {
    this.dependencyUp('source');
    this.#parts.telemetry.dependencyUp('source');
  }

  stopped(lease: Lease, cause: TidemarkError): void {
    this.#parts.telemetry.partitionStopped(lease.partition, cause);
  }

  failed(cause: TidemarkError): void {
    this.fail(cause);
  }

  async #runUntilDrained(): Promise<void> {
    await this.#parts.source.start(this);
    await this.#loop.run();
    await this.#delivery.commit([...this.#progress.leases()]);
  }

  /** Whatever is not back from its last outcome, in words; blocks of leases that end wait for the group, not for us. */
  #workInHand(): string | undefined {
    const blocks = this.#inHand.heldBlocks - this.#intake.waitingBlocks;
    const batches = this.#delivery.pending;
    if (blocks === 0 && batches === 0 && this.#loop.isOpenEmpty) return undefined;
    return `${blocks} blocks, ${this.#loop.openRows} rows in the open batch and ${batches} batches in delivery`;
  }

  *#standings(): Iterable<Standing> {
    for (const lease of this.#progress.leases()) {
      const standing = this.#progress.standingOf(lease, this.#intake.unreadOf(lease));
      if (standing !== undefined) yield standing;
    }
  }

  #commitInHand(): string | undefined {
    const partitions = this.#progress.uncommitted().length;
    return partitions === 0 ? undefined : `uncommitted progress of ${partitions} partitions`;
  }
}

function batchesOf({ maxRows, carriedFields, features, encode }: PipelinePlan, scorer: Scorer): Batch[] {
  const rules = encode.decision === undefined ? 0 : rulesOf(encode.decision);
  return Array.from(
    { length: BATCHES },
    () => new Batch(scorer, { maxRows, carriedFields, features, rules }),
  );
}

function tracesOf({ encode, deadLetterPartitions }: PipelinePlan, parts: PipelineParts): Traces | undefined {
  if (parts.tracing === undefined) return undefined;
  const { decision, partitions } = encode;
  const topics = { output: partitions.topic, deadLetters: deadLetterPartitions.topic };
  return new Traces(parts.tracing, { ...parts, ...topics, decision });
}

function partitionsOf(leases: readonly Lease[]): number[] {
  return leases.map((lease) => lease.partition);
}
