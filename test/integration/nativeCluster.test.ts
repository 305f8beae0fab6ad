import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { metadataV12 } from '@platformatic/kafka';
import type { WireRequest } from '../../src/kafka/native/cluster/brokerLink.ts';
import { Cluster } from '../../src/kafka/native/cluster/cluster.ts';
import type { KafkaFault } from '../../src/kafka/native/cluster/fault.ts';
import { createTopic, sharedStack, uniqueName, waitFor, withAdmin } from '../support/stack.ts';

const LONG_MS = 20_000;
const SYNC_GROUP = 14;

async function client(t: TestContext, options: { maxAgeMs?: number } = {}): Promise<Cluster> {
  const { brokers } = await sharedStack();
  const cluster = new Cluster({ brokers, clientId: 'test' }, options);
  t.after(() => cluster.close());
  return cluster;
}

/** A Metadata request by hand; gives the throttle time, which every answer begins with. */
const metadataByHand: WireRequest<number> = {
  apiKey: 3,
  version: 12,
  write: (writer) => {
    writer
      .appendArray([], () => {})
      .appendBoolean(false)
      .appendBoolean(false)
      .appendTaggedFields();
  },
  read: (body) => body.readInt32BE(0),
};

describe('a topic of a real broker', () => {
  test('has an id, and a leader with an epoch for each partition', async (t) => {
    const topic = await createTopic(uniqueName('view'), 3);
    const cluster = await client(t);
    await cluster.refresh([topic]);
    const view = cluster.topic(topic);
    assert.match(view?.id ?? '', /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/);
    assert.equal(view?.partitions.length, 3);
    for (const { nodeId, leaderEpoch } of view.partitions) {
      assert.ok(nodeId >= 1);
      assert.ok(leaderEpoch >= 0);
      assert.equal((await cluster.link(nodeId, 'fetch')).nodeId, nodeId);
    }
  });

  test('is not made by asking for it, and is found once somebody makes it', async (t) => {
    const name = uniqueName('later');
    const cluster = await client(t);
    await cluster.refresh([name]);
    assert.equal(cluster.topic(name), undefined);
    await withAdmin(async (admin) => assert.ok(!(await admin.listTopics()).includes(name)));
    await createTopic(name, 2);
    cluster.refreshSoon([name]);
    await waitFor(() => cluster.topic(name)?.partitions.length === 2, 'the topic', LONG_MS);
  });

  test('that was deleted and made again has another id; partitions that are added are found', async (t) => {
    const name = await createTopic(uniqueName('again'), 1);
    const cluster = await client(t, { maxAgeMs: 100 });
    const ids: (string | undefined)[] = [];
    cluster.onChange((view, changed) => {
      if (changed === name) ids.push(view?.id);
    });
    await cluster.refresh([name]);
    await withAdmin((admin) => admin.createPartitions({ topicPartitions: [{ topic: name, count: 3 }] }));
    await waitFor(() => cluster.topic(name)?.partitions.length === 3, 'the partitions', LONG_MS);
    const first = cluster.topic(name)?.id;
    await withAdmin((admin) => admin.deleteTopics({ topics: [name] }));
    await waitFor(() => cluster.topic(name) === undefined, 'its end', LONG_MS);
    await createTopic(name, 1);
    await waitFor(() => cluster.topic(name) !== undefined, 'its return', LONG_MS);
    assert.equal(cluster.topic(name)?.partitions.length, 1);
    assert.notEqual(cluster.topic(name)?.id, first);
    assert.equal(ids[0], first);
    assert.ok(ids.includes(undefined));
  });

  test('with a name that none can have is a fault', async (t) => {
    const cluster = await client(t);
    await assert.rejects(cluster.refresh(['no topic/has this name']), (fault: KafkaFault) => {
      assert.equal(fault.type, 'INVALID_TOPIC_EXCEPTION');
      return !fault.retriable;
    });
  });
});

describe('a link to a real broker', () => {
  test('carries requests of our own and of the library', async (t) => {
    const cluster = await client(t);
    const link = await cluster.anyLink('fetch');
    const [throttleMs, { brokers }] = await Promise.all([
      link.call(metadataByHand, LONG_MS),
      link.api(metadataV12.api, LONG_MS, []),
    ]);
    assert.equal(throttleMs, 0);
    assert.ok(brokers.length >= 1);
    assert.ok(link.version(1, 12, 17) >= 12);
  });

  test('serves hundreds of requests under way at once, each with its own answer', async (t) => {
    const topics = await Promise.all([1, 2, 3].map((count) => createTopic(uniqueName('many'), count)));
    const link = await (await client(t)).anyLink('metadata');
    const answers = await Promise.all(
      Array.from({ length: 300 }, (_, at) => link.api(metadataV12.api, LONG_MS, [topics[at % 3]!], false)),
    );
    for (const [at, answer] of answers.entries()) {
      assert.equal(answer.topics[0]?.name, topics[at % 3]);
      assert.equal(answer.topics[0]?.partitions.length, (at % 3) + 1);
    }
  });

  test('that asks what the broker cannot read is closed by it, and the next one serves', async (t) => {
    const cluster = await client(t);
    const link = await cluster.anyLink('group');
    const nonsense = { apiKey: SYNC_GROUP, version: 5, write: () => {}, read: () => {} };
    await assert.rejects(link.call(nonsense, LONG_MS), (fault: KafkaFault) => fault.type === 'NETWORK');
    const next = await cluster.link(link.nodeId, 'group');
    assert.notEqual(next, link);
    assert.equal(await next.call(metadataByHand, LONG_MS), 0);
  });
});

test('a group has a coordinator, which may take a moment to come', async (t) => {
  const cluster = await client(t);
  const nodeId = await waitFor(
    () =>
      cluster.findCoordinator(uniqueName('group')).catch((fault: KafkaFault) => {
        assert.ok(fault.retriable, fault.message);
        return undefined;
      }),
    'the coordinator',
    LONG_MS,
  );
  assert.equal((await cluster.link(nodeId, 'group')).nodeId, nodeId);
});

test('a process that has closed its cluster ends by itself', async () => {
  const { brokers } = await sharedStack();
  const file = join(import.meta.dirname, '../../src/kafka/native/cluster/cluster.ts');
  const script = `
    const { Cluster } = await import(${JSON.stringify(file)});
    const cluster = new Cluster({ brokers: ${JSON.stringify([...brokers, '127.0.0.1:1'])}, clientId: 'test' });
    await cluster.refresh(['missing']);
    const link = await cluster.anyLink('fetch');
    link.throttle(600_000);
    void cluster.link(4711, 'fetch').catch(() => {});
    cluster.refreshSoon(['missing']);
    await cluster.close();
    process.stdout.write('closed');
  `;
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '-e', script],
    { timeout: LONG_MS },
  );
  assert.equal(stdout, 'closed', stderr);
});
