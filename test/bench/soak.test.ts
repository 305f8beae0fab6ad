import assert from 'node:assert/strict';
import { test } from 'node:test';
import { growthOf, type Look, type Soak } from '../../bench/harness/soak.ts';
import { soakTargets } from '../../bench/harness/targets.ts';

const look = (seconds: number, rssMiB: number): Look => ({ seconds, rssMiB, eventsPerSecond: 1, lag: 1 });
const soaked = (looks: readonly Look[]): Soak => ({ looks, peakMiB: 200, growth: growthOf(looks) });

test('growth is told from the third minute on: what a process takes to get going is none', () => {
  const looks = [30, 60, 120, 180, 240, 300].map((seconds) => look(seconds, seconds < 120 ? 100 : 400));
  assert.deepEqual(growthOf(looks), { mibPerMinute: 0, minutes: 3, residentMiB: 400 });
  const growing = looks.map(({ seconds }) => look(seconds, 100 + seconds / 30));
  assert.equal(growthOf(growing).mibPerMinute.toFixed(3), '2.000');
});

test('of a run that is shorter, its second half is looked at', () => {
  const looks = [10, 20, 30, 40, 50, 60].map((seconds) => look(seconds, seconds < 30 ? seconds : 200));
  assert.deepEqual(growthOf(looks), { mibPerMinute: 0, minutes: 0.5, residentMiB: 200 });
  assert.throws(() => growthOf([look(10, 100)]), /tell nothing/);
});

test('memory that grows is said to, and misses its target', () => {
  const seconds = Array.from({ length: 60 }, (_, index) => 10 * (index + 1));
  const verdict = (perMinute: number) =>
    soakTargets(soaked(seconds.map((second) => look(second, 180 + (perMinute * second) / 60)))).at(-1)!;
  assert.deepEqual([verdict(0).met, verdict(0.1).met, verdict(3).met], [true, true, false]);
  assert.match(verdict(3).measured, /^GROWS by 3\.00 MiB/);
});
