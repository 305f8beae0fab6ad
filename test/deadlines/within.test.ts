import assert from 'node:assert/strict';
import { test } from 'node:test';
import { within } from '../../src/deadlines/within.ts';
import { TidemarkError } from '../../src/errors.ts';

test('what takes longer than it may is an expected fault of that code, and says what was not there', async () => {
  const late = within(10, 'E-REGISTRY-UNREACHABLE', 'asking for schema 3', new Promise(() => {}));
  await assert.rejects(
    late,
    new TidemarkError('E-REGISTRY-UNREACHABLE', 'asking for schema 3: no answer within 0.01 s'),
  );
});

test('what is there in time is as it is, a fault too', async () => {
  assert.equal(await within(10_000, 'E-INTERNAL', 'x', Promise.resolve(7)), 7);
  const refused = new TidemarkError('E-KAFKA-ACL', 'no');
  await assert.rejects(within(10_000, 'E-INTERNAL', 'x', Promise.reject(refused)), refused);
});
