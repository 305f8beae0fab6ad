import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Watchdog } from '../../src/pipeline/watchdog.ts';
import { SimulatedClock } from '../support/simulationClock.ts';

function start(work: () => string | undefined) {
  const clock = new SimulatedClock();
  const barks: string[] = [];
  const watchdog = new Watchdog(clock, 1000, work, (cause) => barks.push(`${cause.code} ${cause.message}`));
  watchdog.start();
  return { clock, watchdog, barks };
}

test('work in hand and no progress for the time allowed: one bark, which names the work', async () => {
  const { clock, barks } = start(() => '3 rows');
  await clock.advance(999);
  assert.deepEqual(barks, []);
  await clock.advance(10_000);
  assert.deepEqual(barks, ['E-WATCHDOG no progress for 1000 ms with 3 rows in hand']);
});

test('progress now and then is enough', async () => {
  const { clock, watchdog, barks } = start(() => '3 rows');
  for (let i = 0; i < 10; i++) {
    await clock.advance(700);
    watchdog.progressed();
  }
  assert.deepEqual(barks, []);
});

test('without work in hand time does not count, also not afterwards', async () => {
  let work: string | undefined;
  const { clock, barks } = start(() => work);
  await clock.advance(10_000);
  work = '1 row';
  await clock.advance(900);
  assert.deepEqual(barks, []);
  await clock.advance(600);
  assert.equal(barks.length, 1);
});

test('in a declared pause the clock stands still until every dependency is up again', async () => {
  const { clock, watchdog, barks } = start(() => '3 rows');
  watchdog.paused('sink');
  watchdog.paused('sink');
  watchdog.paused('registry');
  await clock.advance(5000);
  watchdog.resumed('sink');
  await clock.advance(5000);
  assert.deepEqual(barks, []);
  watchdog.resumed('registry');
  await clock.advance(900);
  assert.deepEqual(barks, []);
  await clock.advance(600);
  assert.equal(barks.length, 1);
});

test('a stopped watchdog leaves no timer behind', async () => {
  const { clock, watchdog } = start(() => '3 rows');
  watchdog.stop();
  await assert.rejects(
    clock.runUntil(() => false, 10_000, 'anything'),
    /no timer is left/,
  );
  assert.equal(clock.monotonicMs(), 0);
});
