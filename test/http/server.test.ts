import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { TidemarkError } from '../../src/errors.ts';
import { type HttpServer, startHttp } from '../../src/http/server.ts';
import { Health } from '../../src/telemetry/health.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { faultsOfExposition } from '../support/exposition.ts';

describe('the HTTP server', () => {
  const health = new Health();
  const metrics = createMetrics({ pipeline: 'orders', version: '1.2.3', sloP99Ms: 100 });
  let server: HttpServer;
  before(async () => {
    server = await startHttp({ host: '127.0.0.1', port: 0, metrics, health });
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
    assert.match(text, /^process_resident_memory_bytes \d/m);
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
    const other = await startHttp({ host: '127.0.0.1', port: 0, metrics, health: dead });
    const response = await fetch(`http://127.0.0.1:${other.port}/healthz`);
    assert.equal(response.status, 503);
    assert.match(await response.text(), /"code":"E-WATCHDOG","message":"stuck"/);
    await other.close();
  });

  test('an unknown path lists the routes', async () => {
    const response = await ask('/health');
    assert.equal(response.status, 404);
    assert.deepEqual(await response.json(), {
      error: 'there is no /health',
      routes: ['/metrics', '/healthz', '/readyz', '/scale'],
    });
  });

  test('other methods are refused; HEAD has no body', async () => {
    const refused = await ask('/healthz', { method: 'POST' });
    assert.equal(refused.status, 405);
    assert.equal(refused.headers.get('allow'), 'GET, HEAD');
    const head = await ask('/healthz', { method: 'HEAD' });
    assert.equal(head.status, 200);
    assert.equal(await head.text(), '');
  });

  test('a metric that cannot be collected is a 500, and the next request is answered', async () => {
    const broken = createMetrics({ pipeline: 'orders', version: '0.0.0', processMetrics: false });
    broken.registry.metrics = async () => {
      throw new Error('no such metric');
    };
    const other = await startHttp({ host: '127.0.0.1', port: 0, metrics: broken, health });
    assert.equal((await fetch(`http://127.0.0.1:${other.port}/metrics`)).status, 500);
    assert.equal((await fetch(`http://127.0.0.1:${other.port}/healthz`)).status, 200);
    await other.close();
  });

  test('a taken port is a fault of the configuration, in words', async () => {
    await assert.rejects(startHttp({ host: '127.0.0.1', port: server.port, metrics, health }), (error) => {
      assert.ok(error instanceof TidemarkError);
      assert.equal(error.code, 'E-CONFIG');
      assert.match(error.message, /^http\.port: cannot listen on 127\.0\.0\.1:\d+: the port is taken/);
      return true;
    });
  });

  test('close does not wait for a client that keeps its connection', async () => {
    const other = await startHttp({ host: '127.0.0.1', port: 0, metrics, health });
    const response = await fetch(`http://127.0.0.1:${other.port}/healthz`, {
      headers: { connection: 'keep-alive' },
    });
    await response.text();
    await other.close();
    await assert.rejects(fetch(`http://127.0.0.1:${other.port}/healthz`));
  });
});
