/** A broker of a few lines that does what a test tells it: late, half, wrong or no answers, which no real one gives on demand. */
import { createServer, type Server, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { createServer as createTlsServer, Server as TlsServer } from 'node:tls';
import { Writer } from '@platformatic/kafka';
import type { Identity } from '../../../support/certificates.ts';

export const FETCH = 1;
export const API_VERSIONS = 18;
export const METADATA = 3;
export const FIND_COORDINATOR = 10;
export const HEARTBEAT = 12;
const SASL_HANDSHAKE = 17;
const SASL_AUTHENTICATE = 36;

export interface FakeRequest {
  readonly apiKey: number;
  readonly version: number;
  readonly correlationId: number;
  /** What follows the correlation id: client id, tags, body. */
  readonly rest: Buffer;
  readonly socket: Socket;
  /** Sends a response; `flexible` is whether its header has tags. */
  answer(body: Buffer, flexible?: boolean): void;
  /** The whole response as bytes, to be sent by hand. */
  frame(body: Buffer, flexible?: boolean, correlationId?: number): Buffer;
}

type Handler = (request: FakeRequest) => void;

const RANGES: readonly (readonly [apiKey: number, min: number, max: number])[] = [
  [FETCH, 4, 17],
  [METADATA, 0, 13],
  [FIND_COORDINATOR, 0, 6],
  [HEARTBEAT, 0, 4],
  [SASL_HANDSHAKE, 0, 1],
  [API_VERSIONS, 0, 4],
  [SASL_AUTHENTICATE, 0, 2],
];

export class FakeBroker {
  readonly port: number;
  readonly requests: FakeRequest[] = [];
  readonly sockets = new Set<Socket>();
  /** How many connections were accepted over time. */
  accepted = 0;
  readonly #server: Server;
  readonly #handlers = new Map<number, Handler>();

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as { port: number }).port;
    this.on(API_VERSIONS, (request) => request.answer(apiVersions(request.version, RANGES), false));
    const connected = server instanceof TlsServer ? 'secureConnection' : 'connection';
    server.on(connected, (socket: Socket) => this.#accept(socket));
  }

  /** On a free port, or on the port of one that was stopped; with TLS, as whoever `identity` says. */
  static async start(port = 0, identity?: Identity): Promise<FakeBroker> {
    const server = identity === undefined ? createServer() : createTlsServer(identity);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
    return new FakeBroker(server);
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  on(apiKey: number, handler: Handler): this {
    this.#handlers.set(apiKey, handler);
    return this;
  }

  count(apiKey: number): number {
    return this.requests.filter((request) => request.apiKey === apiKey).length;
  }

  dropConnections(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.dropConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(socket: Socket): void {
    this.accepted++;
    this.sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.sockets.delete(socket));
    let pending = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 4 && pending.length >= 4 + pending.readInt32BE(0)) {
        const end = 4 + pending.readInt32BE(0);
        this.#serve(pending.subarray(4, end), socket);
        pending = pending.subarray(end);
      }
    });
  }

  #serve(bytes: Buffer, socket: Socket): void {
    const correlationId = bytes.readInt32BE(4);
    const frame = (body: Buffer, flexible = true, id = correlationId) => {
      const head = Buffer.alloc(flexible ? 9 : 8);
      head.writeInt32BE(head.length - 4 + body.length, 0);
      head.writeInt32BE(id, 4);
      return Buffer.concat([head, body]);
    };
    const request: FakeRequest = {
      apiKey: bytes.readInt16BE(0),
      version: bytes.readInt16BE(2),
      correlationId,
      rest: bytes.subarray(8),
      socket,
      frame,
      answer: (body, flexible) => socket.write(frame(body, flexible)),
    };
    this.requests.push(request);
    this.#handlers.get(request.apiKey)?.(request);
  }
}

/** One that is stopped when the test ends. */
export async function fakeBroker(t: TestContext, identity?: Identity): Promise<FakeBroker> {
  const fake = await FakeBroker.start(0, identity);
  t.after(() => fake.stop());
  return fake;
}

/** Body of an ApiVersions response; versions 0 to 2 are without tags. */
export function apiVersions(
  version: number,
  ranges: readonly (readonly [apiKey: number, min: number, max: number])[],
): Buffer {
  const flexible = version >= 3;
  const writer = Writer.create()
    .appendInt16(0)
    .appendArray(
      [...ranges],
      (w, [apiKey, min, max]) => w.appendInt16(apiKey).appendInt16(min).appendInt16(max),
      flexible,
      flexible,
    );
  if (version >= 1) writer.appendInt32(0);
  if (flexible) writer.appendTaggedFields();
  return writer.buffer;
}

export interface FakeTopic {
  readonly name: string;
  readonly errorCode?: number;
  readonly id?: string;
  /** Leader and epoch by partition. */
  readonly leaders?: readonly (readonly [nodeId: number, leaderEpoch: number])[];
}

/** Body of a Metadata response, version 12. */
export function metadata(
  brokers: readonly { readonly nodeId: number; readonly port: number }[],
  topics: readonly FakeTopic[] = [],
): Buffer {
  return Writer.create()
    .appendInt32(0)
    .appendArray([...brokers], (w, { nodeId, port }) =>
      w.appendInt32(nodeId).appendString('127.0.0.1').appendInt32(port).appendString(null),
    )
    .appendString('cluster')
    .appendInt32(1)
    .appendArray([...topics], (w, { name, errorCode = 0, id = TOPIC_ID, leaders = [] }) =>
      w
        .appendInt16(errorCode)
        .appendString(name)
        .appendUUID(id)
        .appendBoolean(false)
        .appendArray([...leaders], (w, [nodeId, leaderEpoch], partition) =>
          w
            .appendInt16(nodeId === -1 ? 5 : 0)
            .appendInt32(partition)
            .appendInt32(nodeId)
            .appendInt32(leaderEpoch)
            .appendArray([], () => {})
            .appendArray([], () => {})
            .appendArray([], () => {}),
        )
        .appendInt32(-2147483648),
    )
    .appendTaggedFields().buffer;
}

const TOPIC_ID = '641eb040-c04e-4179-9deb-9404a2f2cb63';

/** Body of a FindCoordinator response, version 6. */
export function coordinator(group: string, nodeId: number, port: number, errorCode = 0): Buffer {
  return Writer.create()
    .appendInt32(0)
    .appendArray([group], (w, key) =>
      w
        .appendString(key)
        .appendInt32(nodeId)
        .appendString('127.0.0.1')
        .appendInt32(port)
        .appendInt16(errorCode)
        .appendString(null),
    )
    .appendTaggedFields().buffer;
}

/** Lets SASL PLAIN pass; the broker ends each session after so long. */
export function acceptSasl(broker: FakeBroker, sessionLifetimeMs: number): void {
  broker.on(SASL_HANDSHAKE, (request) => {
    const body = Writer.create()
      .appendInt16(0)
      .appendArray(['PLAIN'], (w, name) => w.appendString(name, false), false, false).buffer;
    request.answer(body, false);
  });
  broker.on(SASL_AUTHENTICATE, (request) => {
    const body = Writer.create()
      .appendInt16(0)
      .appendString(null)
      .appendBytes(Buffer.alloc(0))
      .appendInt64(BigInt(sessionLifetimeMs))
      .appendTaggedFields().buffer;
    request.answer(body, true);
  });
}
