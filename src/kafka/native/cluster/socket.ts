import { connect as connectTcp, isIP, type OnReadOpts, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import type { TlsOptions } from '../../connection.ts';
import { KafkaFault } from './fault.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Idle connections are probed, so that a peer that vanished without a word is noticed. */
const KEEP_ALIVE_MS = 30_000;

/** A connected socket, with TLS when asked for; what it reads goes to `onread`. Rejects with the socket's error, or with `signal`'s reason. */
export function openSocket(
  address: Address,
  tls: TlsOptions | true | undefined,
  onread: OnReadOpts,
  signal: AbortSignal,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const socket =
      tls === undefined ? connectTcp({ ...address, onread }) : connectTls(tlsOptions(address, tls, onread));
    const connected = tls === undefined ? 'connect' : 'secureConnect';
    const settled = () => {
      signal.removeEventListener('abort', onAbort);
      socket.off('close', onClose);
      socket.off(connected, onConnected);
    };
    const onAbort = () => {
      settled();
      socket.destroy();
      reject(signal.reason);
    };
    const onClose = () => {
      settled();
      reject(new KafkaFault('NETWORK', 'the connection was closed'));
    };
    const onConnected = () => {
      settled();
      resolve(socket);
    };
    // Stays for ever: an error that nobody listens for would end the process.
    socket.on('error', (error) => {
      settled();
      socket.destroy();
      reject(error);
    });
    socket.on('close', onClose);
    socket.on(connected, onConnected);
    signal.addEventListener('abort', onAbort);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
  });
}

/** Node's types of it lack `onread`, which it takes as a plain socket does. */
type ReadingTls = ConnectionOptions & { readonly onread: OnReadOpts };

function tlsOptions({ host, port }: Address, tls: TlsOptions | true, onread: OnReadOpts): ReadingTls {
  const given: TlsOptions = tls === true ? {} : tls;
  const { ca, cert, key, rejectUnauthorized = true, serverName } = given;
  // TLS knows no addresses as server names (RFC 6066 3); the certificate is then checked against the address itself.
  const servername = serverName ?? (isIP(host) ? undefined : host);
  return {
    host,
    port,
    onread,
    rejectUnauthorized,
    ...(servername === undefined ? {} : { servername }),
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}
