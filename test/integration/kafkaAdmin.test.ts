import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { KafkaAdmin } from '../../src/kafka/admin.ts';
import { Bench, unique, until } from '../conformance/support.ts';
import { sharedStack } from '../support/stack.ts';

const { brokers } = await sharedStack();
const connection = { brokers, clientId: 'tidemark-admin-test' };

describe('admin', () => {
  const admin = KafkaAdmin.connect(connection);
  let bench: Bench;
  before(async () => {
    bench = await Bench.open(brokers);
  });
  after(async () => {
    await admin.close();
    await bench.close();
  });

  test('makes, describes and configures a topic, and says what is not there', async () => {
    const name = unique('admin');
    assert.equal(await admin.describeTopic(name), undefined);
    const topic = { name, partitions: 3, config: { 'max.message.bytes': '12345' } };
    assert.equal(await admin.createTopic(topic), 'created');
    assert.equal(await admin.createTopic(topic), 'exists');
    assert.deepEqual(await admin.describeTopic(name), { partitions: 3 });
    const config = await admin.topicConfig(name, ['max.message.bytes', 'cleanup.policy', 'no.such.key']);
    assert.deepEqual(Object.fromEntries(config), {
      'max.message.bytes': '12345',
      'cleanup.policy': 'delete',
    });
    await assert.rejects(admin.endOffsets(unique('nothing')), { code: 'E-KAFKA-TOPIC-MISSING' });
    bench.later(() => bench.admin.deleteTopics({ topics: [name] }));
  });

  test('leaves no connection behind when it is closed with calls under way', async () => {
    const sockets = () => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length;
    const topic = await bench.topic(1);
    const before = sockets();
    const closing: Promise<unknown>[] = [];
    for (let turn = 0; turn < 40; turn++) {
      const closed = KafkaAdmin.connect(connection);
      const calls = async () => {
        for (;;) await closed.committedOffsets(unique('group'), topic);
      };
      closing.push(assert.rejects(calls()));
      // Not a wait for something: each turn is closed at another moment of its calls.
      await new Promise((resolve) => setTimeout(resolve, turn));
      closing.push(closed.close());
      closing.push(assert.rejects(closed.endOffsets(topic), { code: 'E-KAFKA-UNREACHABLE' }));
    }
    await Promise.all(closing);
    await until('every connection closed', () => sockets() <= before);
  });

  test('knows the ends, the place of a time, and what a group has committed', async () => {
    const topic = await bench.topic(2);
    const at = (time: number) => ({ partition: 0, value: 'v', timestamp: String(1_700_000_000_000 + time) });
    await bench.write(topic, [at(1), at(2), at(3), at(4)]);
    await bench.truncate(topic, 1);
    const ends = await admin.endOffsets(topic);
    assert.deepEqual(
      [ends.get(0), ends.get(1)],
      [
        { low: 1, end: 4 },
        { low: 0, end: 0 },
      ],
    );
    const atTime = await admin.offsetsAtTime(topic, 1_700_000_000_003);
    assert.deepEqual([atTime.get(0), atTime.get(1)], [2, 0]);
    const group = unique('group');
    assert.deepEqual(await admin.committedOffsets(group, topic), new Map());
    await bench.admin.setOffsets({ groupId: group, topic, partitions: [{ partition: 0, offset: '3' }] });
    assert.deepEqual(await admin.committedOffsets(group, topic), new Map([[0, 3]]));
  });

  test('brokers that do not answer are unreachable', async () => {
    const nowhere = KafkaAdmin.connect({ brokers: ['localhost:1'], clientId: 'nowhere' });
    await assert.rejects(nowhere.endOffsets('any'), { code: 'E-KAFKA-UNREACHABLE' });
    await nowhere.close();
  });
});
