import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Pace } from '../../../tools/demo/pace.ts';

const ALL = Number.POSITIVE_INFINITY;

test('whenever it is asked, as many events were taken as time has passed at the pace', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 50_000 }),
      fc.array(fc.double({ min: 0.01, max: 400, noNaN: true }), { minLength: 1, maxLength: 200 }),
      (rate, waits) => {
        const pace = new Pace(rate, 1_000);
        let nowMs = 1_000;
        let taken = 0;
        for (const wait of waits) {
          nowMs += wait;
          taken += pace.take(nowMs, ALL);
          const due = ((nowMs - 1_000) * rate) / 1000;
          assert.ok(Math.abs(taken - due) <= 1.000_001, `${taken} taken, ${due} due`);
        }
        assert.equal(pace.forgivenMs, 0);
      },
    ),
  );
});

test('a stall is made up for up to a second, and what is longer is told and not', () => {
  const pace = new Pace(1_000, 0);
  assert.equal(pace.take(0, ALL), 1);
  assert.equal(pace.take(10_000, ALL), 1_001);
  assert.ok(Math.abs(pace.forgivenMs - 8_999) < 1, String(pace.forgivenMs));
  assert.equal(pace.take(10_100, ALL), 100);
});

test('what there is no room for stays due', () => {
  const pace = new Pace(1_000, 0);
  assert.equal(pace.take(500, 100), 100);
  assert.equal(pace.untilNext(500), 0);
  assert.equal(pace.take(500, ALL), 401);
  assert.equal(pace.untilNext(500), 1);
});

test('without a pace there is always as much as there is room for', () => {
  const pace = new Pace(ALL, 0);
  assert.equal(pace.take(0, 700), 700);
  assert.equal(pace.take(0, 700), 700);
  assert.equal(pace.untilNext(0), 0);
});
