import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Cluster } from '../../../../src/kafka/native/cluster/cluster.ts';
import { KafkaFault } from '../../../../src/kafka/native/cluster/fault.ts';
import { GroupCoordinator } from '../../../../src/kafka/native/group/coordinator.ts';
import type { GroupSettings } from '../../../../src/kafka/native/group/membership.ts';

const settings: GroupSettings = {
  topic: 'events',
  group: 'scorers',
  instanceId: 'scorer-0',
  sessionTimeoutMs: 10_000,
  rebalanceTimeoutMs: 60_000,
  heartbeatIntervalMs: 1_000,
  drainTimeoutMs: 5_000,
  assignors: ['cooperative-sticky'],
};

interface Call {
  readonly api: string;
  readonly purpose: string;
  readonly timeoutMs: number;
  readonly args: readonly unknown[];
}

const NAMES: Readonly<Record<number, string>> = { 11: 'join', 12: 'heartbeat', 13: 'leave', 14: 'sync' };

/** A cluster that notes what it is asked, and answers that all is well. */
class NotingCluster {
  readonly calls: Call[] = [];
  readonly destroyed: string[] = [];
  lookups = 0;
  linkFault: KafkaFault | undefined;

  async findCoordinator(): Promise<number> {
    this.lookups++;
    return 7;
  }

  async link(_nodeId: number, purpose: string) {
    if (this.linkFault !== undefined) throw this.linkFault;
    return {
      closed: false,
      version: (_key: number, _min: number, max: number) => max,
      api: async ({ key }: { key: number }, timeoutMs: number, ...args: unknown[]) => {
        this.calls.push({ api: NAMES[key]!, purpose, timeoutMs, args });
        return { memberId: 'm', generationId: 3, leader: 'm', members: [], assignment: Buffer.alloc(0) };
      },
      destroy: () => this.destroyed.push(purpose),
    };
  }
}

function newCoordinator() {
  const cluster = new NotingCluster();
  return { cluster, coordinator: new GroupCoordinator(cluster as unknown as Cluster, settings) };
}

const join = {
  kind: 'join',
  request: 1,
  memberId: '',
  claim: { partitions: [], generation: -1 },
  reason: 'the test',
} as const;
const sync = {
  kind: 'sync',
  request: 2,
  memberId: 'm',
  generation: 3,
  protocol: 'cooperative-sticky',
  assignments: [],
} as const;
const beat = { kind: 'heartbeat', request: 3, memberId: 'm', generation: 3 } as const;

describe('the coordinator of a group', () => {
  test('is waited for in JoinGroup and SyncGroup for as long as it may take, and five seconds more', async () => {
    const { cluster, coordinator } = newCoordinator();
    await coordinator.join(join, []);
    await coordinator.sync(sync);
    assert.deepEqual(
      cluster.calls.map(({ api, timeoutMs }) => [api, timeoutMs]),
      [
        ['join', 65_000],
        ['sync', 65_000],
      ],
    );
  });

  test('gets heartbeats beside a JoinGroup on the connection that is idle then', async () => {
    const { cluster, coordinator } = newCoordinator();
    await coordinator.join(join, []);
    await coordinator.heartbeat({ ...beat, beside: true });
    await coordinator.heartbeat({ ...beat, beside: false });
    const purposes = cluster.calls.map(({ api, purpose }) => `${api} ${purpose}`);
    assert.deepEqual(purposes, ['join group', 'heartbeat commit', 'heartbeat group']);
    for (const { timeoutMs } of cluster.calls.slice(1))
      assert.ok(timeoutMs <= settings.sessionTimeoutMs / 3, 'several heartbeats fit into a session');
  });

  test('is told both timeouts, the instance id and why', async () => {
    const { cluster, coordinator } = newCoordinator();
    await coordinator.join(join, []);
    const [{ args }] = cluster.calls as [Call];
    assert.deepEqual(args, ['scorers', 10_000, 60_000, '', 'scorer-0', 'consumer', [], 'the test']);
  });

  test('is looked for once, and anew when it is forgotten or cannot be reached', async () => {
    const { cluster, coordinator } = newCoordinator();
    await coordinator.heartbeat({ ...beat, beside: false });
    await coordinator.heartbeat({ ...beat, beside: false });
    assert.equal(cluster.lookups, 1);
    coordinator.forget();
    await coordinator.heartbeat({ ...beat, beside: false });
    assert.equal(cluster.lookups, 2);
    cluster.linkFault = new KafkaFault('NETWORK', 'down');
    await assert.rejects(coordinator.heartbeat({ ...beat, beside: false }), /down/);
    cluster.linkFault = undefined;
    await coordinator.heartbeat({ ...beat, beside: false });
    assert.equal(cluster.lookups, 3);
  });

  test('dropped, what it still owes is given up with its connections', async () => {
    const { cluster, coordinator } = newCoordinator();
    await coordinator.join(join, []);
    await coordinator.heartbeat({ ...beat, beside: true });
    coordinator.drop();
    assert.deepEqual(cluster.destroyed.sort(), ['commit', 'group']);
  });
});
