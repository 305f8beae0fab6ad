/** What goes wrong between us and a broker, in one class: callers decide by `type` and never by a library's classes. */
import { protocolErrors, protocolErrorsCodesById, ResponseError } from '@platformatic/kafka';
import { type ErrorLink, errorChain, isCertificateFault } from '../../errors.ts';

/**
 * The protocol's name of the error when a broker said it; else one of
 * - NETWORK: no connection, or it was lost with the request: a request may or may not have been served;
 * - TIMEOUT: no answer in time: likewise unknown;
 * - CLOSED: we were closing;
 * - UNSUPPORTED_VERSION: broker and client share no version of the API (also what an old broker says itself);
 * - MALFORMED_RESPONSE: the answer is not what the protocol says;
 * - CREDENTIALS: a certificate, key or token file cannot be read just now;
 * - AUTH: wrong credentials, certificate or listener.
 */
export type FaultType = string;

export interface FaultOptions {
  readonly retriable?: boolean;
  /** The parsed response, when a broker answered with an error in it. */
  readonly response?: unknown;
  readonly cause?: unknown;
}

export class KafkaFault extends Error {
  readonly type: FaultType;
  /** Another attempt may succeed without anybody changing anything. */
  readonly retriable: boolean;
  readonly response?: unknown;

  constructor(type: FaultType, message: string, { retriable, response, cause }: FaultOptions = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'KafkaFault';
    this.type = type;
    this.retriable = retriable ?? isRetriable(type);
    if (response !== undefined) this.response = response;
  }
}

const RETRIABLE_HERE = new Set(['NETWORK', 'TIMEOUT', 'CREDENTIALS']);

function isRetriable(type: FaultType): boolean {
  return RETRIABLE_HERE.has(type) || protocolErrors[type]?.canRetry === true;
}

/** The protocol's name of an error code in a response: 0 is NONE; a code newer than this client is UNKNOWN_ERROR_n. */
export function errorName(code: number): string {
  return protocolErrorsCodesById[code] ?? `UNKNOWN_ERROR_${code}`;
}

/** The fault of an error code in a response. `said` is the broker's own message, where the response has one. */
export function faultOfCode(code: number, doing: string, said?: string | null): KafkaFault {
  const type = errorName(code);
  const text = said || protocolErrors[type]?.message || 'an error this client does not know';
  return new KafkaFault(type, `${doing}: ${text}`);
}

/** A KafkaFault for whatever the library threw. `doing` names the request and the broker. */
export function faultFrom(thrown: unknown, doing: string): KafkaFault {
  if (thrown instanceof KafkaFault) return thrown;
  const links = errorChain(thrown);
  // The library's SASL wraps whatever ends an exchange, a lost connection too.
  const inner = links.find((link) => link instanceof KafkaFault);
  if (inner !== undefined) return inner;
  const said = links.find((link) => typeof link.apiId === 'string');
  const text = wordsOf(links, said);
  const message = `${doing}: ${text}`;
  if (said !== undefined) {
    const response =
      thrown instanceof ResponseError ? (thrown as { response?: unknown }).response : undefined;
    return new KafkaFault(said.apiId as string, message, { cause: thrown, response });
  }
  return new KafkaFault(localType(links), message, { cause: thrown });
}

function localType(links: readonly ErrorLink[]): FaultType {
  if (links.some((link) => isCertificateFault(link))) return 'AUTH';
  if (links.at(-1)?.code === 'PLT_KFK_AUTHENTICATION') return 'AUTH';
  return 'NETWORK';
}

function wordsOf(links: readonly ErrorLink[], said: ErrorLink | undefined): string {
  const messages = links.map(({ message }) => message);
  if (messages.some((message) => String(message).includes('before secure TLS connection was established')))
    return 'the TLS handshake was cut off: either the broker is going down, or this port does not speak TLS (kafka.tls)';
  if (messages.some((message) => String(message).includes('wrong version number')))
    return 'this port does not speak TLS: choose the TLS listener, or remove kafka.tls';
  if (said?.apiId === 'ILLEGAL_SASL_STATE')
    return 'this port asks for no SASL: choose the SASL listener, or remove kafka.sasl';
  if (said !== undefined && typeof said.serverErrorMessage === 'string' && said.serverErrorMessage !== '')
    return said.serverErrorMessage;
  return String(messages.findLast((message) => typeof message === 'string' && message !== '') ?? 'failed');
}
