import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { KINDS, type Kind, simulate } from './simulation.ts';
import { brokenMachines } from './simulationBroken.ts';

/**
 * `SIMULATION_SEED=17 node --test test/kafka/native/group/simulation.test.ts` plays one story again;
 * `SIMULATION_STORIES=100000` plays more of them.
 */
const only = process.env.SIMULATION_SEED;
const count = Number(process.env.SIMULATION_STORIES ?? 3_000);
const seeds = only === undefined ? Array.from({ length: count }, (_, at) => at + 1) : [Number(only)];

/** What the stories have to get to: a simulation that no longer gets anywhere proves nothing. */
const PLACES = [
  ...['join', 'leave', 'crash', 'restart', 'move', 'freeze', 'cut', 'loss', 'errors', 'partitions'],
  ...['drain', 'drain timed out', 'gone revoked', 'gone lost', 'gone closed', 'fenced'],
  ...['commit committed', 'commit refused', 'commit failed', 'E-KAFKA-FENCED', 'E-KAFKA-GROUP'],
  ...['join: MEMBER_ID_REQUIRED', 'join: GROUP_MAX_SIZE_REACHED'],
  ...['join', 'sync', 'heartbeat', 'commit'].flatMap((api) =>
    [
      'COORDINATOR_LOAD_IN_PROGRESS',
      'COORDINATOR_NOT_AVAILABLE',
      'NOT_COORDINATOR',
      'UNKNOWN_SERVER_ERROR',
      'UNKNOWN_MEMBER_ID',
      'FENCED_INSTANCE_ID',
    ].map((error) => `${api}: ${error}`),
  ),
  ...['sync', 'heartbeat', 'commit'].flatMap((api) => [
    `${api}: REBALANCE_IN_PROGRESS`,
    `${api}: ILLEGAL_GENERATION`,
  ]),
];

describe('members of a group under faults', () => {
  test(`keep their promises and settle, in ${seeds.length} stories`, () => {
    const reached = new Set<string>();
    const kinds = new Set<Kind>();
    for (const seed of seeds) {
      const story = simulate(seed);
      const again = `SIMULATION_SEED=${seed} node --test test/kafka/native/group/simulation.test.ts`;
      assert.deepEqual(story.violations, [], `seed ${seed} broke a promise; play it again with: ${again}`);
      kinds.add(story.kind);
      for (const what of story.reached) reached.add(what);
    }
    if (only !== undefined) return;
    assert.deepEqual(
      PLACES.filter((place) => !reached.has(place)),
      [],
      'never reached',
    );
    assert.deepEqual([...kinds].sort(), [...KINDS].sort());
  });

  for (const [what, Machine] of brokenMachines())
    test(`are found out when one of them ${what}`, () => {
      const caught = seeds.slice(0, 300).some((seed) => simulate(seed, Machine).violations.length > 0);
      assert.ok(caught);
    });
});
