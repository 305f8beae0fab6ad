/** The border to Kafka's errors: nobody outside this folder knows a client's classes or the protocol's error names. */
import { type ErrorCode, TidemarkError } from '../errors.ts';

const AUTH = new Set([
  'AUTH',
  'SASL_AUTHENTICATION_FAILED',
  'UNSUPPORTED_SASL_MECHANISM',
  'ILLEGAL_SASL_STATE',
  'SECURITY_DISABLED',
]);
const ACL = new Set([
  'TOPIC_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
]);
/** The group went on without this member, or is about to: what was to be committed belongs to whoever has the partition now. */
const GROUP_MOVED_ON = new Set([
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
  'REBALANCE_IN_PROGRESS',
  'FENCED_INSTANCE_ID',
]);
const TOO_LARGE = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE']);
/** The broker looked into the record and will never take it: a compacted topic without a key, a timestamp out of bounds. */
const RECORD_REFUSED = new Set(['INVALID_RECORD', 'INVALID_TIMESTAMP']);
/** Not retriable to kafkajs, which would ask the same broker again; another moment or broker cures it. */
const COMES_BACK = new Set([
  'BROKER_NOT_AVAILABLE',
  'STALE_BROKER_EPOCH',
  'STALE_CONTROLLER_EPOCH',
  'REASSIGNMENT_IN_PROGRESS',
]);
const UNREACHABLE_NAMES = new Set([
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSRequestTimeoutError',
  'KafkaJSBrokerNotFound',
  'KafkaJSNoBrokerAvailableError',
  'KafkaJSGroupCoordinatorNotFound',
  'KafkaJSMetadataNotLoaded',
  'KafkaJSTopicMetadataNotLoaded',
  'KafkaJSTimeout',
  'KafkaJSLockTimeout',
]);

/** One of a chain of errors, as clients throw them. */
export interface ErrorLink {
  readonly name?: unknown;
  readonly type?: unknown;
  readonly message?: unknown;
  readonly retriable?: unknown;
  readonly cause?: unknown;
  /** The protocol's name of the error, in @platformatic/kafka. */
  readonly apiId?: unknown;
  readonly code?: unknown;
  readonly canRetry?: unknown;
  readonly errors?: unknown;
  /** The broker's own words. */
  readonly serverErrorMessage?: unknown;
}

/**
 * An error and what caused it, outermost first: kafkajs wraps what it gave up retrying, twice at times;
 * @platformatic/kafka throws all errors of a response at once, of which the first is followed.
 */
export function errorChain(thrown: unknown): ErrorLink[] {
  const links: ErrorLink[] = [];
  let link = thrown;
  while (typeof link === 'object' && link !== null && links.length < 12) {
    links.push(link);
    const { errors, cause } = link as ErrorLink;
    link = Array.isArray(errors) && errors.length > 0 ? errors[0] : cause;
  }
  return links;
}

/** The protocol's name of the error (`NOT_LEADER_FOR_PARTITION`), when a broker said it. */
export function protocolError(thrown: unknown): string | undefined {
  for (const { type, apiId } of errorChain(thrown)) {
    if (typeof type === 'string') return type;
    if (typeof apiId === 'string') return apiId;
  }
  return undefined;
}

export function isGroupMovedOn(thrown: unknown): boolean {
  return GROUP_MOVED_ON.has(protocolError(thrown) ?? '');
}

export function isTooLarge(thrown: unknown): boolean {
  return TOO_LARGE.has(protocolError(thrown) ?? '');
}

/** The fault lies in a record of the request, not in the broker or the network. */
export function isRecordRefused(thrown: unknown): boolean {
  return isTooLarge(thrown) || RECORD_REFUSED.has(protocolError(thrown) ?? '');
}

/**
 * A TidemarkError for anything a Kafka client throws. `doing` says what was tried, as in `reading topic orders`.
 * What a broker may take back by itself is `retry`; what a human has to change is `stop`.
 */
export function kafkaError(thrown: unknown, doing: string): TidemarkError {
  if (thrown instanceof TidemarkError) return thrown;
  const links = errorChain(thrown);
  const type = protocolError(thrown);
  const text = links
    .map((link) => link.message)
    .find((message) => typeof message === 'string' && message !== '');
  const message = `${doing}: ${text ?? String(thrown)}${type === undefined ? '' : ` (${type})`}`;
  return new TidemarkError(codeOf(links, type), message, { cause: thrown });
}

/** A fault that no broker told of: a bug, of ours or of the client's. */
export function internalFault(thrown: unknown): TidemarkError {
  if (thrown instanceof TidemarkError) return thrown;
  return new TidemarkError('E-INTERNAL', `kafka client: ${String(thrown)}`, { cause: thrown });
}

function codeOf(links: readonly ErrorLink[], type: string | undefined): ErrorCode {
  const names = links.map((link) => String(link.name));
  if (type !== undefined) {
    if (AUTH.has(type)) return 'E-KAFKA-AUTH';
    if (type === 'CLOSED') return 'E-KAFKA-UNREACHABLE';
    if (ACL.has(type)) return 'E-KAFKA-ACL';
    if (type === 'UNKNOWN_TOPIC_OR_PARTITION') return 'E-KAFKA-TOPIC-MISSING';
    if (GROUP_MOVED_ON.has(type) || COMES_BACK.has(type)) return 'E-KAFKA-UNREACHABLE';
  }
  // The native client has judged it already.
  const fault = links.find(({ name }) => name === 'KafkaFault');
  if (fault !== undefined) return fault.retriable === true ? 'E-KAFKA-UNREACHABLE' : 'E-KAFKA-REFUSED';
  if (names.includes('KafkaJSSASLAuthenticationError')) return 'E-KAFKA-AUTH';
  // When all its brokers are gone at once, kafkajs stumbles over the broker list that it has emptied itself.
  if (links.some((link) => link instanceof TypeError && link.stack?.includes('kafkajs')))
    return 'E-KAFKA-UNREACHABLE';
  // What listens there took the connection and speaks no Kafka, or closed it: kafkajs says so in a plain error.
  if (links.some(({ message }) => message === 'Broker not connected')) return 'E-KAFKA-UNREACHABLE';
  if (names.includes('KafkaJSNotImplemented')) return 'E-KAFKA-CAPABILITY';
  if (links.some((link) => isCertificateFault(link))) return 'E-KAFKA-AUTH';
  if (names.some((name) => UNREACHABLE_NAMES.has(name))) return 'E-KAFKA-UNREACHABLE';
  const ofLibrary = links.findLast(({ code }) => String(code).startsWith('PLT_KFK_'));
  if (ofLibrary !== undefined) return codeOfLibrary(ofLibrary);
  // The innermost error decides: the wrapper around exhausted retries calls itself not retriable whatever was retried.
  const cause = links.at(-1);
  if (cause?.retriable === true) return 'E-KAFKA-UNREACHABLE';
  return names.some((name) => name.startsWith('KafkaJS')) ? 'E-KAFKA-REFUSED' : 'E-INTERNAL';
}

/** The innermost error of @platformatic/kafka: it calls a connection lost during authentication an authentication error. */
function codeOfLibrary({ code, canRetry }: ErrorLink): ErrorCode {
  if (code === 'PLT_KFK_AUTHENTICATION') return 'E-KAFKA-AUTH';
  return code === 'PLT_KFK_NETWORK' || canRetry === true ? 'E-KAFKA-UNREACHABLE' : 'E-KAFKA-REFUSED';
}

/** TLS handshakes fail as plain connection errors; only their words tell a wrong certificate from a broker that is down. */
export function isCertificateFault({ message }: { readonly message?: unknown }): boolean {
  return (
    typeof message === 'string' && CERTIFICATE_WORDS.some((word) => message.toLowerCase().includes(word))
  );
}

const CERTIFICATE_WORDS = [
  'self-signed certificate',
  'self signed certificate',
  'unable to verify the first certificate',
  'unable to get local issuer certificate',
  'certificate has expired',
  'certificate is not yet valid',
  "does not match certificate's altnames",
  'alert bad certificate',
  'alert unknown ca',
  'alert certificate',
  'alert handshake failure',
];
