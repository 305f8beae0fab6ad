/** The idempotent sequencing of batches against a broker's own rules, with every fault at every position. */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { Sequencer } from '../../../../src/kafka/native/produce/sequencer.ts';
import { breaches, graveBreaches } from './breaches.ts';
import { GENEROUS } from './modelBroker.ts';
import { MUTATIONS } from './mutations.ts';
import { CURABLE, describePlan, type Fault, GRAVE, type Plan } from './plan.ts';
import { ALL_FAULTS, ANSWERS, MOST_FAULTS, pairs, plans, rows, seeds, singles } from './plans.ts';
import { type Cargo, Simulation } from './simulation.ts';

type NewSequencer = () => Sequencer<Cargo>;
const real: NewSequencer = () => new Sequencer();

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

function firstBreach(some: Iterable<Plan>, newSequencer = real): string | undefined {
  for (const plan of some) {
    const breach = judge(plan, newSequencer);
    if (breach !== undefined) return breach;
  }
  return undefined;
}

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
