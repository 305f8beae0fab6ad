import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Cluster } from '../../../../src/kafka/native/cluster/cluster.ts';
import { until } from '../../../conformance/support.ts';
import { FakeBroker, type FakeTopic, FETCH, METADATA, metadata } from './fakeBroker.ts';
import { client, fakeBrokers, tell } from './fakeBrokers.ts';
import { echo, fault, LONG_MS } from './links.ts';

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
    const [fake] = await fakeBrokers(t, 1, () => topics);
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
    const [fake] = await fakeBrokers(t, 1, () => [
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
    const [fake] = await fakeBrokers(t, 1, () => topics);
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
    const [fake, other] = await fakeBrokers(t, 2);
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
    const [fake] = await fakeBrokers(t, 1);
    const held: (() => void)[] = [];
    const view = [{ nodeId: 1, port: fake!.port }];
    fake!.on(METADATA, (request) => held.push(() => request.answer(metadata(view))));
    const cluster = client(t, [fake!.address]);
    const first = [cluster.refresh(['a']), cluster.refresh(['b']), cluster.refresh(['a'])];
    await until('the first request', () => held.length === 1);
    const second = [cluster.refresh(['a']), cluster.refresh(['c'])];
    held[0]!();
    await Promise.all(first);
    await until('the second request', () => held.length === 2);
    held[1]!();
    await Promise.all(second);
    assert.equal(fake!.count(METADATA), 2);
  });

  test('is asked for again and again, ever more slowly, until a broker answers', async (t) => {
    const [fake] = await fakeBrokers(t, 1);
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
    await until('the topic is known', () => cluster.topic('t') !== undefined);
    const asked = again.count(METADATA);
    assert.ok(asked >= 1 && asked <= 2, `asked ${asked} times`);
  });

  test('comes from the first address that answers, and later from the brokers that were named', async (t) => {
    const [fake] = await fakeBrokers(t, 1);
    const dead = await FakeBroker.start();
    await dead.stop();
    const cluster = client(t, [dead.address, fake!.address]);
    await cluster.refresh([]);
    await cluster.refresh([]);
    assert.equal(fake!.count(METADATA), 2);
    await until('the connection to begin with is closed', () => fake!.sockets.size === 1);
  });

  test('comes from where we began when every broker that was named is gone (KIP-899)', async (t) => {
    const [old, now] = await fakeBrokers(t, 2);
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
    const all = await fakeBrokers(t, 2, () => [{ name: 't', leaders: [[1, 0]] }]);
    const cluster = client(t, [all[0]!.address]);
    await cluster.refresh(['t']);
    for (let round = 0; round < 4; round++) await cluster.refresh(['t']);
    for (const fake of all) assert.ok(fake.count(METADATA) >= 2, `${fake.count(METADATA)}`);
  });

  test('grows old and is then asked for without a reason', async (t) => {
    let topics: FakeTopic[] = [{ name: 't', leaders: [[1, 0]] }];
    const [fake] = await fakeBrokers(t, 1, () => topics);
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
    await until('the partition that was added', () => cluster.topic('t')?.partitions.length === 2);
  });

  test('that moves a broker to another address sends what comes there, and lets what is under way be answered', async (t) => {
    const [fake, other] = await fakeBrokers(t, 2);
    tell(fake!, [fake!]);
    const held: (() => void)[] = [];
    fake!.on(FETCH, (request) => held.push(() => request.answer(Buffer.of(1))));
    const cluster = client(t, [fake!.address]);
    const link = await cluster.link(1, 'fetch');
    const underWay = link.call(echo(0), LONG_MS);
    await until('the request is at the broker', () => held.length === 1);
    tell(fake!, [other!]);
    await cluster.refresh([]);
    assert.equal((await cluster.link(1, 'fetch')).broker, other!.address);
    assert.equal(link.closed, true);
    held[0]!();
    assert.deepEqual(await underWay, Buffer.of(1));
  });
});
