/** The tests of the alert rules are worth something: whoever spoils an alert hears of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inverted, outcomeOf, removed } from './support/mutations.ts';
import { lacksPromtool } from './support/promtool.ts';
import { alerts } from './support/rules.ts';

test('an alert that is removed is missed', { skip: lacksPromtool }, async () => {
  const { spoilt, unnoticed } = await outcomeOf(removed);
  assert.equal(spoilt.length, alerts.length);
  assert.deepEqual(unnoticed, []);
});

test('an alert whose threshold is turned round is noticed', { skip: lacksPromtool }, async () => {
  const { spoilt, unnoticed } = await outcomeOf(inverted(0));
  // These say only that something is there or is not; that they are missed when they are removed is their test.
  assert.deepEqual(
    alerts.map(({ alert }) => alert).filter((alert) => !spoilt.includes(alert!)),
    ['TidemarkPartitionStopped', 'TidemarkPausedByCommand', 'TidemarkNeverSeen', 'TidemarkReplicaDown'],
  );
  assert.deepEqual(unnoticed, []);
});
