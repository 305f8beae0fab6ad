import type { ErrorCode, TidemarkError } from '../errors.ts';
import type { Dependency, HeldByCommand, LifeState, SourcePosition, Telemetry } from './events.ts';

/** The events that tell what is going on now and since when. */
type ChronicleEvents = Pick<
  Telemetry,
  | 'stateChanged'
  | 'started'
  | 'dependencyDown'
  | 'dependencyUp'
  | 'pausedByCommand'
  | 'resumedByCommand'
  | 'eventRejected'
>;

export interface ChronicledRejection {
  readonly place: SourcePosition;
  readonly code: ErrorCode;
  readonly detail: string;
  readonly atMs: number;
  readonly id: string | undefined;
  readonly traceId: string | undefined;
  readonly schemaId: number | undefined;
}

export interface ChronicledPause {
  readonly reason: string;
  readonly sinceMs: number;
  readonly code?: ErrorCode;
  readonly why: string;
}

/** Of each code: a flood of one kind must not wash away the few of another. */
export const REJECTIONS_KEPT = 50;
const MAX_DETAIL_CHARACTERS = 500;

/** What people ask of a process that runs, beside numbers: followed from the events alone, and bounded. */
export class Chronicle implements ChronicleEvents {
  readonly #now: () => number;
  #state: { readonly state: LifeState; readonly sinceMs: number };
  #model: { readonly name: string; readonly version: string; readonly digest: string } | undefined;
  readonly #pauses = new Map<Dependency | 'command', ChronicledPause>();
  readonly #rejections = new Map<ErrorCode, ChronicledRejection[]>();
  readonly #nextOf = new Map<ErrorCode, number>();

  constructor(now: () => number = Date.now) {
    this.#now = now;
    this.#state = { state: { kind: 'starting' }, sinceMs: now() };
  }

  get state(): { readonly state: LifeState; readonly sinceMs: number } {
    return this.#state;
  }

  /** Undefined until the model is verified. */
  get model(): { readonly name: string; readonly version: string; readonly digest: string } | undefined {
    return this.#model;
  }

  /** What waits, longest first. */
  get pauses(): readonly ChronicledPause[] {
    return [...this.#pauses.values()].sort((a, b) => a.sinceMs - b.sinceMs);
  }

  /** The latest of each code, newest first. */
  get rejections(): readonly ChronicledRejection[] {
    return [...this.#rejections.values()].flat().sort((a, b) => b.atMs - a.atMs);
  }

  stateChanged(state: LifeState): void {
    const sinceMs = state.kind === this.#state.state.kind ? this.#state.sinceMs : this.#now();
    this.#state = { state, sinceMs };
  }

  started({ model: { name, version, digest } }: Parameters<Telemetry['started']>[0]): void {
    this.#model = { name, version, digest };
  }

  dependencyDown(reason: Dependency, { code, message: why }: TidemarkError): void {
    const sinceMs = this.#pauses.get(reason)?.sinceMs ?? this.#now();
    this.#pauses.set(reason, { reason, sinceMs, code, why });
  }

  dependencyUp(reason: Dependency): void {
    this.#pauses.delete(reason);
  }

  pausedByCommand({ by, why }: HeldByCommand): void {
    const sinceMs = this.#pauses.get('command')?.sinceMs ?? this.#now();
    this.#pauses.set('command', { reason: 'command', sinceMs, why: `${by}: ${why}` });
  }

  resumedByCommand(): void {
    this.#pauses.delete('command');
  }

  eventRejected(
    code: ErrorCode,
    detail: string,
    place: SourcePosition,
    id: string | undefined,
    traceId?: string,
    schemaId?: number,
  ): void {
    const kept = this.#rejections.get(code);
    const words = detail.slice(0, MAX_DETAIL_CHARACTERS);
    const rejection = { place, code, detail: words, atMs: this.#now(), id, traceId, schemaId };
    if (kept === undefined) this.#rejections.set(code, [rejection]);
    else if (kept.length < REJECTIONS_KEPT) kept.push(rejection);
    else {
      // The oldest gives its place.
      const next = this.#nextOf.get(code) ?? 0;
      kept[next] = rejection;
      this.#nextOf.set(code, (next + 1) % REJECTIONS_KEPT);
    }
  }
}
