import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { KafkaConnection } from '../../../../src/kafka/connection.ts';
import { Cluster } from '../../../../src/kafka/native/cluster/cluster.ts';
import type { KafkaFault } from '../../../../src/kafka/native/cluster/fault.ts';
import { waitFor as untilTrue } from '../../../../tools/stack/wait.ts';
import {
  API_VERSIONS,
  acceptSasl,
  coordinator,
  FakeBroker,
  type FakeTopic,
  FIND_COORDINATOR,
  METADATA,
  metadata,
} from './fakeBroker.ts';

const FETCH = 1;
const LONG_MS = 20_000;

const waitFor = (condition: () => boolean, what: string) =>
  untilTrue(condition, what, 10_000, { everyMs: 2 });

const fault = (type: string) => (error: KafkaFault) => error.type === type;

/** Brokers with the ids 1, 2, ... that all tell the same. */
async function brokers(t: TestContext, count: number, topics: () => readonly FakeTopic[] = () => []) {
  const all = await Promise.all(Array.from({ length: count }, () => FakeBroker.start()));
  t.after(() => Promise.all(all.map((fake) => fake.stop())));
  for (const fake of all) tell(fake, all, topics);
  return all;
}

function tell(fake: FakeBroker, all: readonly FakeBroker[], topics: () => readonly FakeTopic[] = () => []) {
  const view = all.map(({ port }, at) => ({ nodeId: at + 1, port }));
  fake.on(METADATA, (request) => request.answer(metadata(view, topics())));
}

function client(
  t: TestContext,
  addresses: readonly string[],
  connection: Partial<KafkaConnection> = {},
): Cluster {
  const cluster = new Cluster(
    { brokers: addresses, clientId: 'test', ...connection },
    { random: () => 0.5, maxAgeMs: 1_000_000 },
  );
  t.after(() => cluster.close());
  return cluster;
}

const echo = { apiKey: FETCH, version: 12, write: () => {}, read: (body: Buffer) => body };

describe('a topic', () => {
  test('is known with its id, leaders and epochs once it was asked for', async (t) => {
    const topics: FakeTopic[] = [
      {
        name: 't',
        leaders: [
          [1, 5],
          [-1, 6],
        ],
      },
    ];
    const [fake] = await brokers(t, 1, () => topics);
    const cluster = client(t, [fake!.address]);
    assert.equal(cluster.topic('t'), undefined);
    await cluster.refresh(['t']);
    assert.deepEqual(cluster.topic('t'), {
      name: 't',
      id: '641eb040-c04e-4179-9deb-9404a2f2cb63',
      partitions: [
        { nodeId: 1, leaderEpoch: 5 },
        { nodeId: -1, leaderEpoch: 6 },
      ],
    });
  });

  test('that is missing is undefined; one that may not be described is a fault, to those who asked for it', async (t) => {
    const [fake] = await brokers(t, 1, () => [
      { name: 'missing', errorCode: 3 },
      { name: 'denied', errorCode: 29 },
      { name: 'there', leaders: [[1, 0]] },
    ]);
    const cluster = client(t, [fake!.address]);
    const asked = [cluster.refresh(['missing', 'there']), cluster.refresh(['denied'])];
    await asked[0];
    assert.equal(cluster.topic('missing'), undefined);
    assert.equal(cluster.topic('there')?.partitions.length, 1);
    await assert.rejects(asked[1]!, fault('TOPIC_AUTHORIZATION_FAILED'));
    assert.equal(fake!.count(METADATA), 1);
  });

  test('changes are told once each, the end of a topic too', async (t) => {
    let topics: FakeTopic[] = [{ name: 't', leaders: [[1, 0]] }];
    const [fake] = await brokers(t, 1, () => topics);
    const cluster = client(t, [fake!.address]);
    const told: (readonly [string, number | undefined])[] = [];
    const stop = cluster.onChange((view, name) => told.push([name, view?.partitions.length]));
    await cluster.refresh(['t']);
    await cluster.refresh(['t']);
    topics = [
      {
        name: 't',
        leaders: [
          [1, 0],
          [1, 0],
        ],
      },
    ];
    await cluster.refresh([]);
    topics = [{ name: 't', errorCode: 3 }];
    await cluster.refresh([]);
    stop();
    topics = [{ name: 't', leaders: [[1, 0]] }];
    await cluster.refresh([]);
    assert.deepEqual(told, [
      ['t', 1],
      ['t', 2],
      ['t', undefined],
    ]);
  });

  test('has the leader that a response named, if its epoch is newer, and at an address that was not known', async (t) => {
    const [fake, other] = await brokers(t, 2);
    tell(fake!, [fake!], () => [{ name: 't', leaders: [[1, 5]] }]);
    const cluster = client(t, [fake!.address]);
    await cluster.refresh(['t']);
    cluster.leaderMoved('t', 0, { nodeId: 7, leaderEpoch: 5 });
    assert.deepEqual(cluster.topic('t')?.partitions[0], { nodeId: 1, leaderEpoch: 5 });
    const address = { host: '127.0.0.1', port: other!.port };
    cluster.leaderMoved('t', 0, { nodeId: 7, leaderEpoch: 6 }, address);
    assert.deepEqual(cluster.topic('t')?.partitions[0], { nodeId: 7, leaderEpoch: 6 });
    assert.equal((await cluster.link(7, 'fetch')).broker, other!.address);
  });
});

describe('metadata', () => {
  test('is asked for once, however many want it; a call made meanwhile gets a later answer', async (t) => {
    const [fake] = await brokers(t, 1);
    const held: (() => void)[] = [];
    const view = [{ nodeId: 1, port: fake!.port }];
    fake!.on(METADATA, (request) => held.push(() => request.answer(metadata(view))));
    const cluster = client(t, [fake!.address]);
    const first = [cluster.refresh(['a']), cluster.refresh(['b']), cluster.refresh(['a'])];
    await waitFor(() => held.length === 1, 'the first request');
    const second = [cluster.refresh(['a']), cluster.refresh(['c'])];
    held[0]!();
    await Promise.all(first);
    await waitFor(() => held.length === 2, 'the second request');
    held[1]!();
    await Promise.all(second);
    assert.equal(fake!.count(METADATA), 2);
  });

  test('is asked for again and again, ever more slowly, until a broker answers', async (t) => {
    const [fake] = await brokers(t, 1);
    const cluster = client(t, [fake!.address]);
    await cluster.refresh(['t']);
    const { port } = fake!;
    await fake!.stop();
    cluster.refreshSoon(['t']);
    cluster.refreshSoon(['t']);
    await assert.rejects(cluster.refresh(['t']), fault('NETWORK'));
    const again = await FakeBroker.start(port);
    t.after(() => again.stop());
    tell(again, [again], () => [{ name: 't', leaders: [[1, 3]] }]);
    await waitFor(() => cluster.topic('t') !== undefined, 'the topic is known');
    const asked = again.count(METADATA);
    assert.ok(asked >= 1 && asked <= 2, `asked ${asked} times`);
  });

  test('comes from the first address that answers, and later from the brokers that were named', async (t) => {
    const [fake] = await brokers(t, 1);
    const dead = await FakeBroker.start();
    await dead.stop();
    const cluster = client(t, [dead.address, fake!.address]);
    await cluster.refresh([]);
    await cluster.refresh([]);
    assert.equal(fake!.count(METADATA), 2);
    await waitFor(() => fake!.sockets.size === 1, 'the connection to begin with is closed');
  });

  test('comes from where we began when every broker that was named is gone (KIP-899)', async (t) => {
    const [old, now] = await brokers(t, 2);
    const vanished = await FakeBroker.start();
    await vanished.stop();
    // At first the address to begin with names a broker that then disappears; later the one that replaced it.
    tell(old!, [vanished]);
    const cluster = client(t, [old!.address]);
    await cluster.refresh([]);
    tell(old!, [now!]);
    const link = await cluster
      .anyLink('group')
      .catch(() => cluster.refresh([]).then(() => cluster.link(1, 'group')));
    assert.equal(link.broker, now!.address);
  });

  test('asked again about the same trouble comes from another broker, who may know more', async (t) => {
    const all = await brokers(t, 2, () => [{ name: 't', leaders: [[1, 0]] }]);
    const cluster = client(t, [all[0]!.address]);
    await cluster.refresh(['t']);
    for (let round = 0; round < 4; round++) await cluster.refresh(['t']);
    for (const fake of all) assert.ok(fake.count(METADATA) >= 2, `${fake.count(METADATA)}`);
  });

  test('grows old and is then asked for without a reason', async (t) => {
    let topics: FakeTopic[] = [{ name: 't', leaders: [[1, 0]] }];
    const [fake] = await brokers(t, 1, () => topics);
    const cluster = new Cluster({ brokers: [fake!.address], clientId: 'test' }, { maxAgeMs: 20 });
    t.after(() => cluster.close());
    await cluster.refresh(['t']);
    topics = [
      {
        name: 't',
        leaders: [
          [1, 0],
          [1, 0],
        ],
      },
    ];
    // The timer that ages it keeps no process alive; this does.
    await waitFor(() => cluster.topic('t')?.partitions.length === 2, 'the partition that was added');
  });

  test('that moves a broker to another address sends what comes there, and lets what is under way be answered', async (t) => {
    const [fake, other] = await brokers(t, 2);
    tell(fake!, [fake!]);
    const held: (() => void)[] = [];
    fake!.on(FETCH, (request) => held.push(() => request.answer(Buffer.of(1))));
    const cluster = client(t, [fake!.address]);
    const link = await cluster.link(1, 'fetch');
    const underWay = link.call(echo, LONG_MS);
    await waitFor(() => held.length === 1, 'the request is at the broker');
    tell(fake!, [other!]);
    await cluster.refresh([]);
    assert.equal((await cluster.link(1, 'fetch')).broker, other!.address);
    assert.equal(link.closed, true);
    held[0]!();
    assert.deepEqual(await underWay, Buffer.of(1));
  });
});

describe('a connection', () => {
  test('is one for each broker and purpose, however many ask for it at once', async (t) => {
    const [fake] = await brokers(t, 1);
    const cluster = client(t, [fake!.address]);
    await cluster.refresh([]);
    const before = fake!.accepted;
    const [one, same, commit, any] = await Promise.all([
      cluster.link(1, 'fetch'),
      cluster.link(1, 'fetch'),
      cluster.link(1, 'commit'),
      cluster.anyLink('fetch'),
    ]);
    assert.equal(one, same);
    assert.equal(one, any);
    assert.notEqual(one, commit);
    assert.equal(fake!.accepted, before + 2);
  });

  test('that was lost is replaced by one that asked for versions anew', async (t) => {
    const [fake] = await brokers(t, 1);
    fake!.on(FETCH, (request) => request.answer(Buffer.of(1)));
    const cluster = client(t, [fake!.address]);
    const link = await cluster.link(1, 'fetch');
    await link.call(echo, LONG_MS);
    fake!.dropConnections();
    await waitFor(() => link.closed, 'the loss is noticed');
    const asked = fake!.count(API_VERSIONS);
    const next = await cluster.link(1, 'fetch');
    assert.notEqual(next, link);
    assert.ok(fake!.count(API_VERSIONS) > asked);
    assert.deepEqual(await next.call(echo, LONG_MS), Buffer.of(1));
  });

  test('takes the credentials as they are at that time', async (t) => {
    const [fake] = await brokers(t, 1);
    acceptSasl(fake!, 0);
    let password = 'old';
    const renew = async () => ({ sasl: { mechanism: 'plain', username: 'u', password } as const });
    const cluster = client(t, [fake!.address], { renew });
    await cluster.link(1, 'fetch');
    password = 'new';
    await cluster.link(1, 'produce');
    const sent = fake!.requests.filter(({ apiKey }) => apiKey === 36).map(({ rest }) => rest.toString());
    assert.ok(sent.at(0)?.includes('\0u\0old'));
    assert.ok(sent.at(-1)?.includes('\0u\0new'));
  });

  test('whose credentials cannot be read just now can be had later', async (t) => {
    const [fake] = await brokers(t, 1);
    let readable = false;
    const renew = async () => {
      if (!readable) throw new Error('the file /token does not exist');
      return {};
    };
    const cluster = client(t, [fake!.address], { renew });
    await assert.rejects(cluster.link(1, 'fetch'), (error: KafkaFault) => {
      assert.equal(error.type, 'CREDENTIALS');
      assert.match(error.message, /\/token does not exist/);
      return error.retriable;
    });
    readable = true;
    assert.equal((await cluster.link(1, 'fetch')).nodeId, 1);
  });

  test('for records waits until its predecessor has been answered, so that none overtakes another', async (t) => {
    const [fake] = await brokers(t, 1);
    const held: (() => void)[] = [];
    fake!.on(FETCH, (request) => held.push(() => request.answer(Buffer.of(1))));
    const cluster = client(t, [fake!.address]);
    const link = await cluster.link(1, 'produce');
    const underWay = link.call(echo, LONG_MS);
    await waitFor(() => held.length === 1, 'the request is at the broker');
    link.retire();
    const order: string[] = [];
    const next = cluster.link(1, 'produce').then(() => order.push('next'));
    const answered = underWay.then(() => order.push('answered'));
    // Another purpose need not wait, and by the time it is open the other would have been too.
    await cluster.link(1, 'group');
    held[0]!();
    await Promise.all([next, answered]);
    assert.deepEqual(order, ['answered', 'next']);
  });

  test('to a broker that nobody knows is a fault that passes', async (t) => {
    const [fake] = await brokers(t, 1);
    const cluster = client(t, [fake!.address]);
    await assert.rejects(cluster.link(9, 'fetch'), (error: KafkaFault) => {
      assert.equal(error.type, 'BROKER_NOT_AVAILABLE');
      return error.retriable;
    });
  });
});

describe('the coordinator', () => {
  test('is found, also one that metadata did not name yet', async (t) => {
    const [fake, other] = await brokers(t, 2);
    tell(fake!, [fake!]);
    fake!.on(FIND_COORDINATOR, (request) => request.answer(coordinator('g', 5, other!.port)));
    const cluster = client(t, [fake!.address]);
    assert.equal(await cluster.findCoordinator('g'), 5);
    assert.equal((await cluster.link(5, 'group')).broker, other!.address);
  });

  test('that is not there yet is a fault to ask again after', async (t) => {
    const [fake] = await brokers(t, 1);
    fake!.on(FIND_COORDINATOR, (request) => request.answer(coordinator('g', -1, 0, 15)));
    const cluster = client(t, [fake!.address]);
    await assert.rejects(cluster.findCoordinator('g'), (error: KafkaFault) => {
      assert.equal(error.type, 'COORDINATOR_NOT_AVAILABLE');
      return error.retriable;
    });
  });
});

describe('closing', () => {
  test('ends everything, what is under way and what is being opened', async (t) => {
    const [fake, mute] = await brokers(t, 2);
    mute!.on(API_VERSIONS, () => {});
    fake!.on(FETCH, () => {});
    const cluster = client(t, [fake!.address]);
    const link = await cluster.link(1, 'fetch');
    const calls = [
      link.call(echo, LONG_MS),
      cluster.link(2, 'fetch'),
      cluster.anyLink('produce').then((other) => other.call(echo, LONG_MS)),
    ];
    const ended = Promise.all(calls.map((call) => assert.rejects(call, fault('CLOSED'))));
    await waitFor(() => mute!.count(API_VERSIONS) === 1 && fake!.count(FETCH) === 2, 'all are under way');
    await cluster.close();
    await ended;
    await waitFor(() => fake!.sockets.size + mute!.sockets.size === 0, 'every connection is closed');
    await assert.rejects(cluster.link(1, 'fetch'), fault('CLOSED'));
    await assert.rejects(cluster.refresh(['t']), fault('CLOSED'));
    cluster.refreshSoon(['t']);
  });
});
