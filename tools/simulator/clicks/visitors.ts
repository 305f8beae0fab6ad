import type { Random } from 'random';
import type { DeviceKind, Intent, VisitorFacts } from './click.ts';
import {
  COMPARED_LATELY_DAYS,
  countryWeights,
  deviceWeights,
  SECONDS_PER_DAY,
  visitorRules,
} from './rules.ts';
import { weighted } from './weighted.ts';

const REMEMBERED_SECONDS = 30 * SECONDS_PER_DAY;

interface Visit {
  readonly startSecond: number;
  readonly endSecond: number;
  readonly intent: Intent;
  readonly purchased: boolean;
  /** Whether the shop knew who it was. */
  readonly known: boolean;
}

/** A person who comes to the shop now and then. */
export class Visitor {
  readonly country: string;
  readonly usualDevice: DeviceKind;
  readonly hasApp: boolean;
  /** How fond of buying, about -2 to 2. */
  readonly affinity: number;
  readonly #visitsToday: () => number;
  /** Oldest first, back to the age that is remembered. */
  #visits: Visit[] = [];

  constructor(random: Random) {
    const { minVisitsPerDay, maxVisitsPerDay, app } = visitorRules;
    this.country = weighted(countryWeights, random);
    this.usualDevice = weighted(deviceWeights, random);
    this.hasApp = random.next() < app;
    this.affinity = random.normal(0, 1)();
    this.#visitsToday = random.poisson(random.float(minVisitsPerDay, maxVisitsPerDay));
  }

  visitsToday(): number {
    return this.#visitsToday();
  }

  /** Whether the last session goes on: another cannot begin. */
  isHere(second: number): boolean {
    return second <= (this.#visits.at(-1)?.endSecond ?? -1);
  }

  comparedLately(second: number): boolean {
    const last = this.#visits.at(-1);
    return last?.intent === 'compare' && second - last.startSecond <= COMPARED_LATELY_DAYS * SECONDS_PER_DAY;
  }

  /** What the shop knows when a session begins. */
  facts(second: number): VisitorFacts {
    const known = this.#visits.filter(
      (visit) => visit.known && second - visit.startSecond < REMEMBERED_SECONDS,
    );
    const last = known.at(-1);
    return {
      visits_30d: known.length,
      purchases_30d: known.filter((visit) => visit.purchased).length,
      days_since_last: last === undefined ? null : Math.floor((second - last.startSecond) / SECONDS_PER_DAY),
    };
  }

  remember(visit: Visit): void {
    this.#visits = this.#visits.filter((old) => visit.startSecond - old.startSecond < REMEMBERED_SECONDS);
    this.#visits.push(visit);
  }
}
