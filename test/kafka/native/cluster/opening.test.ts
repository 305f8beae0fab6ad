import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { kafkaError } from '../../../../src/kafka/errors.ts';
import type { KafkaFault } from '../../../../src/kafka/native/cluster/fault.ts';
import { until } from '../../../conformance/support.ts';
import { newAuthority, newIdentity } from '../../../support/certificates.ts';
import { API_VERSIONS, apiVersions, FETCH, fakeBroker } from './fakeBroker.ts';
import { echo, fault, LONG_MS, opened } from './links.ts';

describe('opening', () => {
  test('gives up on a broker that accepts and says nothing', async (t) => {
    const fake = await fakeBroker(t);
    fake.on(API_VERSIONS, () => {});
    const words = /not done within 50 ms/;
    await assert.rejects(opened(t, fake, { connectTimeoutMs: 50 }), fault('NETWORK', words));
    await until('the connection is closed', () => fake.sockets.size === 0);
  });

  test('where nobody listens is a fault that passes', async (t) => {
    const fake = await fakeBroker(t);
    await fake.stop();
    await assert.rejects(opened(t, fake), (error: KafkaFault) => {
      assert.equal(error.type, 'NETWORK');
      assert.match(error.message, /ECONNREFUSED/);
      assert.equal(kafkaError(error, 'x').code, 'E-KAFKA-UNREACHABLE');
      return true;
    });
  });

  test('a broker that speaks TLS without TLS says what to set, and stops', async (t) => {
    const fake = await fakeBroker(t);
    // A TLS alert, as Kafka sends when a request is no ClientHello.
    fake.on(API_VERSIONS, (request) => request.socket.end(Buffer.of(0x15, 3, 3, 0, 2, 2, 80)));
    await assert.rejects(opened(t, fake), (error: KafkaFault) => {
      assert.match(error.message, /speaks TLS on this port: set kafka.tls/);
      assert.equal(kafkaError(error, 'x').code, 'E-KAFKA-AUTH');
      return true;
    });
  });

  test('something that speaks no Kafka is told as such', async (t) => {
    const fake = await fakeBroker(t);
    fake.on(API_VERSIONS, (request) => request.socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await assert.rejects(opened(t, fake), fault('NETWORK', /speaks no Kafka/));
  });

  test('a broker that wants credentials and gets none says so', async (t) => {
    const fake = await fakeBroker(t);
    fake.on(FETCH, (request) => request.socket.destroy());
    const link = await opened(t, fake);
    await assert.rejects(link.call(echo(1), LONG_MS), fault('NETWORK', /may want credentials/));
  });
});

describe('versions', () => {
  test('are the highest that both speak', async (t) => {
    const link = await opened(t, await fakeBroker(t));
    assert.equal(link.version(FETCH, 12, 99), 17);
    assert.equal(link.version(FETCH, 4, 13), 13);
  });

  test('that do not meet are told with the API and both ranges', async (t) => {
    const link = await opened(t, await fakeBroker(t));
    const words = /speaks Fetch in versions 4 to 17; this client needs one of 18 to 20/;
    assert.throws(() => link.version(FETCH, 18, 20), fault('UNSUPPORTED_VERSION', words));
    assert.throws(() => link.version(FETCH, 1, 3), fault('UNSUPPORTED_VERSION'));
    assert.throws(() => link.version(68, 0, 1), fault('UNSUPPORTED_VERSION', /not at all/));
  });

  test('of a broker that does not know the question are asked for in its own words', async (t) => {
    const fake = await fakeBroker(t);
    fake.on(API_VERSIONS, (request) => {
      // KIP-511: UNSUPPORTED_VERSION comes in the layout of version 0.
      if (request.version > 0) request.answer(Buffer.of(0, 35, 0, 0, 0, 1, 0, 18, 0, 0, 0, 2), false);
      else request.answer(apiVersions(0, [[FETCH, 0, 11]]), false);
    });
    const link = await opened(t, fake);
    assert.equal(link.version(FETCH, 4, 17), 11);
  });
});

describe('over TLS', () => {
  const authority = newAuthority('authority');
  const identity = newIdentity('broker', authority, ['localhost']);
  const tls = { ca: authority.cert };

  test('a large answer comes in one piece, into memory that the request brought', async (t) => {
    const fake = await fakeBroker(t, identity);
    const body = Buffer.from(Array.from({ length: 300_000 }, (_, at) => at % 251));
    fake.on(FETCH, (request) => request.answer(body));
    const link = await opened(t, fake, { tls });
    const memory = Buffer.alloc(400_000);
    const [one, other] = await Promise.all([
      link.call({ ...echo(1), memoryFor: () => memory }, LONG_MS),
      link.call(echo(2), LONG_MS),
    ]);
    assert.deepEqual(one, body);
    assert.equal(one.buffer, memory.buffer);
    assert.deepEqual(other, body);
  });

  test('the end of the connection is the end of what is under way', async (t) => {
    const fake = await fakeBroker(t, identity);
    fake.on(FETCH, (request) => request.socket.end());
    const link = await opened(t, fake, { tls });
    await assert.rejects(link.call(echo(1), LONG_MS), fault('NETWORK', /closed the connection/));
  });
});
