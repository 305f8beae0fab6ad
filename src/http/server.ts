import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TidemarkError } from '../errors.ts';
import type { Health, HealthReport } from '../telemetry/health.ts';
import type { Metrics } from '../telemetry/metrics.ts';

export interface HttpOptions {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly metrics: Pick<Metrics, 'registry'>;
  readonly health: Health;
  /** How many replicas the group needs and why; undefined while that is not known. */
  readonly scale?: () => object | undefined;
}

export interface HttpServer {
  readonly port: number;
  /** Ends open connections too, so that a drain never waits for a scraper. */
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

type Route = () => Promise<Answer>;

/**
 * Serves /metrics, /healthz, /readyz and /scale. Four reads without parameters do not justify a framework.
 * @throws TidemarkError E-CONFIG when the address cannot be listened on.
 */
export async function startHttp(options: HttpOptions): Promise<HttpServer> {
  const { registry } = options.metrics;
  const routes = new Map<string, Route>([
    ['/metrics', async () => ({ status: 200, type: registry.contentType, body: await registry.metrics() })],
    ['/healthz', async () => reported(options.health.alive())],
    ['/readyz', async () => reported(options.health.ready())],
    ['/scale', async () => advised(options.scale?.())],
  ]);
  const server = createServer({ requestTimeout: 10_000, keepAliveTimeout: 30_000 }, (request, response) => {
    void answer(routes, request).then((given) => send(response, given, request.method === 'HEAD'));
  });
  await listen(server, options);
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(routes: ReadonlyMap<string, Route>, request: IncomingMessage): Promise<Answer> {
  const path = request.url?.split('?', 1)[0] ?? '/';
  const route = routes.get(path);
  if (route === undefined) return json(404, { error: `there is no ${path}`, routes: [...routes.keys()] });
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return json(405, { error: `${path} answers GET only` });
  }
  try {
    return await route();
  } catch (cause) {
    // A metric that fails to collect must not take the process down, nor hide behind an empty page.
    return json(500, { error: cause instanceof Error ? cause.message : String(cause) });
  }
}

function reported(report: HealthReport): Answer {
  return json(report.ok ? 200 : 503, report);
}

function advised(advice: object | undefined): Answer {
  if (advice !== undefined) return json(200, advice);
  return json(503, { error: 'the group has not been looked at twice yet; ask again in a few seconds' });
}

function json(status: number, body: unknown): Answer {
  return { status, type: 'application/json; charset=utf-8', body: `${JSON.stringify(body)}\n` };
}

function send(response: ServerResponse, { status, type, body }: Answer, headersOnly: boolean): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    ...(status === 405 ? { allow: 'GET, HEAD' } : {}),
  });
  response.end(headersOnly ? undefined : body);
}

async function listen(server: Server, { host, port }: HttpOptions): Promise<void> {
  try {
    server.listen({ host, port });
    await once(server, 'listening');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const why: Record<string, string> = {
      EADDRINUSE: 'the port is taken by another process; choose another, or 0 for any free one',
      EACCES: 'this user may not listen on that port; choose one above 1023',
      EADDRNOTAVAIL: 'no network interface of this machine has that address; check http.host',
      ENOTFOUND: 'the host name is not known; check http.host',
    };
    const reason = why[code ?? ''] ?? (cause as Error).message;
    throw new TidemarkError('E-CONFIG', `http.port: cannot listen on ${host}:${port}: ${reason}`, { cause });
  }
}
