/** Plans of every kind: each fault at each position, combinations of them, and long ones by chance. */
import { SeededRandom } from '../../../support/simulationRandom.ts';
import { type BrokerRules, GENEROUS } from './modelBroker.ts';
import { CURABLE, type Fault, GRAVE, type Plan } from './plan.ts';

const RULES: readonly BrokerRules[] = [
  GENEROUS,
  { ...GENEROUS, bad: new Set([0]) },
  { ...GENEROUS, bad: new Set([3]), namesBad: false },
  { ...GENEROUS, bad: new Set([2, 4]), maxRecords: 2 },
  { ...GENEROUS, bad: new Set([6]), maxRecords: 2, strict: true },
];
const SHAPES = [
  [2, 1, 3, 2, 1, 2],
  [1, 1, 1],
  [4, 3],
];
/** From one batch at a time to more than may be in flight. */
const EARLY = [1, 3, 6];
const POSITIONS = Array.from({ length: 9 }, (_, position) => position);

export function* plans(): Generator<Omit<Plan, 'faults'>> {
  for (const rules of RULES)
    for (const batches of SHAPES) for (const early of EARLY) yield { rules, batches, early };
}

export function* singles(faults: readonly Fault[]): Generator<Plan> {
  for (const plan of plans())
    for (const position of POSITIONS)
      for (const fault of faults) yield { ...plan, faults: new Map([[position, fault]]) };
}

export function* pairs(first: readonly Fault[], second: readonly Fault[]): Generator<Plan> {
  for (const plan of plans())
    for (const one of POSITIONS)
      for (const other of POSITIONS)
        if (one !== other && (one < other || first !== second))
          for (const fault of first)
            for (const later of second)
              yield {
                ...plan,
                faults: new Map([
                  [one, fault],
                  [other, later],
                ]),
              };
}

/** An unknown outcome, limits that change and an identity that is refused, one after the other. */
export function* rows(): Generator<Plan> {
  for (const plan of plans())
    for (const position of POSITIONS)
      for (const first of CURABLE)
        for (const grave of [['tighten', 'fence'] as const, ['fence', 'tighten'] as const])
          yield {
            ...plan,
            faults: new Map([
              [position, first],
              [position + 1, grave[0]],
              [position + 2, grave[1]],
            ]),
          };
}

function fromSeed(seed: number, faults: readonly Fault[]): Plan {
  const random = new SeededRandom(seed);
  const batches = Array.from({ length: random.between(5, 40) }, () => random.between(1, 4));
  const records = batches.reduce((sum, count) => sum + count, 0);
  const bad = new Set<number>();
  for (let record = 0; record < records; record++) if (random.chance(4)) bad.add(record);
  const maxRecords = random.pick([1, 2, 3, 100]);
  const rules = { bad, namesBad: random.chance(50), maxRecords, strict: random.chance(30) };
  const hurry = random.pick([50, 80, 100]);
  const script = new Map<number, Fault>();
  const percent = random.pick([8, 15, 30]);
  for (let request = 0; request < 200; request++)
    if (random.chance(percent)) script.set(request, random.pick(faults));
  return {
    batches,
    rules,
    faults: script,
    early: random.between(1, 12),
    hurry: () => random.chance(hurry),
    seed,
  };
}

export function* seeds(count: number, faults: readonly Fault[]): Generator<Plan> {
  for (let seed = 1; seed <= count; seed++) yield fromSeed(seed, faults);
}

export const ALL_FAULTS = [...CURABLE, ...GRAVE];
/** In long runs these two would excuse too much: a broker that forgot takes repetitions, one that was cut loses what it had. */
export const MOST_FAULTS = ALL_FAULTS.filter((fault) => fault !== 'forget' && fault !== 'truncate');

/** Without those that end with the connection, so that as much as may be is on its way. */
export const ANSWERS: readonly Fault[] = [
  'not-enough-replicas',
  'written-but-unsure',
  'not-leader',
  'written-then-not-leader',
  'left-out-unwritten',
  'left-out-written',
];
