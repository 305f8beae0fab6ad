import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Join } from '../../../tools/demo/join.ts';
import type { Judge, World } from '../../../tools/demo/worlds/world.ts';

/** A world of bare scores: what is decided is `high` from 0.5 on. */
const world = {
  decisions: [
    { name: 'high', tone: 'alarm' },
    { name: 'low', tone: 'calm' },
  ],
  readScored: ({ id, score }: { id: string; score: number }) => ({
    id,
    score,
    decision: score >= 0.5 ? 'high' : 'low',
    flagged: score >= 0.5,
    describe: () => `event ${id}`,
    evidence: score,
  }),
} as unknown as World;

function joining(known: string[] = []) {
  const judged: [unknown, unknown][] = [];
  const judge = { add: (label, evidence) => judged.push([label.truth, evidence]) } as Partial<Judge> as Judge;
  return { judged, join: new Join(world, judge, known) };
}

test('each score meets its label once, whatever comes again', () => {
  const { join, judged } = joining();
  join.addScored({ id: 'a', score: 0.9 }, 0);
  join.addScored({ id: 'b', score: 0.1 }, 0);
  join.addScored({ id: 'a', score: 0.9 }, 0);
  assert.equal(join.waiting, 2);
  join.addLabel('a', { truth: true });
  join.addScored({ id: 'a', score: 0.9 }, 0);
  join.addLabel('b', { truth: false });
  assert.deepEqual(judged, [
    [true, 0.9],
    [false, 0.1],
  ]);
  assert.deepEqual(
    { scored: join.scored, repeated: join.repeated, joined: join.joined, waiting: join.waiting },
    { scored: 2, repeated: 2, joined: 2, waiting: 0 },
  );
  assert.deepEqual(Object.fromEntries(join.decisions), { high: 1, low: 1 });
});

test('a label without a score is an event that was not scored, unless it was known before', () => {
  const { join, judged } = joining(['old']);
  join.addLabel('old', { truth: true });
  join.addLabel('lost', { truth: false });
  assert.equal(join.unscored, 1);
  join.end();
  assert.equal(join.unscored, 1);
  assert.deepEqual(judged, [
    [true, undefined],
    [false, undefined],
  ]);
});

test('a label that is read before its score waits for it', () => {
  const { join, judged } = joining();
  join.addLabel('a', { truth: true });
  assert.equal(join.unscored, 1);
  join.addScored({ id: 'a', score: 0.7 }, 0);
  join.addScored({ id: 'a', score: 0.7 }, 0);
  join.end();
  assert.deepEqual(judged, [[true, 0.7]]);
  assert.deepEqual([join.unscored, join.scored, join.joined, join.repeated, join.waiting], [0, 1, 1, 1, 0]);
  assert.deepEqual(Object.fromEntries(join.decisions), { high: 1, low: 0 });
});

test('a flagged event is shown only when the one before has been seen for a moment, the latest first', () => {
  const { join } = joining();
  join.addScored({ id: 'first', score: 0.6 }, 0);
  join.addScored({ id: 'too soon', score: 0.99 }, 200);
  join.addScored({ id: 'second', score: 0.8 }, 500);
  join.addScored({ id: 'calm', score: 0.2 }, 5_000);
  assert.deepEqual(
    join.flagged.map(({ line, score, atMs }) => [line, score, atMs]),
    [
      ['event second', 0.8, 500],
      ['event first', 0.6, 0],
    ],
  );
});
