import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TidemarkError } from '../../src/errors.ts';
import { Outage } from '../../src/kafka/outage.ts';

function setUp(untoldMs?: number) {
  const told: string[] = [];
  const events = {
    paused: (cause: TidemarkError) => told.push(`paused ${cause.code}`),
    resumed: () => told.push('resumed'),
  };
  const outage = new Outage(events, untoldMs);
  return { outage, told };
}
const down = () => new TidemarkError('E-KAFKA-UNREACHABLE', 'down');

test('a short stumble is not told', async () => {
  const { outage, told } = setUp();
  let attempts = 0;
  const result = await outage.insist('trying', async () => {
    if (++attempts < 2) throw down();
    return 7;
  });
  assert.deepEqual([result, attempts, told], [7, 2, []]);
});

test('an outage is told once for all who wait, and its end when the last goes on', async () => {
  const { outage, told } = setUp(0);
  const up = new Set<string>();
  const attempts = { first: 0, second: 0 };
  const insist = (who: 'first' | 'second') =>
    outage.insist(who, async () => {
      attempts[who]++;
      if (!up.has(who)) throw down();
    });
  const first = insist('first');
  const second = insist('second');
  while (attempts.first < 2 || attempts.second < 2) await new Promise((resolve) => setImmediate(resolve));
  up.add('first');
  await first;
  assert.deepEqual(told, ['paused E-KAFKA-UNREACHABLE']);
  up.add('second');
  await second;
  assert.deepEqual(told, ['paused E-KAFKA-UNREACHABLE', 'resumed']);
});

test('what waiting does not cure is thrown at once', async () => {
  const { outage, told } = setUp();
  let attempts = 0;
  const attempt = async () => {
    attempts++;
    throw new TidemarkError('E-KAFKA-ACL', 'no');
  };
  await assert.rejects(outage.insist('trying', attempt), { code: 'E-KAFKA-ACL' });
  assert.deepEqual([attempts, told], [1, []]);
});

test('stop ends a wait between attempts and one in an attempt, with the last cause', async () => {
  const { outage, told } = setUp(0);
  const between = outage.insist('a', async () => {
    throw down();
  });
  const within = outage.insist('hanging', () => new Promise(() => {}));
  while (told.length === 0) await new Promise((resolve) => setImmediate(resolve));
  outage.stop();
  await Promise.all([
    assert.rejects(between, { message: 'down' }),
    assert.rejects(within, { message: 'hanging: stopped' }),
  ]);
  await assert.rejects(
    outage.insist('later', async () => 1),
    { message: 'later: stopped' },
  );
});
