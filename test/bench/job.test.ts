import assert from 'node:assert/strict';
import { test } from 'node:test';
import { outcomeIn } from '../../bench/harness/job.ts';

const used = '{"cpuSeconds":2.5,"maxRssMiB":120}';

test('an outcome may be told in several lines, among others', () => {
  const stdout = `connecting\n{"pipeline":"card-fraud","scored":10,"seconds":0.5}\n${used}\n`;
  assert.deepEqual(outcomeIn(stdout), { scored: 10, seconds: 0.5, cpuSeconds: 2.5, maxRssMiB: 120 });
});

test('an outcome that lacks a figure is refused, with what was said instead', () => {
  assert.throws(() => outcomeIn(used), /no scored in: \{"cpuSeconds"/);
});
