import type { TidemarkError } from '../errors.ts';
import type { Dependency, HeldByCommand, LifeState, Telemetry } from './events.ts';

/** Why a process is not alive or not ready, or what its operator should know. */
export interface HealthReason {
  readonly code?: string;
  readonly message: string;
}

export interface HealthReport {
  readonly ok: boolean;
  readonly state: LifeState['kind'];
  /** Empty when `ok`. */
  readonly reasons: readonly HealthReason[];
  readonly warnings: readonly HealthReason[];
}

/** The events that health follows from. */
type HealthEvents = Pick<
  Telemetry,
  | 'stateChanged'
  | 'started'
  | 'warned'
  | 'leasesGranted'
  | 'leasesGone'
  | 'partitionStopped'
  | 'dependencyDown'
  | 'dependencyUp'
  | 'schemaUnusable'
  | 'inFlight'
  | 'pausedByCommand'
  | 'resumedByCommand'
  | 'commandsUnheard'
  | 'commandsHeard'
  | 'fatal'
>;

/** What /healthz and /readyz say, followed from the events alone (promise P9). */
export class Health implements HealthEvents {
  #state: LifeState = { kind: 'starting' };
  #modelVerified = false;
  #joined = false;
  readonly #held = new Set<number>();
  readonly #stopped = new Map<number, TidemarkError>();
  readonly #down = new Map<Dependency, TidemarkError>();
  #eventsInFlight = 0;
  /** One a code, the latest: codes are few, what they say is not. */
  readonly #warnings = new Map<string, string>();
  #heldBy: HeldByCommand | undefined;
  #unheard: TidemarkError | undefined;
  #fatal: TidemarkError | undefined;
  readonly #firstReady = Promise.withResolvers<void>();

  /** Resolves once events are being scored for the first time, or would be if there were any. */
  get firstReady(): Promise<void> {
    return this.#firstReady.promise;
  }

  /** Partitions that are held. */
  get heldPartitions(): ReadonlySet<number> {
    return this.#held;
  }

  /** Partitions that are held but read no further, and why. */
  get stoppedPartitions(): ReadonlyMap<number, TidemarkError> {
    return this.#stopped;
  }

  /** Whether a restart would not help: false only after a fatal fault or the watchdog, never because of a dependency. */
  alive(): HealthReport {
    return this.#report(this.#fatal === undefined ? [] : [reasonOf(this.#fatal)]);
  }

  /** Whether events are being scored, or would be if there were any. */
  ready(): HealthReport {
    const reasons: HealthReason[] = [];
    if (this.#fatal !== undefined) reasons.push(reasonOf(this.#fatal));
    if (this.#state.kind === 'draining') reasons.push({ message: 'draining: no new events are taken' });
    if (this.#state.kind === 'stopped') reasons.push({ message: `stopped: ${this.#state.why}` });
    if (!this.#modelVerified) reasons.push({ message: 'the model is not verified yet' });
    if (this.#heldBy?.state === 'drained') reasons.push(heldReason(this.#heldBy));
    if (!this.#joined) reasons.push({ message: 'not a member of the consumer group' });
    for (const [dependency, cause] of this.#down) {
      if (this.#isWaitedFor(dependency)) reasons.push(reasonOf(cause, `${dependency}: `));
    }
    for (const [partition, cause] of this.#stopped) {
      reasons.push(reasonOf(cause, `partition ${partition} is stopped: `));
    }
    return this.#report(reasons);
  }

  stateChanged(state: LifeState): void {
    this.#state = state;
    this.#tellReady();
  }

  started(): void {
    this.#modelVerified = true;
  }

  warned(code: string, message: string): void {
    this.#warnings.set(code, message);
  }

  /** Being granted nothing is membership too: there may be more members than partitions. */
  leasesGranted(partitions: readonly number[]): void {
    this.#joined = true;
    for (const partition of partitions) this.#held.add(partition);
    this.#tellReady();
  }

  /** A rebalance revokes and grants; only losing everything, or leaving, ends the membership. */
  leasesGone(partitions: readonly number[], reason: string): void {
    for (const partition of partitions) {
      this.#held.delete(partition);
      this.#stopped.delete(partition);
    }
    if (reason !== 'revoked' && reason !== 'moved' && this.#held.size === 0) this.#joined = false;
  }

  partitionStopped(partition: number, cause: TidemarkError): void {
    this.#stopped.set(partition, cause);
  }

  dependencyDown(what: Dependency, cause: TidemarkError): void {
    this.#down.set(what, cause);
  }

  dependencyUp(what: Dependency): void {
    this.#down.delete(what);
    this.#tellReady();
  }

  schemaUnusable(schemaId: number, code: string, detail: string): void {
    this.#warnings.set(code, `schema ${schemaId}: ${detail}`);
  }

  inFlight(_bytes: number, events: number): void {
    this.#eventsInFlight = events;
  }

  pausedByCommand(held: HeldByCommand): void {
    this.#heldBy = held;
  }

  resumedByCommand(): void {
    this.#heldBy = undefined;
  }

  commandsUnheard(cause: TidemarkError): void {
    this.#unheard = cause;
  }

  commandsHeard(): void {
    this.#unheard = undefined;
  }

  fatal(cause: TidemarkError): void {
    this.#fatal ??= cause;
  }

  #tellReady(): void {
    if (this.ready().ok) this.#firstReady.resolve();
  }

  /** The registry matters only to an event whose schema is unknown; with nothing in hand there is none. */
  #isWaitedFor(dependency: Dependency): boolean {
    return dependency !== 'registry' || this.#eventsInFlight > 0;
  }

  #report(reasons: readonly HealthReason[]): HealthReport {
    const warnings: HealthReason[] = [...this.#warnings].map(([code, message]) => ({ code, message }));
    for (const [dependency, cause] of this.#down) {
      if (!this.#isWaitedFor(dependency)) warnings.push(reasonOf(cause, `${dependency}: `));
    }
    // Ready all the same: somebody wants it so, and a deployment must not hang on it (P9).
    if (this.#heldBy?.state === 'paused') warnings.push(heldReason(this.#heldBy));
    if (this.#unheard !== undefined) warnings.push(reasonOf(this.#unheard, 'commands are not heard: '));
    return { ok: reasons.length === 0, state: this.#state.kind, reasons, warnings };
  }
}

function reasonOf(cause: TidemarkError, prefix = ''): HealthReason {
  return { code: cause.code, message: prefix + cause.message };
}

function heldReason({ state, by, why }: HeldByCommand): HealthReason {
  return { message: `${state} by ${by}: ${why}; \`tidemark resume\` goes on` };
}
