import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { TidemarkError } from '../errors.ts';
import { type AppOptions, newApp } from './app.ts';

export interface HttpOptions extends AppOptions {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** What a request may take to arrive. Default: 10 s. */
  readonly requestMs?: number;
}

export interface HttpServer {
  readonly port: number;
  /** Ends open connections too, so that a drain never waits for a scraper. */
  close(): Promise<void>;
}

/** Scrapers, probes and a few people; more are turned away, so that nobody can hold all that a process may open. */
const MAX_CONNECTIONS = 256;
const MAX_HEADER_BYTES = 8 * 1024;
const KEEP_ALIVE_MS = 30_000;

/**
 * Serves metrics, health, the API and the console.
 * @throws TidemarkError E-CONFIG when the address cannot be listened on.
 */
export async function startHttp(options: HttpOptions): Promise<HttpServer> {
  const { requestMs = 10_000 } = options;
  // The globals of a process that Tidemark is embedded in are not ours to replace.
  const listener = getRequestListener(newApp(options).fetch, { overrideGlobalObjects: false });
  const server = createServer(
    {
      headersTimeout: requestMs,
      requestTimeout: requestMs,
      connectionsCheckingInterval: requestMs / 2,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
    },
    (request, response) => void listener(request, response),
  );
  server.maxConnections = MAX_CONNECTIONS;
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
