/** What is asked of a cluster off the hot path, and topics that are made, on a real broker. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ClusterView } from '../../src/kafka/inspect/clusterView.ts';
import { topicConfigs } from '../../src/kafka/inspect/configs.ts';
import { partitionCount } from '../../src/kafka/inspect/topics.ts';
import { createTopic } from '../../src/kafka/native/createTopic.ts';
import { Bench, unique, until } from '../conformance/support.ts';
import { sharedStack } from '../support/stack.ts';

const { brokers } = await sharedStack();
const connection = { brokers, clientId: 'tidemark-view-test' };

describe('a view of a cluster', () => {
  const view = new ClusterView(connection);
  let bench: Bench;
  before(async () => {
    bench = await Bench.open(brokers);
  });
  after(async () => {
    await view.close();
    await bench.close();
  });

  test('a topic is made once, and is described and configured as it was made', async () => {
    const name = unique('view');
    assert.equal(await partitionCount(view, name), undefined);
    const topic = { name, partitions: 3, config: { 'max.message.bytes': '12345' } };
    assert.equal(await createTopic(connection, topic), 'created');
    assert.equal(await createTopic(connection, topic), 'exists');
    bench.later(() => bench.admin.deleteTopics({ topics: [name] }));
    assert.equal(await partitionCount(view, name), 3);
    const configs = await topicConfigs(view, name, ['max.message.bytes', 'cleanup.policy', 'no.such.key']);
    assert.deepEqual(Object.fromEntries(configs!), {
      'max.message.bytes': '12345',
      'cleanup.policy': 'delete',
    });
    assert.deepEqual([...(await view.ends(name)).keys()], [0, 1, 2]);
    await assert.rejects(view.ends(unique('nothing')), { code: 'E-KAFKA-TOPIC-MISSING' });
  });

  test('what the cluster refuses to make is told with the broker’s reason', async () => {
    const topic = { name: unique('refused'), partitions: 1, replicationFactor: 99 };
    await assert.rejects(createTopic(connection, topic), {
      code: 'E-KAFKA-REFUSED',
      message: /INVALID_REPLICATION_FACTOR/,
    });
    await assert.rejects(partitionCount(view, 'no such/name'), { code: 'E-KAFKA-REFUSED' });
  });

  test('knows where logs begin and end, and what a group has committed', async () => {
    const topic = await bench.topic(2);
    await bench.fill(topic, 0, 4);
    await bench.truncate(topic, 1);
    const ends = await view.ends(topic);
    const held = { low: 1, end: 4 };
    const empty = { low: 0, end: 0 };
    assert.deepEqual([ends.get(0), ends.get(1)], [held, empty]);
    const name = unique('group');
    const group = view.group(name, topic);
    assert.deepEqual(await group.committedOffsets([0, 1]), new Map());
    await bench.admin.setOffsets({ groupId: name, topic, partitions: [{ partition: 0, offset: '3' }] });
    assert.deepEqual(await group.committedOffsets([0, 1]), new Map([[0, 3]]));
  });

  test('what is under way when it is closed fails, and no connection is left behind', async () => {
    const sockets = () => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length;
    const topic = await bench.topic(1);
    const before = sockets();
    const closing: Promise<unknown>[] = [];
    for (let turn = 0; turn < 40; turn++) {
      const closed = new ClusterView(connection);
      const calls = async () => {
        for (;;) {
          await partitionCount(closed, topic);
          await closed.group(unique('group'), topic).committedOffsets([0]);
        }
      };
      closing.push(assert.rejects(calls(), { code: 'E-KAFKA-UNREACHABLE' }));
      // Not a wait for something: each turn is closed at another moment of its calls.
      await new Promise((resolve) => setTimeout(resolve, turn));
      closing.push(closed.close());
      closing.push(assert.rejects(closed.ends(topic), { code: 'E-KAFKA-UNREACHABLE' }));
    }
    await Promise.all(closing);
    await until('every connection closed', () => sockets() <= before);
  });

  test('brokers that do not answer are unreachable', async () => {
    const nowhere = { brokers: ['localhost:1'], clientId: 'nowhere' };
    const away = new ClusterView(nowhere);
    await assert.rejects(away.ends('any'), { code: 'E-KAFKA-UNREACHABLE' });
    await assert.rejects(partitionCount(away, 'any'), { code: 'E-KAFKA-UNREACHABLE' });
    await assert.rejects(away.group('any', 'any').describe(), { code: 'E-KAFKA-UNREACHABLE' });
    await away.close();
    await assert.rejects(createTopic(nowhere, { name: 'any', partitions: 1 }), {
      code: 'E-KAFKA-UNREACHABLE',
    });
  });
});
