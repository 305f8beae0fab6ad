import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { KafkaFault } from '../../../../src/kafka/native/cluster/fault.ts';
import { until } from '../../../conformance/support.ts';
import { API_VERSIONS, acceptSasl, coordinator, FETCH, FIND_COORDINATOR } from './fakeBroker.ts';
import { client, fakeBrokers, tell } from './fakeBrokers.ts';
import { echo, fault, LONG_MS } from './links.ts';

describe('a connection', () => {
  test('is one for each broker and purpose, however many ask for it at once', async (t) => {
    const [fake] = await fakeBrokers(t, 1);
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
    const [fake] = await fakeBrokers(t, 1);
    fake!.on(FETCH, (request) => request.answer(Buffer.of(1)));
    const cluster = client(t, [fake!.address]);
    const link = await cluster.link(1, 'fetch');
    await link.call(echo(0), LONG_MS);
    fake!.dropConnections();
    await until('the loss is noticed', () => link.closed);
    const asked = fake!.count(API_VERSIONS);
    const next = await cluster.link(1, 'fetch');
    assert.notEqual(next, link);
    assert.ok(fake!.count(API_VERSIONS) > asked);
    assert.deepEqual(await next.call(echo(0), LONG_MS), Buffer.of(1));
  });

  test('takes the credentials as they are at that time', async (t) => {
    const [fake] = await fakeBrokers(t, 1);
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
    const [fake] = await fakeBrokers(t, 1);
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
    const [fake] = await fakeBrokers(t, 1);
    const held: (() => void)[] = [];
    fake!.on(FETCH, (request) => held.push(() => request.answer(Buffer.of(1))));
    const cluster = client(t, [fake!.address]);
    const link = await cluster.link(1, 'produce');
    const underWay = link.call(echo(0), LONG_MS);
    await until('the request is at the broker', () => held.length === 1);
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
    const [fake] = await fakeBrokers(t, 1);
    const cluster = client(t, [fake!.address]);
    await assert.rejects(cluster.link(9, 'fetch'), (error: KafkaFault) => {
      assert.equal(error.type, 'BROKER_NOT_AVAILABLE');
      return error.retriable;
    });
  });
});

describe('the coordinator', () => {
  test('is found, also one that metadata did not name yet', async (t) => {
    const [fake, other] = await fakeBrokers(t, 2);
    tell(fake!, [fake!]);
    fake!.on(FIND_COORDINATOR, (request) => request.answer(coordinator('g', 5, other!.port)));
    const cluster = client(t, [fake!.address]);
    assert.equal(await cluster.findCoordinator('g'), 5);
    assert.equal((await cluster.link(5, 'group')).broker, other!.address);
  });

  test('that is not there yet is a fault to ask again after', async (t) => {
    const [fake] = await fakeBrokers(t, 1);
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
    const [fake, mute] = await fakeBrokers(t, 2);
    mute!.on(API_VERSIONS, () => {});
    fake!.on(FETCH, () => {});
    const cluster = client(t, [fake!.address]);
    const link = await cluster.link(1, 'fetch');
    const calls = [
      link.call(echo(0), LONG_MS),
      cluster.link(2, 'fetch'),
      cluster.anyLink('produce').then((other) => other.call(echo(0), LONG_MS)),
    ];
    const ended = Promise.all(calls.map((call) => assert.rejects(call, fault('CLOSED'))));
    await until('all are under way', () => mute!.count(API_VERSIONS) === 1 && fake!.count(FETCH) === 2);
    await cluster.close();
    await ended;
    await until('every connection is closed', () => fake!.sockets.size + mute!.sockets.size === 0);
    await assert.rejects(cluster.link(1, 'fetch'), fault('CLOSED'));
    await assert.rejects(cluster.refresh(['t']), fault('CLOSED'));
    cluster.refreshSoon(['t']);
  });
});
