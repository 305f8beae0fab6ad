/** Faults that a real registry cannot be asked for; test/integration/registry.test.ts has the rest. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { test } from 'node:test';
import { Registry, type RegistryEvents, type RegistryOptions } from '../../src/avro/registry.ts';
import type { Clock } from '../../src/pipeline/ports.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const json =
  (status: number, body: unknown): Answer =>
  (_, response) =>
    response
      .writeHead(status, { 'content-type': 'application/vnd.schemaregistry.v1+json' })
      .end(JSON.stringify(body));
const notFound = json(404, { error_code: 40403, message: 'Schema not found' });
const anInt = json(200, { schema: '"int"' });
const away: Answer = (request) => request.socket.destroy();

/** A clock whose time passes at once: each timer moves it forward when it fires. */
function hurriedClock(): Clock {
  let nowMs = 0;
  return {
    now: () => nowMs,
    monotonicMs: () => nowMs,
    timer: (ms, fire) => {
      const immediate = setImmediate(() => {
        nowMs += ms;
        fire();
      });
      return { cancel: () => clearImmediate(immediate) };
    },
    giveWay: () => new Promise((resolve) => setImmediate(resolve)),
  };
}

interface Fake extends AsyncDisposable {
  readonly url: string;
  readonly requests: string[];
  readonly headers: IncomingMessage['headers'][];
}

/** Answers the requests in their turn; the last answer goes on for ever. */
async function fakeRegistry(...answers: Answer[]): Promise<Fake> {
  const requests: string[] = [];
  const headers: IncomingMessage['headers'][] = [];
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    const answer = answers[Math.min(requests.length, answers.length - 1)]!;
    requests.push(`${request.method} ${request.url}`);
    headers.push(request.headers);
    request.resume().once('end', () => answer(request, response));
  });
  server.on('connection', (socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    headers,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function recorded(): RegistryEvents & { readonly told: string[] } {
  const told: string[] = [];
  return { told, paused: (cause) => told.push(cause.code), resumed: () => told.push('resumed') };
}

function registryAt(
  fake: Fake,
  parts: { clock?: Clock; events?: RegistryEvents; options?: Partial<RegistryOptions> } = {},
) {
  const options = { url: fake.url, timeoutMs: 5_000, ...parts.options };
  return new Registry(options, parts.clock ?? hurriedClock(), parts.events, () => 0.5);
}

test('an id is fetched once, however many ask and however often', async () => {
  await using fake = await fakeRegistry(anInt);
  const registry = registryAt(fake);
  const all = await Promise.all([1, 2, 3].map(() => registry.schemaById(7)));
  assert.deepEqual(
    [...all, await registry.schemaById(7)].map((found) => found.kind),
    Array(4).fill('schema'),
  );
  assert.deepEqual(fake.requests, ['GET /schemas/ids/7']);
});

test('a 404 is believed only after 30 s of them, and then not asked again at once', async () => {
  await using fake = await fakeRegistry(notFound);
  const clock = hurriedClock();
  const events = recorded();
  const registry = registryAt(fake, { clock, events });
  assert.deepEqual(await registry.schemaById(7), { kind: 'unknown' });
  assert.ok(clock.monotonicMs() >= 30_000, `${clock.monotonicMs()} ms`);
  const asked = fake.requests.length;
  assert.ok(asked >= 5, `${asked} requests`);
  assert.deepEqual(await registry.schemaById(7), { kind: 'unknown' });
  assert.equal(fake.requests.length, asked);
  assert.deepEqual(events.told, []);
});

test('a schema that appears within the 30 s is used', async () => {
  await using fake = await fakeRegistry(notFound, notFound, anInt);
  assert.equal((await registryAt(fake, { events: recorded() }).schemaById(7)).kind, 'schema');
});

test('time in which the registry was away is no time of 404s', async () => {
  const outage: Answer[] = Array(20).fill(away);
  await using fake = await fakeRegistry(...outage, notFound, notFound, anInt);
  const clock = hurriedClock();
  const registry = registryAt(fake, { clock, events: recorded() });
  assert.equal((await registry.schemaById(7)).kind, 'schema');
  assert.ok(clock.monotonicMs() > 30_000, `${clock.monotonicMs()} ms`);
});

for (const [what, answer] of [
  ['breaks the connection', away],
  ['answers 503', json(503, { error_code: 50003, message: 'leader unknown' })],
  ['answers 500 with a page', (_, response) => response.writeHead(500).end('<html>')],
  ['answers 429', json(429, {})],
  ['answers a 404 that is no registry’s', (_, response) => response.writeHead(404).end('no such page')],
  [
    'answers the 404 of a path it does not have',
    json(404, { error_code: 404, message: 'HTTP 404 Not Found' }),
  ],
  ['answers 200 with a page', (_, response) => response.writeHead(200).end('<html>')],
] as [string, Answer][]) {
  test(`a registry that ${what} is waited for, visibly, and nothing is taken for unknown`, async () => {
    await using fake = await fakeRegistry(answer, answer, answer, anInt);
    const events = recorded();
    assert.equal((await registryAt(fake, { events }).schemaById(7)).kind, 'schema');
    assert.equal(fake.requests.length, 4);
    assert.equal(events.told.at(-1), 'resumed');
    assert.deepEqual([...new Set(events.told)], ['E-REGISTRY-UNREACHABLE', 'resumed']);
  });
}

test('who waits for an unreachable registry, or for an id, gives up when it is stopped, and nothing is said to be back', async () => {
  for (const answer of [away, notFound]) {
    await using fake = await fakeRegistry(answer);
    const events = recorded();
    const waits = Promise.withResolvers<void>();
    const never: Clock = {
      ...hurriedClock(),
      timer: () => {
        if (fake.requests.length > 0) waits.resolve();
        return { cancel: () => {} };
      },
    };
    const registry = registryAt(fake, { clock: never, events });
    const waiting = registry.schemaById(7);
    // The one timer of the clock never fires: only the stop can end this.
    await waits.promise;
    registry.stop();
    await assert.rejects(waiting, { code: 'E-REGISTRY-UNREACHABLE' });
    assert.ok(!events.told.includes('resumed'));
  }
});

test('without anybody to tell, an unreachable registry is an error at once', async () => {
  await using fake = await fakeRegistry(away);
  await assert.rejects(registryAt(fake).latest('s'), {
    name: 'TidemarkError',
    code: 'E-REGISTRY-UNREACHABLE',
  });
  assert.equal(fake.requests.length, 1);
});

for (const [what, answer] of [
  ['never answers', () => {}],
  ['stops in the middle of its answer', (_, response) => response.writeHead(200).write('{"schema":')],
  [
    'breaks off in the middle of its answer',
    (request, response) => {
      response
        .writeHead(200, { 'content-length': '100' })
        .write('{"schema":', () => request.socket.destroy());
    },
  ],
] as [string, Answer][]) {
  test(`a request to a registry that ${what} ends at its timeout`, async () => {
    await using fake = await fakeRegistry(answer);
    const asked = registryAt(fake, { options: { timeoutMs: 50 } }).latest('s');
    await assert.rejects(asked, { name: 'TidemarkError', code: 'E-REGISTRY-UNREACHABLE' });
  });
}

for (const status of [401, 403]) {
  test(`${status} stops, and says nothing of the secret`, async () => {
    await using fake = await fakeRegistry(json(status, { error_code: status, message: 'no' }));
    const auth = { kind: 'basic', username: 'u', password: 'hush-hush' } as const;
    const asked = registryAt(fake, { events: recorded(), options: { auth } }).latest('s');
    await assert.rejects(asked, (error: Error & { code: string }) => {
      assert.equal(error.code, 'E-REGISTRY-AUTH');
      assert.doesNotMatch(JSON.stringify([error, error.message, String(error.cause)]), /hush-hush/);
      return true;
    });
    const basic = Buffer.from('u:hush-hush').toString('base64');
    assert.equal(fake.headers[0]?.authorization, `Basic ${basic}`);
  });
}

test('a bearer token is sent with every request', async () => {
  await using fake = await fakeRegistry(anInt, json(200, { id: 3 }));
  const registry = registryAt(fake, { options: { auth: { kind: 'bearer', token: 'abc' } } });
  await registry.schemaById(1);
  assert.equal(await registry.idOf('s', '"int"'), 3);
  assert.deepEqual(
    fake.headers.map((header) => header.authorization),
    ['Bearer abc', 'Bearer abc'],
  );
});

test('another refusal stops with the registry’s own words', async () => {
  await using fake = await fakeRegistry(json(422, { error_code: 42201, message: 'Invalid Avro schema' }));
  const asked = registryAt(fake, { events: recorded() }).register('s', '{');
  await assert.rejects(asked, { code: 'E-REGISTRY-REFUSED', message: /422: Invalid Avro schema/ });
});

test('a schema of another type is told by its type', async () => {
  await using fake = await fakeRegistry(json(200, { schema: 'syntax = "proto3";', schemaType: 'PROTOBUF' }));
  assert.deepEqual(await registryAt(fake).schemaById(7), { kind: 'not-avro', type: 'PROTOBUF' });
});

test('references that form a cycle end, and endless ones are refused', async () => {
  const pointing = (version: number) => ({
    schema: '"int"',
    references: [{ name: 'N', subject: 's', version }],
  });
  {
    await using fake = await fakeRegistry(json(200, pointing(1)));
    const found = await registryAt(fake).schemaById(7);
    assert.equal(found.kind === 'schema' && found.schema.references.length, 1);
  }
  let version = 0;
  await using fake = await fakeRegistry((request, response) =>
    json(200, pointing(++version))(request, response),
  );
  await assert.rejects(registryAt(fake).schemaById(7), { code: 'E-REGISTRY-REFUSED' });
});

test('names with a slash stay one part of the path', async () => {
  await using fake = await fakeRegistry(json(404, { error_code: 40401, message: 'Subject not found' }));
  assert.equal(await registryAt(fake).latest('a/b value'), undefined);
  assert.deepEqual(fake.requests, ['GET /subjects/a%2Fb%20value/versions/latest']);
});
