import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Story, simulate } from '../support/simulation.ts';

/** `SIMULATION_SEED=17 node --test test/pipeline/simulation.test.ts` plays one story again. */
const only = process.env.SIMULATION_SEED;
const seeds = only === undefined ? Array.from({ length: 400 }, (_, i) => i + 1) : [Number(only)];

async function play(seed: number): Promise<Story> {
  const again = `play it again with: SIMULATION_SEED=${seed} node --test test/pipeline/simulation.test.ts`;
  try {
    const story = await simulate(seed);
    assert.deepEqual(story.violations, [], `seed ${seed} broke a promise; ${again}`);
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
      const { telemetry, faults, mostBlocks, mostSends } = await play(seed);
      if (mostBlocks > 2) reached.add('blocks of one lease at once');
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
      'rebalance',
      'refused commit',
      'sends at once',
      'source-down',
    ]);
  });
});
