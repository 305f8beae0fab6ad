import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Resources } from '../../src/service/resources.ts';

test('what was opened is closed last first, whatever fails, and not waited for longer than allowed', async () => {
  const closed: string[] = [];
  const resources = new Resources();
  resources.defer(() => void closed.push('first'));
  resources.defer(() => Promise.reject(new Error('no')));
  resources.defer(() => void closed.push('last'));
  await resources.close(1_000);
  assert.deepEqual(closed, ['last', 'first']);

  const hanging = new Resources();
  hanging.defer(() => new Promise(() => {}));
  await hanging.close(10);
});

test('what is opened after the closing has begun is closed at once, and whoever opened it is told to stop', async () => {
  const closed: string[] = [];
  const resources = new Resources();
  await resources.close(1_000);
  assert.throws(() => resources.defer(() => void closed.push('late')), /stopped/);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(closed, ['late']);
});
