import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { bytesLeft, timeLeft } from '../../../src/service/doctor/retentionLeft.ts';

const HOUR_MS = 3_600_000;

describe('time left', () => {
  const nowMs = 100 * HOUR_MS;
  /** A backlog of 10 records a second, written over the last hour. */
  const backlog = { lag: 36_000, oldestMs: nowMs - HOUR_MS };

  test('of a group that reads nothing is what retention has left', () => {
    assert.deepEqual(timeLeft({ ...backlog, leaving: 0 }, 3 * HOUR_MS, nowMs), {
      ageMs: HOUR_MS,
      leftMs: 2 * HOUR_MS,
    });
  });

  test('of one that reads half as fast as was written is twice as much', () => {
    assert.equal(timeLeft({ ...backlog, leaving: 5 }, 3 * HOUR_MS, nowMs).leftMs, 4 * HOUR_MS);
  });

  test('has no end when it reads as fast as was written, and is none when retention is over', () => {
    assert.equal(timeLeft({ ...backlog, leaving: 10 }, 3 * HOUR_MS, nowMs).leftMs, Number.POSITIVE_INFINITY);
    assert.equal(timeLeft({ ...backlog, leaving: 0 }, HOUR_MS / 2, nowMs).leftMs, 0);
  });

  test('agrees with what happens second by second', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 60, max: 5_000 }),
        fc.integer({ min: 1, max: 5_000 }),
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 0, max: 120 }),
        (age, more, density, leaving) => {
          const keep = age + more;
          const { leftMs } = timeLeft(
            { lag: age * density, oldestMs: nowMs - age * 1_000, leaving },
            keep * 1_000,
            nowMs,
          );
          // The oldest unread record was written at `at`; records go that are older than `keep`.
          let at = -age;
          let seconds = 0;
          const horizon = 20_000;
          for (; seconds < horizon && at > seconds - keep && at < seconds; seconds++) at += leaving / density;
          if (leftMs === Number.POSITIVE_INFINITY) assert.ok(at > seconds - keep, 'something was lost');
          else if (leftMs < (horizon - 2) * 1_000 && at <= seconds - keep)
            assert.ok(Math.abs(leftMs / 1_000 - seconds) < 1.001, `${leftMs} ms, and it was ${seconds} s`);
        },
      ),
    );
  });
});

describe('bytes left', () => {
  const log = { low: 0, end: 1_000 };

  test('are reached by what arrives faster than it leaves', () => {
    const { unreadBytes, leftMs } = bytesLeft(
      { ...log, lag: 500, arriving: 30, leaving: 20 },
      100_000,
      80_000,
    );
    assert.equal(unreadBytes, 50_000);
    assert.equal(leftMs, 30_000);
  });

  test('are never reached by a backlog that does not grow, nor by an empty log', () => {
    assert.equal(
      bytesLeft({ ...log, lag: 500, arriving: 5, leaving: 5 }, 100, 80).leftMs,
      Number.POSITIVE_INFINITY,
    );
    const empty = bytesLeft({ low: 5, end: 5, lag: 0, arriving: 0, leaving: 0 }, 0, 80);
    assert.deepEqual(empty, { unreadBytes: 0, leftMs: Number.POSITIVE_INFINITY });
  });
});
