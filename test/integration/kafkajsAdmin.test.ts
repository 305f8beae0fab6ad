import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { KafkaConnection } from '../../src/kafka/connection.ts';
import { KafkaAdmin } from '../../src/kafka/kafkajs/admin.ts';
import { newKafka } from '../../src/kafka/kafkajs/client.ts';
import { Bench, unique, until } from '../conformance/support.ts';
import { sharedStack } from '../support/stack.ts';

const { brokers } = await sharedStack();
const connection = { brokers, clientId: 'tidemark-admin-test' };
const connect = (to: KafkaConnection) => new KafkaAdmin(newKafka(to));

describe('what the kafkajs client asks beside reading and writing', () => {
  const admin = connect(connection);
  let bench: Bench;
  before(async () => {
    bench = await Bench.open(brokers);
  });
  after(async () => {
    await admin.close();
    await bench.close();
  });

  test('describes a topic, and says what is not there', async () => {
    assert.equal(await admin.describeTopic(unique('nothing')), undefined);
    assert.deepEqual(await admin.describeTopic(await bench.topic(3)), { partitions: 3 });
    await assert.rejects(admin.endOffsets(unique('nothing')), { code: 'E-KAFKA-TOPIC-MISSING' });
  });

  test('leaves no connection behind when it is closed with calls under way', async () => {
    const sockets = () => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length;
    const topic = await bench.topic(1);
    const before = sockets();
    const closing: Promise<unknown>[] = [];
    for (let turn = 0; turn < 40; turn++) {
      const closed = connect(connection);
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
    const nowhere = connect({ brokers: ['localhost:1'], clientId: 'nowhere' });
    await assert.rejects(nowhere.endOffsets('any'), { code: 'E-KAFKA-UNREACHABLE' });
    await nowhere.close();
  });
});
