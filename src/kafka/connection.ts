/** How to reach a Kafka cluster, for whichever client does it. */

export interface TlsOptions {
  /** PEM text. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly rejectUnauthorized?: boolean;
  readonly serverName?: string;
}

export type SaslCredentials =
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
      readonly username: string;
      readonly password: string;
    }
  | { readonly mechanism: 'oauthbearer'; readonly token: string };

export interface Credentials {
  readonly tls?: TlsOptions | true;
  readonly sasl?: SaslCredentials;
}

export interface KafkaConnection extends Credentials {
  /** `host:port` of some brokers; the rest are found through them. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  /**
   * The credentials as they are now, read anew from the files that they came from. A client that can asks before each
   * new connection, so that rotated certificates and tokens are used without a restart; another keeps those above.
   */
  readonly renew?: () => Promise<Credentials>;
}

/** What a client has to say, for a debug log; never needed to understand what the pipeline does. */
export type ClientLog = (level: 'error' | 'warn' | 'info', message: string, details: object) => void;

/** Of `host:port`, where an IPv6 address stands in brackets. */
export function addressOf(broker: string): { readonly host: string; readonly port: number } {
  const colon = broker.lastIndexOf(':');
  return { host: broker.slice(0, colon).replace(/^\[(.*)\]$/, '$1'), port: Number(broker.slice(colon + 1)) };
}
