import {
  type API,
  AuthenticationError,
  type Connection,
  saslAuthenticateV0,
  saslAuthenticateV1,
  saslAuthenticateV2,
  saslHandshakeV1,
  saslOAuthBearer,
  saslPlain,
  saslScramSha,
} from '@platformatic/kafka';
import type { SaslCredentials } from '../../connection.ts';
import { faultFrom, KafkaFault } from './fault.ts';
import type { ApiVersions } from './versions.ts';
import type { Wire } from './wire.ts';

const SASL_AUTHENTICATE = 36;
/** Version 1 brought the session's lifetime (KIP-368). */
const AUTHENTICATE_APIS = [saslAuthenticateV0.api, saslAuthenticateV1.api, saslAuthenticateV2.api] as const;

const MECHANISMS = {
  plain: 'PLAIN',
  'scram-sha-256': 'SCRAM-SHA-256',
  'scram-sha-512': 'SCRAM-SHA-512',
  oauthbearer: 'OAUTHBEARER',
} as const;

type Authentication = saslAuthenticateV2.SaslAuthenticateResponse;
type Done = (error: Error | null, response?: Authentication) => void;
type AuthenticateApi = API<[Buffer], Authentication>;

/**
 * Says who we are. @returns how long the broker lets the connection live, in milliseconds; Infinity without a limit. Such a
 * connection is replaced in time and not authenticated anew: in the middle of that a broker closes it on any other request
 * (KIP-368), of which there is always one here. Throws a KafkaFault.
 */
export async function authenticate(
  wire: Wire,
  versions: ApiVersions,
  sasl: SaslCredentials,
): Promise<number> {
  const mechanism = MECHANISMS[sasl.mechanism];
  await offer(wire, mechanism);
  const api = AUTHENTICATE_APIS[versions.pick(SASL_AUTHENTICATE, 0, 2)] as AuthenticateApi;
  const response = await answerOf<Authentication>(wire, `authenticating with ${mechanism}`, (done) =>
    exchange(sasl, wire.connection, api, done),
  );
  // A refused token is answered with error code 0 and the reason in the bytes (RFC 7628 3.2.2).
  if (sasl.mechanism === 'oauthbearer' && response.authBytes.length > 0)
    throw new KafkaFault('AUTH', `${wire.broker} refused the token: ${response.authBytes.toString()}`);
  return response.sessionLifetimeMs > 0n ? Number(response.sessionLifetimeMs) : Number.POSITIVE_INFINITY;
}

async function offer(wire: Wire, mechanism: string): Promise<void> {
  const doing = `asking for ${mechanism}`;
  try {
    await answerOf(wire, doing, (done: Done) =>
      saslHandshakeV1.api(wire.connection, mechanism, done as () => void),
    );
  } catch (thrown) {
    const fault = thrown as KafkaFault;
    if (fault.type !== 'UNSUPPORTED_SASL_MECHANISM') throw fault;
    const { mechanisms } = fault.response as saslHandshakeV1.SaslHandshakeResponse;
    throw new KafkaFault(fault.type, `${wire.broker} offers ${mechanisms.join(', ')} and not ${mechanism}`);
  }
}

/** The exchange of each mechanism is the library's. */
function exchange(sasl: SaslCredentials, connection: Connection, api: AuthenticateApi, done: Done): void {
  switch (sasl.mechanism) {
    case 'plain':
      saslPlain.authenticate(api, connection, sasl.username, sasl.password, done);
      return;
    case 'oauthbearer':
      saslOAuthBearer.authenticate(api, connection, sasl.token, {}, done);
      return;
    case 'scram-sha-256':
    case 'scram-sha-512': {
      const algorithm = sasl.mechanism === 'scram-sha-256' ? 'SHA-256' : 'SHA-512';
      const { username, password } = sasl;
      const crypto = saslScramSha.defaultCrypto;
      saslScramSha.authenticate(api, connection, algorithm, username, password, crypto, done);
      return;
    }
    default:
      sasl satisfies never;
  }
}

/** Also ends when the connection does: an exchange that stumbles over an answer calls nobody. */
function answerOf<T>(
  wire: Wire,
  doing: string,
  ask: (done: (error: Error | null, answer?: T) => void) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    wire.whenLost(reject);
    ask((error, answer) => {
      if (error === null && answer !== undefined) resolve(answer);
      else reject(faultFrom(error ?? new AuthenticationError('no answer'), `${wire.broker}, ${doing}`));
    });
  });
}
