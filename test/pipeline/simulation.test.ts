import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Story, simulate } from '../support/simulation.ts';

/** `SIMULATION_SEED=17 node --test test/pipeline/simulation.test.ts` plays one story again. */
const only = process.env.SIMULATION_SEED;
const seeds = only === undefined ? Array.from({ length: 400 }, (_, i) => i + 1) : [Number(only)];

/** What is told of the time of scored events: nothing took less than no time, or more than since it was written. */
function faultsOfLatencies({ telemetry }: Story): string[] {
  return telemetry.segments.flatMap(({ events, eventMs, arrivalMs, scoreMs, produceMs }) => {
    const faults: string[] = [];
    const batchMs = arrivalMs - scoreMs - produceMs;
    if (![batchMs, scoreMs, produceMs].every((ms) => ms >= 0))
      faults.push(`waited ${batchMs}, scored ${scoreMs}, produced ${produceMs} ms`);
    if (eventMs.length > events) faults.push(`${eventMs.length} times of ${events} events`);
    for (const ms of eventMs)
      if (ms < arrivalMs) faults.push(`arrived ${arrivalMs - ms} ms before it was written`);
    return faults;
  });
}

async function play(seed: number): Promise<Story> {
  const again = `play it again with: SIMULATION_SEED=${seed} node --test test/pipeline/simulation.test.ts`;
  try {
    const story = await simulate(seed);
    assert.deepEqual(story.violations, [], `seed ${seed} broke a promise; ${again}`);
    assert.deepEqual(faultsOfLatencies(story), [], `seed ${seed} tells times that cannot be; ${again}`);
    return story;
  } catch (cause) {
    if (cause instanceof assert.AssertionError) throw cause;
    throw new Error(`seed ${seed}; ${again}`, { cause });
  }
}

describe('the pipeline under faults', () => {
  test(`keeps P1, P2, P4, P5 and P6, and never hangs, in ${seeds.length} stories`, async () => {
    const reached = new Set<string>();
    for (const seed of seeds) {
      const { telemetry, faults, traced, mostBlocks, mostSends, skips } = await play(seed);
      for (const outcome of traced) reached.add(`traced and ${outcome}`);
      if (mostBlocks > 2) reached.add('blocks of one lease at once');
      if (skips > 0) reached.add('moved');
      if (mostSends > 2) reached.add('sends at once');
      for (const what of [...faults, ...telemetry.closed]) reached.add(what);
      if (telemetry.refusedCommits.length > 0) reached.add('refused commit');
      if (telemetry.deadLettered > 0) reached.add('dead letter');
    }
    if (only !== undefined) return;
    // A simulation that no longer gets anywhere proves nothing.
    assert.deepEqual([...reached].sort(), [
      'blocks of one lease at once',
      'crash',
      'dead letter',
      'drain',
      'drained',
      'due',
      'ending',
      'full',
      'lose',
      'moved',
      'pause',
      'rebalance',
      'refused commit',
      'sends at once',
      'skip',
      'source-down',
      'traced and dead-lettered',
      'traced and given-up',
      'traced and scored',
    ]);
  });
});
