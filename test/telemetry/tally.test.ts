import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Tally } from '../../src/telemetry/tally.ts';

function tallyAt(): { tally: Tally; at: (ms: number) => void } {
  let nowMs = 0;
  const at = (ms: number) => {
    nowMs = ms;
  };
  return { tally: new Tally(() => nowMs), at };
}

test('the share runs from the first record taken to the last outcome', () => {
  const { tally, at } = tallyAt();
  at(1_000);
  tally.inFlight(0, 0);
  at(5_000);
  tally.inFlight(4096, 30);
  at(6_000);
  tally.batchDelivered({ scored: 8, deadLettered: 2 });
  at(7_000);
  tally.eventsSkipped('tombstone', 10);
  at(60_000);
  tally.inFlight(0, 0);
  assert.deepEqual(tally.share(), {
    scored: 8,
    deadLettered: 2,
    skipped: 10,
    seconds: 2,
    eventsPerSecond: 10,
  });
});

test('a process that got no record has an empty share', () => {
  assert.deepEqual(tallyAt().tally.share(), {
    scored: 0,
    deadLettered: 0,
    skipped: 0,
    seconds: 0,
    eventsPerSecond: 0,
  });
});
