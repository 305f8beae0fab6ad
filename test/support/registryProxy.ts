/** A gateway before the registry that tells another time, shows a certificate, or wants credentials. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import type { Identity } from './certificates.ts';

export interface RegistryProxyOptions {
  /** What its Date headers are ahead of this machine's clock. */
  readonly shiftMs?: number;
  /** Makes it speak https. */
  readonly identity?: Identity;
  /** The Authorization header without which it answers 401. */
  readonly authorization?: string;
}

const REFUSED = JSON.stringify({ error_code: 40101, message: 'Unauthorized' });

/** @returns the base URL to use instead of `registryUrl` */
export async function registryProxy(
  t: TestContext,
  registryUrl: string,
  { shiftMs = 0, identity, authorization }: RegistryProxyOptions,
): Promise<string> {
  const { origin, pathname } = new URL(registryUrl);
  const pass = (asked: IncomingMessage, answer: ServerResponse) => {
    if (authorization !== undefined && asked.headers.authorization !== authorization) {
      answer.writeHead(401, { 'content-type': 'application/json' }).end(REFUSED);
      return;
    }
    void forward(`${origin}${asked.url}`, asked, answer, shiftMs).catch((cause) => answer.destroy(cause));
  };
  const server = identity === undefined ? createServer(pass) : createSecureServer(identity, pass);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return `${identity === undefined ? 'http' : 'https'}://localhost:${port}${pathname}`;
}

async function forward(
  url: string,
  asked: IncomingMessage,
  answer: ServerResponse,
  shiftMs: number,
): Promise<void> {
  const body = await text(asked);
  const type = asked.headers['content-type'] ?? 'application/json';
  const response = await fetch(url, {
    method: asked.method!,
    headers: { 'content-type': type },
    ...(body === '' ? {} : { body }),
  });
  answer.writeHead(response.status, {
    'content-type': response.headers.get('content-type') ?? type,
    date: new Date(Date.now() + shiftMs).toUTCString(),
  });
  answer.end(await response.text());
}
