import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Signal } from '../../src/pipeline/signal.ts';
import { settled } from '../support/simulationClock.ts';

test('a signal wakes who waits', async () => {
  const signal = new Signal();
  let woken = false;
  const waiting = signal.wait().then(() => {
    woken = true;
  });
  await settled();
  assert.equal(woken, false);
  signal.notify();
  await waiting;
});

test('a signal given while nobody waits is kept for the next wait, and only for that one', async () => {
  const signal = new Signal();
  signal.notify();
  signal.notify();
  await signal.wait();
  let woken = false;
  signal.wait().then(() => {
    woken = true;
  });
  await settled();
  assert.equal(woken, false);
});
