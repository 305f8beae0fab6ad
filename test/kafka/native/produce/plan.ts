import type { BrokerRules } from './modelBroker.ts';

/** What becomes of one request, counted as the broker comes to them. */
export type Fault =
  | 'none'
  // Answers of the broker.
  | 'not-enough-replicas'
  | 'written-but-unsure'
  | 'not-leader'
  | 'written-then-not-leader'
  | 'left-out-unwritten'
  | 'left-out-written'
  // The connection, with all that is under way on it.
  | 'lost-before'
  | 'lost-after'
  | 'lost-after-all'
  | 'late'
  | 'restart'
  // What no client can make good.
  | 'forget'
  | 'fence'
  | 'truncate'
  | 'tighten'
  | 'remake';

export const CURABLE: readonly Fault[] = [
  'not-enough-replicas',
  'written-but-unsure',
  'not-leader',
  'written-then-not-leader',
  'left-out-unwritten',
  'left-out-written',
  'lost-before',
  'lost-after',
  'lost-after-all',
  'late',
  'restart',
];
export const GRAVE: readonly Fault[] = ['forget', 'fence', 'truncate', 'tighten', 'remake'];

export interface Plan {
  /** Records of each batch, in order. */
  readonly batches: readonly number[];
  readonly rules: BrokerRules;
  /** By the number of the request that the broker comes to. */
  readonly faults: ReadonlyMap<number, Fault>;
  /** How many batches the caller has handed over before the broker comes to the first; later ones follow one by one. */
  readonly early: number;
  /** Whether as many as possible are on their way before the broker comes to the next; else the choice is this function's. */
  readonly hurry?: () => boolean;
  /** What the plan was made from, to print with it. */
  readonly seed?: number;
}

/** The plan in a form to paste into a test; one that was made from a seed is made from it again. */
export function describePlan({ batches, rules, faults, early, seed }: Plan): string {
  const { bad, ...others } = rules;
  const plan = { batches, rules: { ...others, bad: [...bad] }, faults: [...faults], early };
  return (seed === undefined ? '' : `seed ${seed}: `) + JSON.stringify(plan);
}
