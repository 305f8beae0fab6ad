/** The idempotent sequencing of batches against a broker's own rules, with every fault at every position. */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { Sequencer } from '../../../../src/kafka/native/produce/sequencer.ts';
import { SeededRandom } from '../../../support/simulationRandom.ts';
import type { BrokerRules } from './modelBroker.ts';
import {
  breaches,
  type Cargo,
  CURABLE,
  describePlan,
  type Fault,
  GRAVE,
  graveBreaches,
  type Plan,
  Simulation,
} from './simulation.ts';

type NewSequencer = () => Sequencer<Cargo>;
const real: NewSequencer = () => new Sequencer();

const GENEROUS: BrokerRules = { bad: new Set(), namesBad: true, maxRecords: 100, strict: false };
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

function* plans(): Generator<Omit<Plan, 'faults'>> {
  for (const rules of RULES)
    for (const batches of SHAPES) for (const early of EARLY) yield { rules, batches, early };
}

/** An answer about an earlier batch was lost, one about a later came, and then the broker forgot all but the last. */
function isBeyondTelling(faults: readonly Fault[]): boolean {
  return (
    faults.includes('restart') &&
    faults.some((fault) => fault.startsWith('written-') || fault.startsWith('left-out-'))
  );
}

/** The first breach of a plan, with the plan. */
function judge(plan: Plan, newSequencer: NewSequencer): string | undefined {
  const faults = [...plan.faults.values()];
  const isGrave = faults.some((fault) => GRAVE.includes(fault)) || isBeyondTelling(faults);
  let found: string[];
  try {
    const outcome = new Simulation(plan, newSequencer()).run();
    found = isGrave ? graveBreaches(plan, outcome) : breaches(plan, outcome);
    // Where nothing is refused, so that no later batch is the first that a topic made anew is asked to take.
    if (faults.every((fault) => fault === 'remake') && plan.rules === GENEROUS && outcome.stopped)
      found.push(`stopped: ${outcome.stopped}`);
  } catch (thrown) {
    found = [String(thrown)];
  }
  return found.length === 0 ? undefined : `${found.join('; ')} in ${describePlan(plan)}`;
}

function* singles(faults: readonly Fault[]): Generator<Plan> {
  for (const plan of plans())
    for (const position of POSITIONS)
      for (const fault of faults) yield { ...plan, faults: new Map([[position, fault]]) };
}

function* pairs(first: readonly Fault[], second: readonly Fault[]): Generator<Plan> {
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
function* rows(): Generator<Plan> {
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

function firstBreach(some: Iterable<Plan>, newSequencer = real): string | undefined {
  for (const plan of some) {
    const breach = judge(plan, newSequencer);
    if (breach !== undefined) return breach;
  }
  return undefined;
}

function* seeds(count: number, faults: readonly Fault[]): Generator<Plan> {
  for (let seed = 1; seed <= count; seed++) yield fromSeed(seed, faults);
}

const ALL_FAULTS = [...CURABLE, ...GRAVE];
/** In long runs these two would excuse too much: a broker that forgot takes repetitions, one that was cut loses what it had. */
const MOST_FAULTS = ALL_FAULTS.filter((fault) => fault !== 'forget' && fault !== 'truncate');

/** Without those that end with the connection, so that as much as may be is on its way. */
const ANSWERS: readonly Fault[] = [
  'not-enough-replicas',
  'written-but-unsure',
  'not-leader',
  'written-then-not-leader',
  'left-out-unwritten',
  'left-out-written',
];

describe('the sequencer against a broker', () => {
  test('without faults everything is written once, or refused', () => {
    assert.equal(firstBreach([...plans()].map((plan) => ({ ...plan, faults: new Map() }))), undefined);
  });

  test('with any fault at any position', () => {
    assert.equal(firstBreach(singles(ALL_FAULTS)), undefined);
  });

  test('with any two curable faults at any two positions', () => {
    assert.equal(firstBreach(pairs(CURABLE, CURABLE)), undefined);
  });

  test('with any fault before or after one that no client can make good', () => {
    assert.equal(firstBreach(pairs(CURABLE, GRAVE)), undefined);
  });

  test('with three faults in a row', () => {
    assert.equal(firstBreach(rows()), undefined);
  });

  test('with many faults in long runs', () => {
    const faults = CURABLE.filter((fault) => fault !== 'restart');
    assert.equal(firstBreach(seeds(1_500, faults)), undefined);
    assert.equal(firstBreach(seeds(1_500, ANSWERS)), undefined);
    assert.equal(firstBreach(seeds(3_000, MOST_FAULTS)), undefined);
  });

  test('a fault that can be cured never stops a partition for good', () => {
    // The others may, and these runs show that they do not always.
    const stops = (faults: readonly Fault[]) =>
      [...singles(faults)].filter((plan) => new Simulation(plan, real()).run().stopped !== undefined).length;
    assert.equal(stops(CURABLE), 0);
    assert.ok(stops(['truncate']) > 0);
  });
});

/** Wrong sequencers, each by one change of its source. All of them must be found out. */
const MUTATIONS: readonly (readonly [what: string, file: string, ...changes: string[]])[] = [
  [
    'gives an unknown outcome the number that is due',
    'backlog.ts',
    "batch.last === 'unknown' ? batch.sequence : ",
    "batch.last === 'never' as string ? batch.sequence : ",
  ],
  ['has six in flight', 'sequencer.ts', 'WINDOW = 5', 'WINDOW = 6'],
  [
    'counts only what is in flight',
    'sequencer.ts',
    'return index < WINDOW ? index : -1;',
    'return this.#inFlight < WINDOW ? index : -1;',
  ],
  [
    'does not wait for the first to be acknowledged',
    'sequencer.ts',
    'this.#backlog.restart();\n    this.#phase = ALONE;',
    'this.#backlog.restart();\n    this.#phase = OPEN;',
    '#lastAnswerMs = Number.NEGATIVE_INFINITY;',
    '#lastAnswerMs = 0;',
  ],
  [
    'does not wait for all answers after a failure',
    'sequencer.ts',
    'if (this.#inFlight > 0) return [];\n    if (this.#rewound) {',
    'if (this.#rewound) {',
  ],
  ['goes on after a failure', 'sequencer.ts', "if (this.#phase.kind === 'open') this.#phase = SETTLING;", ''],
  [
    'takes silence for a refusal',
    'sequencer.ts',
    "batch.last = 'unknown';\n        batch.doubt = 'numbers';",
    "batch.last = 'refused';",
  ],
  [
    'takes silence for an acknowledgement',
    'sequencer.ts',
    "batch.last = 'unknown';",
    "batch.last = 'written'; this.#backlog.dropWritten();",
  ],
  [
    'renews its identity while outcomes are unknown',
    'sequencer.ts',
    "doubt !== 'none' || last === 'written'",
    "last === 'written' && doubt === 'none'",
  ],
  [
    'forgets the doubt when it cuts a batch up',
    'backlog.ts',
    "if (batch.doubt !== 'none') for (const part of parts) part.doubt = 'records';",
    '',
  ],
  [
    'takes the place of a batch that may have been written',
    'ghosts.ts',
    'while (this.#all.some(',
    'while (this.#all.length < 0 && this.#all.some(',
  ],
  [
    'takes whatever is out of order for written',
    'sequencer.ts',
    'return this.#searchOn(0);',
    "batch.last = 'written';\n    return this.#written(batch, -1);",
  ],
  [
    'gives up on what a restarted broker does not recognise',
    'sequencer.ts',
    "if (batch.doubt === 'numbers' && after?.doubt === 'numbers' && after.last !== 'written') {",
    'if (false) {',
  ],
  [
    'searches in vain for ever',
    'sequencer.ts',
    "return this.#stop(isUnsure ? 'outcome-lost' : 'acknowledged-lost');",
    'this.#phase = ALONE;\n    return [];',
  ],
  [
    'overlooks that the log was cut',
    'sequencer.ts',
    'if (baseOffset < this.#endOffset) this.#rewound = true;',
    '',
  ],
  [
    'sends again what was acknowledged behind a batch of which nothing is left',
    'backlog.ts',
    '1, ...parts);\n    // Where nothing is left of it, what stands behind may be acknowledged already.\n    this.dropWritten();',
    '1, ...parts);',
  ],
  [
    'takes a topic that was made anew for one that lost what it had',
    'sequencer.ts',
    "return isAnother ? this.#settle() : this.#stop('acknowledged-lost');",
    "return this.#stop('acknowledged-lost');",
  ],
  [
    'goes on with what stands behind the first that is unanswered',
    'backlog.ts',
    "findIndex(({ inFlight, last }) => !inFlight && last !== 'written')",
    "findLastIndex(({ inFlight, last }) => !inFlight && last !== 'written')",
  ],
  [
    'puts the parts of a batch at the end',
    'backlog.ts',
    'this.#batches.splice(this.#batches.indexOf(batch), 1, ...parts);',
    'this.#batches.splice(this.#batches.indexOf(batch), 1);\n    this.#batches.push(...parts);',
  ],
];

describe('a sequencer that', () => {
  const source = join(import.meta.dirname, '../../../../src/kafka/native/produce');

  for (const [what, file, ...changes] of MUTATIONS) {
    test(`${what} is found out`, async (context) => {
      const folder = mkdtempSync(join(tmpdir(), 'tidemark-mutant-'));
      context.after(() => rmSync(folder, { recursive: true }));
      for (const name of ['sequence.ts', 'phase.ts', 'ghosts.ts', 'backlog.ts', 'sequencer.ts'])
        cpSync(join(source, name), join(folder, name));
      let text = readFileSync(join(folder, file), 'utf8');
      for (let i = 0; i < changes.length; i += 2) {
        assert.equal(text.split(changes[i]!).length, 2, 'the mutation has its place in the source');
        text = text.replace(changes[i]!, () => changes[i + 1]!);
      }
      writeFileSync(join(folder, file), text);
      writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
      const mutant = await import(pathToFileURL(join(folder, 'sequencer.ts')).href);
      const newMutant: NewSequencer = () => new mutant.Sequencer();
      const breach =
        firstBreach(singles(ALL_FAULTS), newMutant) ??
        firstBreach(seeds(1_500, ANSWERS), newMutant) ??
        firstBreach(seeds(3_000, MOST_FAULTS), newMutant) ??
        firstBreach(rows(), newMutant) ??
        firstBreach(pairs(CURABLE, GRAVE), newMutant);
      assert.notEqual(breach, undefined);
    });
  }
});
