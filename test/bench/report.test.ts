import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reportText } from '../../bench/harness/report.ts';
import { contestResults, costResults, sweepResults } from './results.ts';

test('one report has the peers, the stages, the costs in memory and, last, what was left out', () => {
  const text = reportText(contestResults);
  const places = [
    '1000000 events, 4 partitions, 5 rounds',
    'plain Java consumer',
    'stage, alone',
    'The base: 15 columns.',
    'columns: 1,000',
    'python is left out',
  ].map((words) => text.indexOf(words));
  assert.ok(
    places.every((place) => place >= 0),
    text,
  );
  assert.deepEqual(
    places,
    places.toSorted((a, b) => a - b),
  );
  assert.match(text, /columns: 1,000 +5000 \(4500\.\.6000\) +10\.00 x \(9\.00 x\.\.12\.00 x\)/);
});

test('a report without a broker has the costs, says why there is no more, and names no topic', () => {
  const text = reportText(costResults);
  assert.match(text, /card payments of the demo +450/);
  assert.match(text, /Everything that goes through a broker is left out\. Install Java\.$/);
  assert.doesNotMatch(text, /undefined|partitions/);
});

test('a report over partitions lists each number of them once', () => {
  assert.match(reportText(sweepResults), /1000000 events, 1, 1000 partitions/);
});
