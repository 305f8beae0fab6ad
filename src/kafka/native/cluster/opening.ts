import type { Credentials, KafkaConnection } from '../../connection.ts';
import { BrokerLink } from './brokerLink.ts';
import { faultFrom, KafkaFault } from './fault.ts';
import { authenticate } from './sasl.ts';
import { type Address, openSocket } from './socket.ts';
import { type ApiVersions, askApiVersions } from './versions.ts';
import { Wire } from './wire.ts';

export type { Address } from './socket.ts';

/** For the socket, TLS, the question for API versions and SASL together. */
const CONNECT_TIMEOUT_MS = 10_000;

export interface OpenOptions {
  readonly nodeId: number;
  readonly address: Address;
  readonly connection: KafkaConnection;
  /** Ends the attempt when the client is closed. */
  readonly closing: AbortSignal;
  readonly connectTimeoutMs?: number;
}

/** A connection to one broker, authenticated, with its API versions known. Throws a KafkaFault. */
export async function openLink(options: OpenOptions): Promise<BrokerLink> {
  const { nodeId, address, connection, closing, connectTimeoutMs = CONNECT_TIMEOUT_MS } = options;
  const broker = `${address.host}:${address.port}`;
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), connectTimeoutMs);
  const signal = AbortSignal.any([closing, late.signal]);
  try {
    const credentials = await currentCredentials(connection);
    const wire = new Wire(connection.clientId, broker);
    wire.attach(await openSocket(address, credentials.tls, wire.onread, signal));
    const parts = await introduced(wire, credentials, signal);
    return new BrokerLink({ nodeId, wire, ...parts });
  } catch (thrown) {
    if (closing.aborted) throw new KafkaFault('CLOSED', 'the client was closed');
    if (late.signal.aborted)
      throw new KafkaFault('NETWORK', `connecting to ${broker}: not done within ${connectTimeoutMs} ms`);
    throw openingFault(thrown, connection, broker);
  } finally {
    clearTimeout(timer);
  }
}

interface Introduction {
  readonly versions: ApiVersions;
  readonly sessionLifetimeMs: number;
  readonly anonymous: boolean;
}

async function introduced(
  wire: Wire,
  { tls, sasl }: Credentials,
  signal: AbortSignal,
): Promise<Introduction> {
  const giveUp = () =>
    wire.destroy(new KafkaFault('NETWORK', `the connection to ${wire.broker} was given up`));
  signal.addEventListener('abort', giveUp);
  try {
    signal.throwIfAborted();
    // Brokers answer this before authentication, so that a client knows how to authenticate (KIP-152).
    const versions = await askApiVersions(wire);
    const sessionLifetimeMs =
      sasl === undefined ? Number.POSITIVE_INFINITY : await authenticate(wire, versions, sasl);
    return { versions, sessionLifetimeMs, anonymous: sasl === undefined && tls === undefined };
  } catch (thrown) {
    giveUp();
    throw thrown;
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

/** Certificates and tokens as they are now: whoever rotates them on disk need not restart anything. */
async function currentCredentials(connection: KafkaConnection): Promise<Credentials> {
  try {
    return (await connection.renew?.()) ?? connection;
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new KafkaFault('CREDENTIALS', `reading the credentials anew: ${reason}`, { cause: thrown });
  }
}

function openingFault(thrown: unknown, connection: KafkaConnection, broker: string): KafkaFault {
  const doing = `connecting to ${broker}`;
  const { code, message } = (thrown ?? {}) as { code?: unknown; message?: unknown };
  // A certificate and a key that do not fit, or are no PEM: files being replaced do so for a moment.
  if (/^ERR_(OSSL|CRYPTO)_/.test(String(code)) && !String(code).startsWith('ERR_OSSL_SSL')) {
    const type = connection.renew === undefined ? 'AUTH' : 'CREDENTIALS';
    return new KafkaFault(type, `${doing}: certificate or key cannot be used: ${message}`, { cause: thrown });
  }
  return faultFrom(thrown, doing);
}
