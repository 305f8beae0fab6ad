import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  bytes,
  count,
  duration,
  percent,
  rate,
  score,
  sentence,
  tickTime,
} from '../../src/console/format.ts';
import { joined } from '../../src/console/joined.ts';
import { ranges } from '../../src/console/ranges.ts';
import type { HistoryView } from '../../src/http/api/replica.ts';

/** With a plain space where the page has a narrow one. */
const plain = (text: string) => text.replaceAll(/[\u202f\u2009]/g, ' ');

const cases: readonly (readonly [string, string])[] = [
  [count(1234567), '1,234,567'],
  [count(12_345_678), '12.3 M'],
  [count(4e9), '4 G'],
  [count(0), '0'],
  [count(undefined), '–'],
  [count(null), '–'],
  [count(Number.NaN), '–'],
  [rate(0), '0'],
  [rate(0.254), '0.25'],
  [rate(7.33), '7.33'],
  [rate(99.96), '100'],
  [rate(1234.5), '1,235'],
  [duration(0), '0 s'],
  [duration(0.00085), '850 µs'],
  [duration(0.01234), '12.3 ms'],
  [duration(0.9996), '1 s'],
  [duration(4.2), '4.2 s'],
  [duration(59.96), '1 min'],
  [duration(60), '1 min'],
  [duration(200), '3 min 20 s'],
  [duration(3599.7), '1 h'],
  [duration(18_180), '5 h 3 min'],
  [duration(187_200), '2 d 4 h'],
  [duration(1e10), '115,740 d 18 h'],
  [bytes(512), '512 B'],
  [bytes(1024), '1 KiB'],
  [bytes(1_048_575), '1 MiB'],
  [bytes(25_165_824), '24 MiB'],
  [percent(0), '0 %'],
  [percent(1), '100 %'],
  [percent(0.999_999), '> 99.99 %'],
  [percent(0.000_001), '< 0.01 %'],
  [percent(0.5), '50.0 %'],
  [percent(0.9951), '99.51 %'],
  [score(0.123456), '0.1235'],
  [tickTime(new Date(2026, 0, 1, 23, 38, 30).getTime(), 120), '23:38:30'],
  [tickTime(new Date(2026, 0, 1, 23, 38, 30).getTime(), 900), '23:38'],
  [sentence('it waits'), 'It waits.'],
];

describe('figures', () => {
  for (const [shown, expected] of cases)
    it(`are shown as ${expected}`, () => assert.equal(plain(shown), expected));

  it('of partitions are shortened to ranges', () => {
    assert.equal(ranges([]), 'none');
    assert.equal(ranges([3]), '3');
    assert.equal(ranges([2, 1]), '1, 2');
    assert.equal(ranges([0, 1, 2, 7, 9, 10, 11]), '0–2, 7, 9–11');
  });
});

describe('the history', () => {
  const history = (...atMs: number[]): HistoryView => {
    const column = atMs.map((ms) => ms / 2);
    const columns = { scored: column, deadLettered: column, skipped: column, lagRecords: column };
    const more = { lagSeconds: column, p50Seconds: column, p99Seconds: column, paused: column };
    return { everySeconds: 2, capacity: 4, atMs, ...columns, ...more };
  };

  it('grows by what came since, up to what is kept', () => {
    assert.deepEqual(joined(undefined, history(1, 2)), history(1, 2));
    assert.deepEqual(joined(history(1, 2), history()), history(1, 2));
    assert.deepEqual(joined(history(1, 2, 3), history(4, 5)), history(2, 3, 4, 5));
    assert.deepEqual(joined(history(7, 8, 9), history(5, 6)), history(5, 6), 'after the clock was set back');
  });
});
