/** Membership of the native client in a group of a real broker. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Cluster } from '../../src/kafka/native/cluster/cluster.ts';
import { GroupMember } from '../../src/kafka/native/group/member.ts';
import type { Source } from '../../src/pipeline/ports.ts';
import type { SourceRequest } from '../conformance/client.ts';
import { nativeClient } from '../conformance/native.ts';
import {
  Bench,
  Drinker,
  type SourceLog,
  started,
  staysPending,
  unique,
  until,
} from '../conformance/support.ts';
import { newCardFraud } from '../support/cardFraud.ts';
import { sharedStack } from '../support/stack.ts';
import { runTidemark, TidemarkProcess } from '../support/tidemark.ts';

/** Longer than any test: nothing here may come of a session that ends. */
const SESSION_MS = 60_000;

describe('a group of the native client', () => {
  let bench: Bench;
  let brokers: readonly string[];
  before(async () => {
    brokers = (await sharedStack()).brokers;
    bench = await Bench.open(brokers);
  });
  after(() => bench.close());

  function newSource(request: SourceRequest): Source {
    const client = nativeClient({ brokers, clientId: 'tidemark-group' });
    return client.newSource({ sessionTimeoutMs: SESSION_MS, ...request });
  }

  async function describeGroup(group: string) {
    const [described] = (await bench.admin.describeGroups([group])).groups;
    return described!;
  }

  function held({ held: leases }: SourceLog): number[] {
    return [...leases].map(({ partition }) => partition).sort();
  }

  test('goes on reading what a member keeps while a newcomer joins and the rest is finished', async () => {
    const request = { topic: await bench.topic(4), group: unique('group'), drainTimeoutMs: 30_000 };
    const first = newSource(request);
    const log = await started(bench, first);
    const drinker = new Drinker(first);
    await until('four leases', () => log.held.size === 4);
    const before = [...log.held];
    const mayEnd = Promise.withResolvers<void>();
    log.onEnding = () => mayEnd.promise;
    const newcomer = await started(bench, newSource(request));
    await until('the drain', () => log.endings.length === 1);
    const ending = log.endings[0]!.leases;
    const kept = before.filter((lease) => !ending.includes(lease));
    assert.equal(kept.length, 2);
    for (const { partition } of kept) await bench.fill(request.topic, partition, 50, `p${partition}-`);
    await until('the records of what is kept', () => drinker.records.length === 100);
    assert.equal(newcomer.held.size, 0, 'the newcomer was given what is not finished yet');
    assert.equal(log.gones.length, 0);
    mayEnd.resolve();
    await until('two leases each', () => log.held.size === 2 && newcomer.held.size === 2);
    assert.deepEqual(new Set(log.held), new Set(kept), 'the leases that were kept are the same ones');
    assert.deepEqual(
      log.grants.map((leases) => leases.length),
      [4],
      'nothing was granted anew',
    );
    assert.equal((await describeGroup(request.group)).protocol, 'cooperative-sticky');
  });

  test('is eager as long as one member is of kafkajs, and cooperative as soon as the last of them is gone', async () => {
    const request = { topic: await bench.topic(4), group: unique('group') };
    const old = bench.kafka.consumer({ groupId: request.group, heartbeatInterval: 200 });
    await old.connect();
    bench.later(() => old.disconnect());
    await old.subscribe({ topics: [request.topic] });
    const oldHas: number[] = [];
    old.on('consumer.group_join', ({ payload }) => {
      oldHas.splice(0, 10, ...(payload.memberAssignment[request.topic] ?? []));
    });
    await old.run({ eachMessage: async () => {} });
    await until('what kafkajs gets alone', () => oldHas.length === 4);

    const first = await started(bench, newSource(request));
    await until('two for each', () => first.held.size === 2 && oldHas.length === 2);
    assert.deepEqual([...held(first), ...oldHas].sort(), [0, 1, 2, 3]);
    assert.equal((await describeGroup(request.group)).protocol, 'RoundRobinAssigner');
    const second = await started(bench, newSource(request));
    const all = () => [...held(first), ...held(second), ...oldHas].sort();
    await until('something for each', () => second.held.size > 0 && all().join() === '0,1,2,3');
    assert.ok(
      first.endings.some(({ leases }) => leases.length === 2),
      'eager: everything is given up',
    );

    const endings = first.endings.length;
    await old.disconnect();
    await until('all for two', () => first.held.size === 2 && second.held.size === 2);
    assert.equal((await describeGroup(request.group)).protocol, 'cooperative-sticky');
    assert.ok(first.endings.length > endings, 'on its way out of the eager protocol a member gives up all');
    const keptBySecond = [...second.held];
    const eagerEndings = [first.endings.length, second.endings.length];
    const third = await started(bench, newSource(request));
    await until('one for the newcomer', () => third.held.size === 1);
    const ended = [first.endings.slice(eagerEndings[0]), second.endings.slice(eagerEndings[1])].flat();
    assert.deepEqual(
      ended.map(({ leases }) => leases.length),
      [1],
      'cooperative: only what moves is given up',
    );
    assert.ok(keptBySecond.some((lease) => second.held.has(lease)));
    assert.deepEqual(
      [first, second, third].flatMap(({ failures }) => failures),
      [],
    );
  });

  test('that is cooperative takes in a member of kafkajs', async () => {
    const request = { topic: await bench.topic(4), group: unique('group') };
    const logs = [await started(bench, newSource(request))];
    await until('four leases', () => logs[0]!.held.size === 4);
    const newcomer = bench.kafka.consumer({ groupId: request.group, heartbeatInterval: 200 });
    await newcomer.connect();
    bench.later(() => newcomer.disconnect());
    await newcomer.subscribe({ topics: [request.topic] });
    const has: number[] = [];
    newcomer.on('consumer.group_join', ({ payload }) => {
      has.splice(0, 10, ...(payload.memberAssignment[request.topic] ?? []));
    });
    await newcomer.run({ eachMessage: async () => {} });
    await until('two for each', () => logs[0]!.held.size === 2 && has.length === 2);
    assert.deepEqual([...held(logs[0]!), ...has].sort(), [0, 1, 2, 3]);
    assert.equal((await describeGroup(request.group)).protocol, 'RoundRobinAssigner');
  });

  test('notices nothing of a static member that stops and comes back', async () => {
    const request = { topic: await bench.topic(4), group: unique('group') };
    const start = async (instanceId: string) => {
      const source = newSource({ ...request, instanceId });
      return { instanceId, source, log: await started(bench, source) };
    };
    const leader = await start('one');
    await until('four leases', () => leader.log.held.size === 4);
    const follower = await start('two');
    await until('two leases each', () => leader.log.held.size === 2 && follower.log.held.size === 2);
    const generation = [...follower.log.held][0]!.generation;

    // The leader comes back to an assignment that it is not to make again (KIP-814).
    for (const [one, other] of [
      [follower, leader],
      [leader, follower],
    ] as const) {
      const [mine, grants, endings] = [held(one.log), other.log.grants.length, other.log.endings.length];
      await one.source.stop();
      const { members, state } = await describeGroup(request.group);
      assert.deepEqual([members.length, state], [2, 'Stable'], 'it has not left');
      const back = await start(one.instanceId);
      await until('the same leases', () => back.log.held.size === 2);
      assert.deepEqual(held(back.log), mine);
      assert.ok([...back.log.held].every((lease) => lease.generation === generation));
      assert.deepEqual([other.log.grants.length, other.log.endings.length], [grants, endings]);
    }
  });

  /** A member that does nothing of itself, with all partitions of its topic. */
  async function newMember(topic: string, group: string): Promise<GroupMember> {
    const cluster = new Cluster({ brokers, clientId: 'tidemark-group' });
    bench.later(() => cluster.close());
    const owned = Promise.withResolvers<void>();
    const settings = { topic, group, sessionTimeoutMs: SESSION_MS, rebalanceTimeoutMs: SESSION_MS };
    const member = new GroupMember(
      cluster,
      { ...settings, heartbeatIntervalMs: 500, drainTimeoutMs: 5_000, assignors: ['cooperative-sticky'] },
      {
        assigned: () => owned.resolve(),
        revoking: async () => {},
        gone: () => {},
        down: () => {},
        up: () => {},
        failed: (cause) => owned.reject(cause),
      },
    );
    bench.later(() => member.stop());
    member.start();
    await owned.promise;
    return member;
  }

  test('keeps committed offsets with their leader epochs, and of partitions without one says nothing', async () => {
    const member = await newMember(await bench.topic(3), unique('group'));
    const positions = [
      { partition: 0, offset: 12, leaderEpoch: 0 },
      { partition: 2, offset: 5, leaderEpoch: -1 },
    ];
    assert.equal(await member.commit(positions), 'committed');
    assert.deepEqual(
      await member.committed([0, 1, 2]),
      new Map([
        [0, { offset: 12, leaderEpoch: 0 }],
        [2, { offset: 5, leaderEpoch: -1 }],
      ]),
    );
  });

  for (const [ends, expected] of [
    ['commits', 7],
    ['aborts', 3],
  ] as const)
    test(`gives no committed offset while a transaction with one is open, and the right one when it ${ends}`, async () => {
      const [topic, group] = [await bench.topic(1), unique('group')];
      const member = await newMember(topic, group);
      await member.commit([{ partition: 0, offset: 3, leaderEpoch: -1 }]);
      const producer = await bench.transactional();
      const transaction = await producer.transaction();
      const offsets = [{ topic, partitions: [{ partition: 0, offset: '7' }] }];
      await transaction.sendOffsets({ consumerGroupId: group, topics: offsets });
      const committed = member.committed([0]);
      assert.ok(await staysPending(committed), 'an offset that may still be taken back was given');
      await (ends === 'commits' ? transaction.commit() : transaction.abort());
      assert.equal((await committed).get(0)?.offset, expected);
    });

  test('gives the place of a static member away with `tidemark leave`, and only then', async (t) => {
    const pipeline = await newCardFraud(t, { partitions: 4 });
    const request = { topic: pipeline.input, group: pipeline.group };
    const stays = await started(bench, newSource({ ...request, instanceId: 'stays' }));
    const goes = newSource({ ...request, instanceId: 'goes' });
    const gone = await started(bench, goes);
    await until('two leases each', () => stays.held.size === 2 && gone.held.size === 2);
    await goes.stop();
    const file = pipeline.fileWith({ 'kafka.client': 'native', 'kafka.instance_id': 'goes' });
    const leave = (...flags: string[]) => new TidemarkProcess(t, ['leave', '-c', file, ...flags]);
    assert.equal((await describeGroup(request.group)).members.length, 2);
    const { stdout } = await leave().endsWith(0);
    assert.equal(stdout, `goes has left group ${request.group}\n`);
    // The session of the other lasts longer than this test.
    await until('everything', () => stays.held.size === 4);
    const again = leave();
    assert.equal((await again.endsWith(1)).stdout, '');
    assert.match(again.story(), /has no member with instance id goes/);
    assert.deepEqual(JSON.parse((await leave('--json').endsWith(1)).stdout), {
      group: request.group,
      instanceId: 'goes',
      outcome: 'absent',
    });
  });

  test('that does not exist has nobody to leave', async (t) => {
    const pipeline = await newCardFraud(t);
    const file = pipeline.fileWith({ 'kafka.client': 'native', 'kafka.instance_id': 'goes' });
    const leave = new TidemarkProcess(t, ['leave', '-c', file]);
    await leave.endsWith(1);
    assert.match(leave.story(), new RegExp(`there is no group ${pipeline.group} on these brokers`));
  });

  test('stops a process whose instance id another process took', async (t) => {
    const pipeline = await newCardFraud(t, {
      partitions: 2,
      settings: {
        'kafka.client': 'native',
        'kafka.instance_id': 'scorer-0',
        'kafka.session_timeout': '30s',
      },
    });
    const first = runTidemark(t, pipeline.file);
    await first.untilHolding(2);
    const second = runTidemark(t, pipeline.file);
    await second.untilHolding(2);
    await first.endsWith(1);
    assert.ok(
      first.logs.some(({ code }) => code === 'E-KAFKA-FENCED'),
      first.story(),
    );
    second.kill('SIGTERM');
    await second.endsWith(0);
    assert.equal((await describeGroup(pipeline.group)).members.length, 1, 'it keeps its place');
  });
});
