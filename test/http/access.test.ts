import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { request } from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import { after, before, describe, test } from 'node:test';
import type { Access } from '../../src/http/access.ts';
import type { AccessView } from '../../src/http/api/access.ts';
import type { GroupView, ScaleView } from '../../src/http/api/group.ts';
import { type HttpServer, startHttp } from '../../src/http/server.ts';
import { httpOptions, parts } from './options.ts';

const READ = 'reader-0123456789';
const CHANGE = 'changer-0123456789';
const WRONG = 'nobody-0123456789';

/** Every route, and what it takes. */
const ROUTES = {
  free: ['/', '/healthz', '/readyz', '/api/access', '/console/main.js'],
  reads: [
    '/metrics',
    '/scale',
    '/api/replica',
    '/api/rejections',
    '/api/rejections/topic%2F0%405/payload',
    '/api/group',
    '/api/audit',
  ],
  changes: ['/api/commands'],
} as const;

interface Case {
  readonly name: string;
  readonly access: Access;
  /** Statuses by what is presented: nothing, a wrong token, the read token, the change token. */
  readonly reads: readonly number[];
  readonly changes: readonly number[];
}

const CASES = `
  where     tokens      reads            changes
  loopback  none        200 200 200 200  202 202 202 202
  loopback  both        401 401 200 200  401 401 403 202
  loopback  read        401 401 200 401  403 403 403 403
  loopback  change      200 200 200 200  401 401 401 202
  elsewhere none        403 403 403 403  403 403 403 403
  elsewhere both        401 401 200 200  401 401 403 202
  elsewhere read        401 401 200 401  403 403 403 403
  elsewhere change      401 401 401 200  401 401 401 202`
  .trim()
  .split('\n')
  .slice(1)
  .map(caseOf);

function caseOf(line: string): Case {
  const [where, tokens, ...statuses] = line.trim().split(/ +/);
  return {
    name: `${where === 'loopback' ? 'on the loopback' : 'elsewhere'}, tokens: ${tokens}`,
    access: {
      loopback: where === 'loopback',
      ...(tokens !== 'none' && tokens !== 'change' && { readToken: READ }),
      ...(tokens !== 'none' && tokens !== 'read' && { changeToken: CHANGE }),
    },
    reads: statuses.slice(0, 4).map(Number),
    changes: statuses.slice(4).map(Number),
  };
}

const PRESENTED = [undefined, WRONG, READ, CHANGE];

const everyPart = {
  ...parts,
  payload: async (place: string) => ({ place, bytes: 0, key: null }),
  group: () => ({}) as GroupView,
  scale: () => ({}) as ScaleView,
  audit: async () => [],
  commands: async () => ({ done: true, answers: [] }),
};

for (const { name, access, reads, changes } of CASES) {
  describe(`access ${name}`, () => {
    let server: HttpServer;
    before(async () => {
      server = await startHttp(httpOptions({ access, parts: everyPart }));
    });
    after(() => server.close());
    const ask = (path: string, token: string | undefined, init: RequestInit = {}) =>
      fetch(`http://127.0.0.1:${server.port}${path}`, {
        ...init,
        headers: { ...init.headers, ...(token && { authorization: `Bearer ${token}` }) },
      });
    const change = (path: string, token: string | undefined) =>
      ask(path, token, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } });

    for (const [at, token] of PRESENTED.entries()) {
      const who = ['nobody', 'a wrong token', 'the read token', 'the change token'][at]!;
      test(`of ${who}`, async () => {
        for (const path of ROUTES.free) {
          const { status } = await ask(path, token);
          assert.equal(status, path === '/readyz' ? 503 : 200, path);
        }
        for (const path of ROUTES.reads) assert.equal((await ask(path, token)).status, reads[at], path);
        for (const path of ROUTES.changes)
          assert.equal((await change(path, token)).status, changes[at], path);
        const view = (await (await ask('/api/access', token)).json()) as AccessView;
        assert.equal(view.mayRead, reads[at] === 200);
        assert.equal(view.mayChange, changes[at] === 202);
        assert.equal(view.readsNeed?.includes('http.read_token') ?? false, view.reads === 'refused');
        assert.deepEqual(view.parts, ['payload', 'group', 'scale', 'audit', 'commands']);
      });
    }

    test('refusals say which key is meant, and no answer holds a token', async () => {
      for (const token of PRESENTED) {
        for (const [path, send] of [
          ['/api/replica', ask],
          ['/api/commands', change],
          ['/api/access', ask],
          ['/nowhere', ask],
        ] as const) {
          const response = await send(path, token);
          const text = (await response.text()) + JSON.stringify([...response.headers]);
          for (const secret of [READ, CHANGE, WRONG]) assert.ok(!text.includes(secret), text);
          if (response.status === 403 || response.status === 401) {
            assert.match(text, /http\.(read|change)_token/);
            assert.equal(response.headers.get('www-authenticate') !== null, response.status === 401);
          }
        }
      }
    });
  });
}

test('a token is taken as it is: no prefix, no suffix, no other case, and only as a bearer’s', async () => {
  const access = { loopback: true, readToken: READ, changeToken: CHANGE };
  const server = await startHttp(httpOptions({ access, parts: everyPart }));
  const status = async (path: string, authorization?: string) =>
    (
      await fetch(`http://127.0.0.1:${server.port}${path}`, {
        headers: authorization === undefined ? {} : { authorization },
      })
    ).status;
  for (const token of [READ.slice(0, -1), `${READ}0`, READ.toUpperCase(), '', 'x'.repeat(5000)]) {
    assert.notEqual(await status('/metrics', `Bearer ${token}`), 200, token);
  }
  assert.equal(await status('/metrics', `bearer ${READ}`), 200);
  assert.notEqual(await status('/metrics', `Basic ${btoa(`x:${READ}`)}`), 200);
  assert.equal(await status(`/metrics?token=${READ}&access_token=${READ}`), 401, 'no token in a URL');
  await server.close();
});

test('a payload is refused, in a sentence, while another one is read', async () => {
  const busy = { ...everyPart, payload: async () => 'busy' as const };
  const server = await startHttp(httpOptions({ parts: busy }));
  const answer = await fetch(`http://127.0.0.1:${server.port}/api/rejections/t%2F0%405/payload`);
  assert.equal(answer.status, 503);
  assert.deepEqual(await answer.json(), {
    error: 'another payload is being read: ask again when it is there',
  });
  await server.close();
});

test('tokens are compared in a time that tells nothing of them: by their digests, all of them, with timingSafeEqual', async (t) => {
  const compared = t.mock.method(crypto, 'timingSafeEqual');
  syncBuiltinESMExports();
  t.after(() => {
    compared.mock.restore();
    syncBuiltinESMExports();
  });
  const access = { loopback: true, readToken: READ, changeToken: CHANGE };
  const server = await startHttp(httpOptions({ access, parts: everyPart }));
  t.after(() => server.close());
  for (const token of [READ, CHANGE, WRONG, READ.slice(0, 1)]) {
    const before = compared.mock.callCount();
    const headers = { authorization: `Bearer ${token}` };
    await fetch(`http://127.0.0.1:${server.port}/metrics`, { headers });
    const calls = compared.mock.calls.slice(before);
    assert.equal(calls.length, 2, 'with both, whichever it is');
    for (const { arguments: sides } of calls)
      assert.deepEqual(
        sides.map(({ byteLength }) => byteLength),
        [32, 32],
      );
  }
});

describe('other web pages', () => {
  const statusOf = (port: number, headers: Record<string, string>, path = '/metrics', method = 'GET') =>
    new Promise<number>((resolve, reject) => {
      const body = method === 'POST' ? { 'content-type': 'application/json', 'content-length': '2' } : {};
      const asking = request(
        { host: '127.0.0.1', port, path, method, headers: { ...body, ...headers } },
        (response) => {
          response.resume();
          resolve(response.statusCode!);
        },
      );
      asking.on('error', reject);
      asking.end(method === 'POST' ? '{}' : undefined);
    });

  test('that have their own name point here get nothing where reads are open', async () => {
    const open = await startHttp(httpOptions({ parts: everyPart }));
    for (const host of [
      'localhost',
      'LocalHost:9464',
      '127.0.0.1:1',
      '127.9.9.9',
      '[::1]:9464',
      '10.0.0.7',
      'a.localhost',
    ]) {
      assert.equal(await statusOf(open.port, { host }), 200, host);
    }
    for (const host of [
      'evil.example',
      'localhost.evil.example:9464',
      'evil.example:localhost',
      '127.0.0.1.evil.example',
      'x',
    ]) {
      for (const path of ['/metrics', '/', '/healthz', '/api/access', '/api/replica'])
        assert.ok([400, 403].includes(await statusOf(open.port, { host }, path)), `${host}${path}`);
    }
    await open.close();
    const access = { loopback: false, readToken: READ };
    const guarded = await startHttp(httpOptions({ access, parts: everyPart }));
    const authorization = `Bearer ${READ}`;
    assert.equal(await statusOf(guarded.port, { host: 'scorer.svc.cluster', authorization }), 200);
    await guarded.close();
  });

  test('cannot ask in the name of whoever looks at them', async () => {
    const server = await startHttp(httpOptions({ parts: everyPart }));
    const host = `localhost:${server.port}`;
    const send = (headers: Record<string, string>) =>
      statusOf(server.port, { host, ...headers }, '/api/commands', 'POST');
    assert.equal(await send({}), 202, 'curl');
    assert.equal(
      await send({ origin: `http://${host}`, 'sec-fetch-site': 'same-origin' }),
      202,
      'its own page',
    );
    assert.equal(await send({ origin: `http://${host}` }), 202, 'its own page over plain http');
    assert.equal(
      await send({ origin: 'https://proxied.example', 'sec-fetch-site': 'same-origin' }),
      202,
      'behind a proxy',
    );
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: 'http://localhost:1' },
      { origin: `http://${host}`, 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ]) {
      assert.equal(await send(headers as Record<string, string>), 403, JSON.stringify(headers));
    }
    const read = await statusOf(server.port, { host, 'sec-fetch-site': 'cross-site' }, '/api/replica');
    assert.equal(read, 403);
    const preflight = await fetch(`http://${host}/api/commands`, {
      method: 'OPTIONS',
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
    });
    assert.equal(preflight.headers.get('access-control-allow-origin'), null);
    await server.close();
  });
});

test('every answer forbids frames, sniffing and referrers; the page runs its own scripts alone', async () => {
  const server = await startHttp(httpOptions({ parts: everyPart }));
  for (const path of ['/', '/metrics', '/healthz', '/api/replica', '/nowhere', '/console/main.js']) {
    const { headers } = await fetch(`http://127.0.0.1:${server.port}${path}`);
    assert.match(headers.get('content-security-policy')!, /default-src 'none'.*frame-ancestors 'none'/, path);
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
    assert.equal(headers.get('x-frame-options'), 'DENY');
    assert.equal(headers.get('referrer-policy'), 'no-referrer');
    assert.equal(headers.get('cross-origin-resource-policy'), 'same-origin');
    assert.ok(headers.has('cache-control'), path);
    assert.equal(headers.get('access-control-allow-origin'), null);
  }
  const policy = (await fetch(`http://127.0.0.1:${server.port}/`)).headers.get('content-security-policy')!;
  assert.doesNotMatch(policy, /unsafe|\*|https?:/);
  await server.close();
});
