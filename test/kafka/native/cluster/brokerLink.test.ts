import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { heartbeatV4 } from '@platformatic/kafka';
import { TidemarkError } from '../../../../src/errors.ts';
import { kafkaError } from '../../../../src/kafka/errors.ts';
import type { KafkaFault } from '../../../../src/kafka/native/cluster/fault.ts';
import { until } from '../../../conformance/support.ts';
import { acceptSasl, FETCH, fakeBroker, HEARTBEAT } from './fakeBroker.ts';
import { echo, fault, LONG_MS, opened } from './links.ts';

describe('a request', () => {
  test('goes out with its body, and its answer comes back in one piece however it was cut', async (t) => {
    const fake = await fakeBroker(t);
    const body = Buffer.from(Array.from({ length: 300 }, (_, at) => at % 256));
    fake.on(FETCH, (request) => {
      assert.equal(request.rest.at(-1), 7);
      for (const byte of request.frame(body)) request.socket.write(Buffer.of(byte));
    });
    const link = await opened(t, fake);
    assert.deepEqual(await link.call(echo(7), LONG_MS), body);
  });

  test('may bring the memory for its answer', async (t) => {
    const fake = await fakeBroker(t);
    const body = Buffer.alloc(100_000, 9);
    fake.on(FETCH, (request) => request.answer(body));
    const link = await opened(t, fake);
    const memory = Buffer.alloc(200_000);
    const sizes: number[] = [];
    const memoryFor = (size: number) => {
      sizes.push(size);
      return memory;
    };
    const answer = await link.call({ ...echo(1), memoryFor }, LONG_MS);
    assert.deepEqual(answer, body);
    assert.equal(answer.buffer, memory.buffer);
    // Correlation id and no tags.
    assert.deepEqual(sizes, [body.length + 5]);
  });

  test('of the versions before tags has none in its headers', async (t) => {
    const fake = await fakeBroker(t);
    fake.on(FETCH, (request) => {
      // Length and text of the client id, then the body at once.
      assert.deepEqual([...request.rest], [0, 4, ...Buffer.from('test'), 7]);
      request.answer(Buffer.of(1, 2), false);
    });
    const link = await opened(t, fake);
    const answer = await link.call({ ...echo(7), version: 11, flexible: false }, LONG_MS);
    assert.deepEqual(answer, Buffer.of(1, 2));
  });

  test('may be under way beside others, and each gets its own answer', async (t) => {
    const fake = await fakeBroker(t);
    const waiting: (() => void)[] = [];
    fake.on(FETCH, (request) => waiting.push(() => request.answer(Buffer.of(request.rest.at(-1)!))));
    const link = await opened(t, fake);
    const answers = [1, 2, 3].map((byte) => link.call(echo(byte), LONG_MS));
    await until('all three at the broker', () => waiting.length === 3);
    assert.deepEqual(
      fake.requests.filter(({ apiKey }) => apiKey === FETCH).map(({ rest }) => rest.at(-1)),
      [1, 2, 3],
    );
    for (const answer of waiting) answer();
    assert.deepEqual(await Promise.all(answers), [Buffer.of(1), Buffer.of(2), Buffer.of(3)]);
  });

  test('whose answer has no error gives it, and one that has gives a fault with the whole response', async (t) => {
    const fake = await fakeBroker(t);
    let code = 0;
    fake.on(HEARTBEAT, (request) => request.answer(Buffer.of(0, 0, 0, 0, 0, code, 0)));
    const link = await opened(t, fake);
    const beat = () => link.api(heartbeatV4.api, LONG_MS, 'g', 1, 'm', null);
    assert.deepEqual(await beat(), { throttleTimeMs: 0, errorCode: 0 });
    code = 27;
    await assert.rejects(beat(), (error: KafkaFault) => {
      assert.equal(error.type, 'REBALANCE_IN_PROGRESS');
      assert.deepEqual(error.response, { throttleTimeMs: 0, errorCode: 27 });
      return true;
    });
    assert.equal(link.closed, false);
  });
});

describe('a request that gets no answer in time', () => {
  test('ends alone with TIMEOUT and takes the connection with it, so that nothing late is taken for another’s', async (t) => {
    const fake = await fakeBroker(t);
    fake.on(FETCH, () => {});
    const link = await opened(t, fake);
    const patient = link.call(echo(1), LONG_MS);
    const hasty = link.call(echo(2), 20);
    await Promise.all([
      assert.rejects(hasty, fault('TIMEOUT', /Fetch v12 to 127.0.0.1:\d+: no answer within 20 ms/)),
      assert.rejects(patient, fault('NETWORK', /given up/)),
    ]);
    assert.equal(link.closed, true);
    await until('the connection is closed', () => fake.sockets.size === 0);
    await assert.rejects(link.call(echo(3), LONG_MS), fault('NETWORK'));
  });
});

describe('an answer', () => {
  test('that is cut off in the middle is no answer', async (t) => {
    const fake = await fakeBroker(t);
    fake.on(FETCH, (request) => request.socket.end(request.frame(Buffer.alloc(100)).subarray(0, 50)));
    const link = await opened(t, fake);
    await assert.rejects(link.call(echo(1), LONG_MS), fault('NETWORK', /closed the connection/));
    assert.equal(link.closed, true);
  });

  test('to a request that nobody made closes the connection', async (t) => {
    const fake = await fakeBroker(t);
    fake.on(FETCH, (request) => request.socket.write(request.frame(Buffer.of(1), true, 4_711)));
    const link = await opened(t, fake);
    await assert.rejects(link.call(echo(1), LONG_MS), fault('NETWORK', /request 4711/));
  });

  test('out of turn closes the connection: a broker answers in order', async (t) => {
    const fake = await fakeBroker(t);
    fake.on(FETCH, (request) => {
      if (request.rest.at(-1) === 2) request.answer(Buffer.of(2));
    });
    const link = await opened(t, fake);
    const answers = [1, 2].map((byte) => assert.rejects(link.call(echo(byte), LONG_MS), fault('NETWORK')));
    await Promise.all(answers);
  });

  for (const size of [0, -1, -2_147_483_648, 1, 3, 0x15030300, 2_147_483_647]) {
    test(`of ${size} bytes is none and ends nothing but the connection`, async (t) => {
      const fake = await fakeBroker(t);
      fake.on(FETCH, (request) => {
        const bytes = request.frame(Buffer.of(1));
        bytes.writeInt32BE(size, 0);
        request.socket.write(bytes);
      });
      const link = await opened(t, fake);
      const type = size === 0x15030300 ? 'AUTH' : 'NETWORK';
      const words = type === 'AUTH' ? /set kafka.tls/ : new RegExp(`${size} bytes`);
      await assert.rejects(link.call(echo(1), LONG_MS), fault(type, words));
    });
  }

  test('that cannot be read is a fault of the answer, which waiting does not cure', async (t) => {
    const fake = await fakeBroker(t);
    fake.on(HEARTBEAT, (request) => request.answer(Buffer.of(0, 0)));
    const link = await opened(t, fake);
    const beat = link.api(heartbeatV4.api, LONG_MS, 'g', 1, 'm', null);
    await assert.rejects(beat, (error: KafkaFault) => {
      assert.equal(error.type, 'MALFORMED_RESPONSE');
      assert.equal(kafkaError(error, 'x').code, 'E-KAFKA-REFUSED');
      return true;
    });
    assert.equal(link.closed, true);
  });

  test('that holds what we refuse ends with our own error, and the connection goes on', async (t) => {
    const fake = await fakeBroker(t);
    fake.on(FETCH, (request) => request.answer(Buffer.of(1)));
    const link = await opened(t, fake);
    const refused = new TidemarkError('E-KAFKA-OFFSET', 'too far');
    const read = () => {
      throw refused;
    };
    await assert.rejects(link.call({ ...echo(1), read }, LONG_MS), (error) => error === refused);
    assert.deepEqual(await link.call(echo(1), LONG_MS), Buffer.of(1));
  });
});

describe('a throttled connection (KIP-219)', () => {
  test('holds requests back in their order, and is not held against their time', async (t) => {
    const fake = await fakeBroker(t);
    fake.on(FETCH, (request) => request.answer(Buffer.of(request.rest.at(-1)!)));
    const link = await opened(t, fake);
    link.throttle(200);
    link.throttle(50);
    const unthrottled = link.untilUnthrottled();
    assert.ok(unthrottled instanceof Promise);
    const answers = [1, 2].map((byte) => link.call(echo(byte), 150));
    assert.equal(fake.count(FETCH), 0);
    await unthrottled;
    assert.deepEqual(await Promise.all(answers), [Buffer.of(1), Buffer.of(2)]);
    assert.equal(link.untilUnthrottled(), undefined);
    assert.deepEqual(
      fake.requests.filter(({ apiKey }) => apiKey === FETCH).map(({ rest }) => rest.at(-1)),
      [1, 2],
    );
  });

  test('is one after a response that says so, error or not', async (t) => {
    const fake = await fakeBroker(t);
    let code = 0;
    fake.on(HEARTBEAT, (request) => request.answer(Buffer.of(0, 0, 0, 100, 0, code, 0)));
    const link = await opened(t, fake);
    await link.api(heartbeatV4.api, LONG_MS, 'g', 1, 'm', null);
    assert.ok(link.untilUnthrottled() !== undefined);
    await link.untilUnthrottled();
    code = 27;
    await assert.rejects(link.api(heartbeatV4.api, LONG_MS, 'g', 1, 'm', null));
    assert.ok(link.untilUnthrottled() !== undefined);
  });

  test('that is lost lets go of what waits', async (t) => {
    const fake = await fakeBroker(t);
    const link = await opened(t, fake);
    link.throttle(LONG_MS);
    const waiting = link.call(echo(1), LONG_MS);
    fake.dropConnections();
    await assert.rejects(waiting, fault('NETWORK'));
    await link.untilUnthrottled();
  });
});

describe('a session that the broker limits (KIP-368)', () => {
  test('ends before its time: nothing new is taken, what is under way is answered', async (t) => {
    const fake = await fakeBroker(t);
    acceptSasl(fake, 300);
    const waiting: (() => void)[] = [];
    fake.on(FETCH, (request) => waiting.push(() => request.answer(Buffer.of(1))));
    const link = await opened(t, fake, { sasl: true });
    const underWay = link.call(echo(1), LONG_MS);
    await until('the link takes nothing new', () => link.closed);
    await assert.rejects(link.call(echo(2), LONG_MS), fault('NETWORK'));
    assert.equal(fake.sockets.size, 1);
    assert.equal(waiting.length, 1);
    waiting[0]!();
    assert.deepEqual(await underWay, Buffer.of(1));
    await link.drained;
    await until('the connection is closed', () => fake.sockets.size === 0);
  });
});
