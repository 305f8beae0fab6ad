import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Contest, Standing } from '../../bench/harness/contest.ts';
import { targetsTable } from '../../bench/harness/report.ts';
import { spreadOf } from '../../bench/harness/statistics.ts';
import type { SweepPoint } from '../../bench/harness/sweep.ts';
import { contestTargets, sweepTargets } from '../../bench/harness/targets.ts';

const one = spreadOf([1]);
const standing = (name: Standing['name'], behind: number, maxRssMiB: number[] = [100]): Standing => ({
  name,
  title: name,
  runs: [],
  eventsPerSecond: one,
  cpuMicrosPerEvent: one,
  maxRssMiB: spreadOf(maxRssMiB),
  behind: spreadOf([behind]),
});
const share = (value: number) => ({ sumEventsPerSecond: one, share: spreadOf([value]) });

test('each peer has its target, the whole its share of the stages, and memory is looked at in its worst round', () => {
  const contest: Contest = {
    standings: [standing('tidemark', 1, [200, 250]), standing('java', 3), standing('streams', 9.9)],
    leftOut: [],
    stages: { stages: [], ofTime: share(0.81), ofCpu: share(0.5) },
  };
  const targets = contestTargets(contest);
  assert.deepEqual(
    targets.map(({ what, met }) => [what, met]),
    [
      ['faster than java', true],
      ['faster than streams', false],
      ['of what the stages alone allow', true],
      ['peak memory', false],
    ],
  );
  // 250 MiB are more than 256 MB.
  assert.equal(targets.at(-1)?.measured, '262 MB');
  assert.match(targetsTable(targets), /faster than streams +10 x +9\.9 x +NO/);
});

test('the cost over partitions is told of those that keep a source in one partition, in time and in CPU time', () => {
  const point = (partitioner: 'source' | 'key', relativeCost: number, relativeCpu: number) =>
    ({ partitioner, relativeCost, relativeCpu }) as SweepPoint;
  const costs = [point('source', 1, 1), point('source', 1.4, 1.2), point('key', 7, 7)];
  const met = (points: SweepPoint[]) => sweepTargets(points).map((target) => target.met);
  assert.deepEqual(met(costs), [true, true]);
  assert.deepEqual(met([...costs, point('source', 1.6, 1.3)]), [false, true]);
});
