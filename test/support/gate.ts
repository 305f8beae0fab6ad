/** A TCP proxy that a test opens, shuts and stalls: a server that is down, or that hangs, without touching the server. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

export class Gate {
  readonly #target: { readonly host: string; readonly port: number };
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;
  #stalled = false;

  private constructor(target: URL) {
    this.#target = { host: target.hostname, port: Number(target.port) };
  }

  /** An open gate before the server of a URL. */
  static async before(t: TestContext, target: string): Promise<Gate> {
    const gate = new Gate(new URL(target));
    await gate.open();
    t.after(() => gate.shut());
    return gate;
  }

  /** `target` as it is reached through the gate. */
  url(target: string): string {
    const url = new URL(target);
    url.hostname = 'localhost';
    url.port = String(this.#port);
    return url.href;
  }

  /** Takes connections, on the port it had before. */
  async open(): Promise<void> {
    this.#stalled = false;
    const server = createServer((socket) => this.#join(socket));
    this.#server = server;
    server.listen({ host: 'localhost', port: this.#port });
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
  }

  /** Ends every connection and refuses new ones. */
  async shut(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = once(server, 'close');
    server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** Takes connections and requests and answers nothing, until it is shut. */
  stall(): void {
    this.#stalled = true;
    for (const socket of this.#sockets) socket.unpipe();
  }

  #join(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket)).on('error', () => {});
    if (this.#stalled) return;
    const other = connect(this.#target);
    this.#sockets.add(other);
    other.on('close', () => this.#sockets.delete(other)).on('error', () => socket.destroy());
    socket.pipe(other).pipe(socket);
    socket.on('close', () => other.destroy());
  }
}
