import { connect, createServer } from 'node:net';
import { StackError } from './errors.ts';

export const LOOPBACK = '127.0.0.1';

/** Below the ranges from which Linux (32768) and macOS (49152) take ports for outgoing connections: a broker that restarts finds its port again. */
const FREE_PORTS = { first: 20_000, count: 12_000 };

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: LOOPBACK, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Whether something accepts connections on a loopback port. */
function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: LOOPBACK });
    const settle = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
  });
}

/** `count` ports that nothing uses now. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  for (let attempt = 0; attempt < 1000 && ports.length < count; attempt++) {
    const port = FREE_PORTS.first + Math.floor(Math.random() * FREE_PORTS.count);
    if (!ports.includes(port) && (await canListen(port))) ports.push(port);
  }
  if (ports.length < count) throw new StackError('No free loopback ports were found; close some programs.');
  return ports;
}

/** Throws when something else uses the port. A bind alone does not tell on macOS, where a wildcard listener may coexist. */
export async function requireFree(port: number, what: string, option: string): Promise<void> {
  if ((await canListen(port)) && !(await accepts(port))) return;
  throw new StackError(
    `Port ${port} for the ${what} is taken by another program; stop it, or choose another port with ${option}.`,
  );
}
