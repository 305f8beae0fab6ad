import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expiryOf } from '../../../src/service/doctor/expiry.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const at = (lifeMs: number, leftMs: number) =>
  expiryOf({ subject: 'CN=x', notBeforeMs: 0, notAfterMs: lifeMs }, lifeMs - leftMs);

test('a certificate is warned of in its last fifth, and never more than 30 days before', () => {
  assert.equal(at(365 * DAY_MS, 31 * DAY_MS), 'valid');
  assert.equal(at(365 * DAY_MS, 29 * DAY_MS), 'soon');
  assert.equal(at(90 * DAY_MS, 29 * DAY_MS), 'valid');
  assert.equal(at(90 * DAY_MS, 17 * DAY_MS), 'soon');
  assert.equal(at(DAY_MS, 5 * HOUR_MS), 'valid');
  assert.equal(at(DAY_MS, 4 * HOUR_MS), 'soon');
});

test('before its time and after it, it is not valid', () => {
  assert.equal(at(DAY_MS, -1), 'over');
  assert.equal(at(DAY_MS, 2 * DAY_MS), 'early');
});
