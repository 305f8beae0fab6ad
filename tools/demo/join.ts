import type { Flagged } from './snapshot.ts';
import type { Judge, ScoredEvent, World } from './worlds/world.ts';

type Value = Readonly<Record<string, unknown>>;

/** Scored events that wait for their labels; simulated days bound them, unless labels stay away. */
const MOST_WAITING = 2_000_000;
/** Ids of the latest events that have both, to know one that is scored again. */
const MOST_REMEMBERED = 200_000;
/** So that they can be read, a flagged event is shown only when the one before has been seen for some time. */
const FLAGGED_EVERY_MS = 400;
const FLAGGED_KEPT = 40;

/** Joins scored events to the labels that come later, both as they are read from Kafka, by the id of the event. */
export class Join {
  /** Events that have a score; each counts once. */
  scored = 0;
  /** Scored events beyond the first of an event. */
  repeated = 0;
  /** Events that have both. */
  joined = 0;
  /** Scored events that were given up on before their label came. */
  givenUp = 0;
  /** How often each was decided. */
  readonly decisions: ReadonlyMap<string, number>;
  readonly #decisions: Map<string, number>;
  readonly #world: World;
  readonly #judge: Judge;
  readonly #known: ReadonlySet<string>;
  readonly #waiting = new Map<string, unknown>();
  /** Labels that were read before their score: where they are known soon, scoring may lag behind. */
  readonly #early = new Map<string, Value>();
  #unscored = 0;
  readonly #remembered = new Set<string>();
  #flagged: Flagged[] = [];
  #flaggedAtMs = Number.NEGATIVE_INFINITY;

  /** @param known ids of the labels that were known before the first event */
  constructor(world: World, judge: Judge, known: Iterable<string>) {
    this.#world = world;
    this.#judge = judge;
    this.#known = new Set(known);
    this.#decisions = new Map(world.decisions.map(({ name }) => [name, 0]));
    this.decisions = this.#decisions;
  }

  /** Scored events whose label has not come. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Labels of events without a score so far, those apart that were known before the first event. */
  get unscored(): number {
    return this.#unscored + this.#early.size;
  }

  /** A few that were flagged, the latest first. */
  get flagged(): readonly Flagged[] {
    return this.#flagged;
  }

  addScored(value: Value, nowMs: number): void {
    const scored = this.#world.readScored(value);
    if (this.#waiting.has(scored.id) || this.#remembered.has(scored.id)) {
      this.repeated++;
      return;
    }
    this.scored++;
    const label = this.#early.get(scored.id);
    if (label === undefined) this.#wait(scored);
    else this.#meet(scored.id, label, scored.evidence);
    this.#decisions.set(scored.decision, (this.#decisions.get(scored.decision) ?? 0) + 1);
    if (scored.flagged) this.#showFlagged(scored, nowMs);
  }

  /** @param id of the event: the key of the label's record */
  addLabel(id: string, value: Value): void {
    if (this.#waiting.has(id)) {
      this.#meet(id, value, this.#waiting.get(id));
    } else if (this.#known.has(id)) {
      this.#judge.add(value, undefined);
    } else {
      this.#early.set(id, value);
      if (this.#early.size > MOST_WAITING) this.#giveUp(this.#early.keys().next().value!);
    }
  }

  /** Everything was read: what has no score by now has none. */
  end(): void {
    for (const id of this.#early.keys()) this.#giveUp(id);
  }

  #wait({ id, evidence }: ScoredEvent): void {
    this.#waiting.set(id, evidence);
    if (this.#waiting.size > MOST_WAITING) {
      dropOldest(this.#waiting);
      this.givenUp++;
    }
  }

  #meet(id: string, label: Value, evidence: unknown): void {
    this.#waiting.delete(id);
    this.#early.delete(id);
    this.joined++;
    this.#remembered.add(id);
    if (this.#remembered.size > MOST_REMEMBERED) dropOldest(this.#remembered);
    this.#judge.add(label, evidence);
  }

  /** A label whose score does not come. */
  #giveUp(id: string): void {
    this.#unscored++;
    this.#judge.add(this.#early.get(id)!, undefined);
    this.#early.delete(id);
  }

  #showFlagged(scored: ScoredEvent, nowMs: number): void {
    if (nowMs - this.#flaggedAtMs < FLAGGED_EVERY_MS) return;
    this.#flaggedAtMs = nowMs;
    const { decision, score } = scored;
    const flagged = { atMs: nowMs, decision, score, line: scored.describe() };
    this.#flagged = [flagged, ...this.#flagged.slice(0, FLAGGED_KEPT - 1)];
  }
}

/** Maps and sets are in the order of insertion. */
function dropOldest(kept: Map<string, unknown> | Set<string>): void {
  for (const id of kept.keys()) {
    kept.delete(id);
    return;
  }
}
