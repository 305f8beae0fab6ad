import type { ConnectionOptions } from 'node:tls';
import { Kafka, type LogEntry, logLevel, type SASLOptions } from 'kafkajs';
import type { ClientLog, KafkaConnection, SaslCredentials, TlsOptions } from '../connection.ts';

const CONNECT_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 30_000;

/**
 * Patience with a broker inside one call; about two seconds. What lasts longer is waited out above, where it is told as a pause.
 */
export const CALL_RETRY = { initialRetryTime: 100, maxRetryTime: 1_000, retries: 4 } as const;

/** A kafkajs client that is quiet but for `log`. Connects to nothing yet. */
export function newKafka(connection: KafkaConnection, log: ClientLog = () => {}): Kafka {
  return new Kafka({
    clientId: connection.clientId,
    brokers: [...connection.brokers],
    ...(connection.tls === undefined ? {} : { ssl: tlsOptions(connection.tls) }),
    ...(connection.sasl === undefined ? {} : { sasl: saslOptions(connection.sasl) }),
    connectionTimeout: CONNECT_TIMEOUT_MS,
    authenticationTimeout: CONNECT_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    retry: CALL_RETRY,
    logLevel: logLevel.INFO,
    logCreator: () => (entry) => forward(entry, log),
  });
}

function tlsOptions(tls: TlsOptions | true): ConnectionOptions | true {
  if (tls === true) return true;
  return {
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls.cert === undefined ? {} : { cert: tls.cert }),
    ...(tls.key === undefined ? {} : { key: tls.key }),
    ...(tls.serverName === undefined ? {} : { servername: tls.serverName }),
    rejectUnauthorized: tls.rejectUnauthorized ?? true,
  };
}

function saslOptions(sasl: SaslCredentials): SASLOptions {
  if (sasl.mechanism !== 'oauthbearer') return { ...sasl };
  const { token } = sasl;
  return { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: token }) };
}

function forward(entry: LogEntry, log: ClientLog): void {
  const { message, logger: _logger, timestamp: _timestamp, ...details } = entry.log;
  const level = entry.level === logLevel.ERROR ? 'error' : entry.level === logLevel.WARN ? 'warn' : 'info';
  log(level, message, details);
}
