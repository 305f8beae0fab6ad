import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PartitionFeed } from '../../../src/kafka/kafkajs/feed.ts';
import { Intake } from '../../../src/kafka/kafkajs/intake.ts';
import { Leases } from '../../../src/kafka/kafkajs/leases.ts';
import type { Lease } from '../../../src/pipeline/ports.ts';

function setUp(drainTimeoutMs = 60_000) {
  const told: string[] = [];
  const drained = Promise.withResolvers<void>();
  const names = (leases: readonly Lease[]) =>
    leases.map((lease) => `${lease.partition}.${lease.generation}`).join();
  const leases = new Leases(drainTimeoutMs, {
    ending: (which) => {
      told.push(`ending ${names(which)}`);
      return drained.promise;
    },
    gone: (which) => told.push(`gone ${names(which)}`),
    failed: (cause) => told.push(`failed ${cause.code}`),
  });
  const begin = (generation: number, ...partitions: number[]) => {
    const feeds = partitions.map((partition) => {
      const lease: Lease = { topic: 't', partition, generation, state: { kind: 'held' } };
      const limits = { maxBlockBytes: 1, maxBlockRecords: 1 };
      return new PartitionFeed(lease, limits, new Intake(), { resume: () => {}, fault: () => {} });
    });
    leases.begin(feeds);
    return feeds.map((feed) => feed.lease);
  };
  return { leases, told, drained, begin };
}

test('a drain waits for the pipeline, and then the leases are gone', async () => {
  const { leases, told, drained, begin } = setUp();
  const [first] = begin(1, 0, 1);
  leases.drain();
  leases.drain();
  assert.equal(first?.state.kind, 'ending');
  assert.ok(leases.holds(first!), 'what is in hand can still be committed');
  drained.resolve();
  await leases.draining;
  assert.deepEqual(first?.state, { kind: 'gone', reason: 'revoked' });
  assert.ok(!leases.holds(first!));
  assert.deepEqual(told, ['ending 0.1,1.1', 'gone 0.1,1.1']);
});

test('a drain that is too slow ends at its deadline', async () => {
  const { leases, told, begin } = setUp(5);
  begin(1, 0);
  leases.drain();
  await leases.draining;
  assert.deepEqual(told, ['ending 0.1', 'gone 0.1']);
});

test('a pipeline that fails to drain is told of and gives up its leases', async () => {
  const { leases, told, drained, begin } = setUp();
  begin(1, 0);
  leases.drain();
  drained.reject(new Error('bug'));
  await leases.draining;
  assert.deepEqual(told, ['ending 0.1', 'failed E-INTERNAL', 'gone 0.1']);
});

test('a drain that a new generation overtook does not touch its leases', async () => {
  const { leases, told, drained, begin } = setUp();
  const [old] = begin(1, 0, 1);
  leases.drain();
  const draining = leases.draining;
  const [current] = begin(2, 0);
  drained.resolve();
  await draining;
  assert.deepEqual(current?.state, { kind: 'held' });
  assert.ok(leases.holds(current!) && !leases.holds(old!));
  assert.equal(leases.draining, undefined);
  assert.deepEqual(told, ['ending 0.1,1.1', 'gone 0.1,1.1']);
});

test('leases that ended without a successor are known since when', () => {
  const { leases, begin } = setUp();
  begin(1, 0);
  assert.equal(leases.endedAtMs, Number.POSITIVE_INFINITY);
  leases.end('lost');
  assert.ok(leases.endedAtMs <= Date.now());
  begin(2);
  assert.equal(leases.endedAtMs, Number.POSITIVE_INFINITY);
  leases.end('closed');
  assert.equal(leases.endedAtMs, Number.POSITIVE_INFINITY, 'there was none to end');
});
