/** What one look tells of a group, held against members of both clients on a real broker. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { GroupView } from '../../src/kafka/inspect/groupView.ts';
import { nativeClient } from '../conformance/native.ts';
import { Bench, Drinker, started, unique, until } from '../conformance/support.ts';
import { sharedStack } from '../support/stack.ts';

describe('a look at a group', () => {
  let bench: Bench;
  let brokers: readonly string[];
  before(async () => {
    brokers = (await sharedStack()).brokers;
    bench = await Bench.open(brokers);
  });
  after(() => bench.close());

  function newView(group: string, topic: string): GroupView {
    const view = new GroupView({ brokers, clientId: 'tidemark-look' }, group, topic);
    bench.later(() => view.close());
    return view;
  }

  test('tells members of both clients, what each has, and where each partition stands', async () => {
    const topic = await bench.topic(4);
    const group = unique('group');
    const view = newView(group, topic);
    const client = nativeClient({ brokers, clientId: 'ours' });
    const source = client.newSource({ topic, group });
    await started(bench, source);
    const other = bench.kafka.consumer({ groupId: group, heartbeatInterval: 200 });
    await other.connect();
    bench.later(() => other.disconnect());
    await other.subscribe({ topic });
    await other.run({ eachMessage: async () => {} });
    const settled = async () => {
      const look = await view.look();
      return (
        look.state === 'stable' &&
        look.members.filter(({ partitions }) => partitions.length === 2).length === 2
      );
    };
    await until('both to have two partitions', settled);
    await bench.fill(topic, 0, 10);
    await bench.truncate(topic, 4);

    const look = await view.look();
    assert.equal(look.assignor, 'RoundRobinAssigner', 'the one that both know');
    assert.deepEqual(look.members.map(({ clientId }) => clientId).sort(), ['conformance', 'ours']);
    for (const { memberId, clientId, host, instanceId } of look.members) {
      assert.ok(memberId.startsWith(clientId));
      assert.match(host, /^[0-9a-f.:]+$/);
      assert.equal(instanceId, undefined);
    }
    const shared = look.members.flatMap(({ partitions }) => partitions).sort();
    assert.deepEqual(shared, [0, 1, 2, 3]);
    assert.equal(look.partitions.length, 4);
    const [first, second] = look.partitions;
    assert.deepEqual([first?.low, first?.end, first?.stable], [4, 10, 10]);
    assert.deepEqual([second?.low, second?.end], [0, 0]);
    assert.equal(typeof first?.leader, 'number');
  });

  test('tells a static member by its name, also while it is away, and what it committed', async () => {
    const topic = await bench.topic(2);
    const group = unique('group');
    const client = nativeClient({ brokers, clientId: 'ours' });
    const source = client.newSource({ topic, group, instanceId: 'scorer-1', sessionTimeoutMs: 60_000 });
    const log = await started(bench, source);
    const drinker = new Drinker(source);
    await until('both leases', () => log.held.size === 2);
    await bench.fill(topic, 1, 5);
    await until('the records', () => drinker.records.length === 5);
    const lease = [...log.held].find(({ partition }) => partition === 1)!;
    assert.equal(await source.commit([{ lease, offset: 3 }]), 'committed');
    await source.stop();

    const { state, members, partitions } = await newView(group, topic).look();
    assert.equal(state, 'stable', 'nobody has missed it yet');
    assert.deepEqual(
      members.map(({ instanceId, clientId, partitions: has }) => ({ instanceId, clientId, has })),
      [{ instanceId: 'scorer-1', clientId: 'ours', has: [0, 1] }],
    );
    const [untouched, read] = partitions;
    assert.ok(untouched !== undefined && !('committed' in untouched), 'nothing was committed there');
    assert.equal(read?.committed, 3);
    assert.equal(read?.end, 5);
  });

  test('tells an empty group, one that never was, and a topic that is not there', async () => {
    const topic = await bench.topic(1);
    const group = unique('group');
    assert.equal((await newView(group, topic).look()).state, 'dead');
    await bench.admin.setOffsets({ groupId: group, topic, partitions: [{ partition: 0, offset: '7' }] });
    const empty = await newView(group, topic).look();
    assert.deepEqual([empty.state, empty.members, empty.partitions[0]?.committed], ['empty', [], 7]);
    await assert.rejects(newView(group, unique('nothing')).look(), { code: 'E-KAFKA-TOPIC-MISSING' });
  });

  test('tells where an open transaction begins', async () => {
    const topic = await bench.topic(1);
    await bench.fill(topic, 0, 2);
    const transaction = await (await bench.transactional()).transaction();
    await transaction.send({ topic, messages: [{ partition: 0, value: 'open' }] });
    const view = newView(unique('group'), topic);
    const during = (await view.look()).partitions[0];
    assert.deepEqual([during?.stable, during?.end], [2, 3]);
    await transaction.commit();
    await until('the marker', async () => (await view.look()).partitions[0]?.stable === 4);
  });

  test('brokers that do not answer are unreachable', async () => {
    const view = new GroupView({ brokers: ['localhost:1'], clientId: 'nowhere' }, 'any', 'any');
    await assert.rejects(view.look(), { code: 'E-KAFKA-UNREACHABLE' });
    await view.close();
  });
});
