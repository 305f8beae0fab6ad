import assert from 'node:assert/strict';
import { request } from 'node:http';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { TidemarkError } from '../../src/errors.ts';
import { type HttpServer, startHttp } from '../../src/http/server.ts';
import { Health } from '../../src/telemetry/health.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { faultsOfExposition } from '../support/exposition.ts';
import { SimulatedTelemetry } from '../support/simulationTelemetry.ts';
import { httpOptions, parts } from './options.ts';

describe('the HTTP server', () => {
  const health = new Health();
  const metrics = createMetrics({ pipeline: 'orders', version: '1.2.3', sloP99Ms: 100 });
  const options = httpOptions({ health, metrics });
  let server: HttpServer;
  before(async () => {
    server = await startHttp(options);
  });
  after(() => server.close());
  const ask = (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${server.port}${path}`, init);

  test('/metrics is well-formed Prometheus text', async () => {
    metrics.eventLatency.observe(Float64Array.of(3, 300), 2);
    metrics.rejections.inc({ code: 'E-AVRO-FRAME' });
    const response = await ask('/metrics');
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
    const text = await response.text();
    assert.match(text, /^tidemark_build_info\{version="1\.2\.3",node="/m);
    assert.match(text, /^process_resident_memory_bytes\{pipeline="orders"\} \d/m);
    assert.deepEqual(faultsOfExposition(text), []);
  });

  test('/readyz gives the reasons with 503, and 200 once there are none; /healthz stays 200', async () => {
    const notReady = await ask('/readyz');
    assert.equal(notReady.status, 503);
    const report = (await notReady.json()) as ReturnType<Health['ready']>;
    assert.equal(report.ok, false);
    assert.deepEqual(report.reasons, health.ready().reasons);
    assert.equal((await ask('/healthz')).status, 200);
    health.started();
    health.leasesGranted([0]);
    const ready = await ask('/readyz?verbose=1');
    assert.equal(ready.status, 200);
    assert.deepEqual(await ready.json(), { ok: true, state: 'starting', reasons: [], warnings: [] });
  });

  test('/healthz is 503 after a fatal fault', async () => {
    const dead = new Health();
    dead.fatal(new TidemarkError('E-WATCHDOG', 'stuck'));
    const other = await startHttp(httpOptions({ metrics, health: dead }));
    const response = await fetch(`http://127.0.0.1:${other.port}/healthz`);
    assert.equal(response.status, 503);
    assert.match(await response.text(), /"code":"E-WATCHDOG","message":"stuck"/);
    await other.close();
  });

  test('an unknown path lists the routes, of which those of absent parts are none', async () => {
    const response = await ask('/health');
    assert.equal(response.status, 404);
    const routes = ['/', '/metrics', '/healthz', '/readyz', '/api/access', '/api/replica', '/api/rejections'];
    assert.deepEqual(await response.json(), { error: 'there is no /health', routes });
    for (const path of ['/scale', '/api/group', '/api/audit', '/api/commands']) {
      assert.equal((await ask(path)).status, 404, path);
    }
  });

  test('other methods are refused; HEAD has no body', async () => {
    for (const path of ['/', '/healthz', '/metrics', '/api/replica']) {
      const refused = await ask(path, { method: 'POST' });
      assert.equal(refused.status, 405);
      assert.equal(refused.headers.get('allow'), 'GET, HEAD');
    }
    const head = await ask('/healthz', { method: 'HEAD' });
    assert.equal(head.status, 200);
    assert.equal(await head.text(), '');
  });

  test('a metric that cannot be collected is a 500 and told, and the next request is answered', async () => {
    const broken = createMetrics({ pipeline: 'orders', version: '0.0.0', processMetrics: false });
    broken.registry.metrics = async () => {
      throw new Error('no such metric');
    };
    const telemetry = new SimulatedTelemetry();
    const other = await startHttp(httpOptions({ metrics: broken, health, telemetry }));
    const response = await fetch(`http://127.0.0.1:${other.port}/metrics`);
    assert.equal(response.status, 500);
    assert.match(await response.text(), /no such metric/);
    assert.deepEqual(
      telemetry.failedRequests.map(({ path, cause }) => [path, cause.code, cause.message]),
      [['/metrics', 'E-INTERNAL', 'no such metric']],
    );
    assert.equal((await fetch(`http://127.0.0.1:${other.port}/healthz`)).status, 200);
    await other.close();
  });

  test('a time that is none is a 400, not the whole history', async () => {
    const other = await startHttp(httpOptions({ health }));
    const ask = (query: string) => fetch(`http://127.0.0.1:${other.port}/api/replica${query}`);
    assert.deepEqual(await (await ask('?since=1700000000000')).json(), { since: 1_700_000_000_000 });
    assert.deepEqual(await (await ask('')).json(), { since: 0 });
    for (const since of ['abc', '', '-1', 'NaN', 'Infinity', '1e3', '9'.repeat(400)]) {
      const refused = await ask(`?since=${since}`);
      assert.equal(refused.status, 400, since);
      assert.match(((await refused.json()) as { error: string }).error, /^since is a time/);
    }
    await other.close();
  });

  test('a part that is not there now is a 503 with its code and what to do, a wrong request a 400', async () => {
    const telemetry = new SimulatedTelemetry();
    const other = await startHttp(
      httpOptions({
        telemetry,
        parts: {
          ...parts,
          group: () => undefined,
          scale: () => {
            throw new TidemarkError('E-KAFKA-UNREACHABLE', 'no broker answers');
          },
          audit: async () => {
            throw new TidemarkError('E-KAFKA-ACL', 'Read on topic audit is denied');
          },
          commands: async () => {
            throw new TidemarkError('E-USAGE', 'there is no partition 7');
          },
        },
      }),
    );
    const at = `http://127.0.0.1:${other.port}`;
    assert.equal((await fetch(`${at}/api/group`)).status, 503);
    const scale = await fetch(`${at}/scale`);
    assert.equal(scale.status, 503);
    const told = (await scale.json()) as Record<string, string>;
    assert.equal(told.error, 'no broker answers');
    assert.equal(told.code, 'E-KAFKA-UNREACHABLE');
    assert.ok(told.action!.length > 10);
    const audit = await fetch(`${at}/api/audit`);
    assert.equal(audit.status, 503);
    assert.equal(((await audit.json()) as { error: string }).error, 'Read on topic audit is denied');
    const headers = { 'content-type': 'application/json' };
    const refused = await fetch(`${at}/api/commands`, { method: 'POST', body: '{}', headers });
    assert.equal(refused.status, 400);
    assert.equal(((await refused.json()) as { error: string }).error, 'there is no partition 7');
    assert.deepEqual(telemetry.failedRequests, [], 'neither is a fault of this process');
    await other.close();
  });

  test('a taken port is a fault of the configuration, in words', async () => {
    await assert.rejects(startHttp({ ...options, port: server.port }), (error) => {
      assert.ok(error instanceof TidemarkError);
      assert.equal(error.code, 'E-CONFIG');
      assert.match(error.message, /^http\.port: cannot listen on 127\.0\.0\.1:\d+: the port is taken/);
      return true;
    });
  });

  test('close does not wait for a client that keeps its connection', async () => {
    const other = await startHttp(options);
    const response = await fetch(`http://127.0.0.1:${other.port}/healthz`, {
      headers: { connection: 'keep-alive' },
    });
    await response.text();
    await other.close();
    await assert.rejects(fetch(`http://127.0.0.1:${other.port}/healthz`));
  });

  test('the globals of the process stay its own', () => {
    assert.equal(new Response().constructor, globalThis.Response);
    assert.match(Function.prototype.toString.call(globalThis.Request), /webidl/);
  });
});

describe('what is hostile', () => {
  let taken: unknown[] = [];
  let server: HttpServer;
  before(async () => {
    server = await startHttp({
      ...httpOptions({
        parts: {
          ...parts,
          commands: async (body) => {
            taken.push(body);
            return { done: true, answers: [] };
          },
        },
      }),
      requestMs: 400,
    });
  });
  after(() => server.close());
  const command = (
    body: string | ReadableStream,
    headers: Record<string, string> = { 'content-type': 'application/json' },
  ) =>
    fetch(`http://127.0.0.1:${server.port}/api/commands`, {
      method: 'POST',
      body,
      headers,
      ...(body instanceof ReadableStream ? { duplex: 'half' } : {}),
    } as RequestInit);

  test('a command is JSON and says so', async () => {
    taken = [];
    assert.equal((await command('{"command":"pause"}')).status, 202);
    assert.equal((await command('{"command":', undefined)).status, 400);
    assert.equal((await command('', undefined)).status, 400);
    assert.equal((await command('{"command":"pause"}', { 'content-type': 'text/plain' })).status, 415);
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    assert.equal((await command('command=pause', form)).status, 415);
    assert.deepEqual(taken, [{ command: 'pause' }]);
  });

  test('a body that is too long is not read, whether it says its length or not', async () => {
    taken = [];
    const long = JSON.stringify({ command: 'x'.repeat(20_000) });
    assert.equal((await command(long)).status, 413);
    let sent = 0;
    const endless = new ReadableStream({
      pull(controller) {
        sent += 1024;
        controller.enqueue(new Uint8Array(1024).fill(0x20));
      },
    });
    const answer = await command(endless).then(
      ({ status }) => status,
      () => 'cut off',
    );
    assert.ok(answer === 413 || answer === 'cut off', String(answer));
    assert.ok(sent < 10_000_000, `${sent} bytes`);
    assert.deepEqual(taken, []);
  });

  test('headers that are too long are refused, and a path that is none', async () => {
    const long = await fetch(`http://127.0.0.1:${server.port}/healthz`, {
      headers: { x: 'y'.repeat(20_000) },
    });
    assert.equal(long.status, 431);
    for (const path of [
      '/console/../server.ts',
      '/console/..%2f..%2fpackage.json',
      '/console/%00',
      '//',
      '/\\',
    ]) {
      const status = await statusOf({ port: server.port, path });
      assert.ok(status === 404 || status === 400, `${path}: ${status}`);
    }
  });

  test('who sends a request drop by drop is cut off', { timeout: 10_000 }, async () => {
    for (const start of [
      'GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A: ',
      'POST /api/commands HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{',
    ]) {
      const socket = connect(server.port, '127.0.0.1');
      socket.on('error', () => {});
      socket.write(start);
      const drops = setInterval(() => socket.write('a'), 50);
      await new Promise((resolve) => socket.on('close', resolve));
      clearInterval(drops);
    }
    assert.equal((await fetch(`http://127.0.0.1:${server.port}/healthz`)).status, 200);
  });
});

/** By node:http, which sends a path as it is given. */
function statusOf({ port, path }: { port: number; path: string }): Promise<number> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path }, (response) => {
      response.resume();
      resolve(response.statusCode!);
    })
      .on('error', reject)
      .end();
  });
}
