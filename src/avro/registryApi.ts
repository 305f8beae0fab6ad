/**
 * The border to the schema registry: requests by the API client of @kafkajs/confluent-schema-registry, answers as values.
 * Only its API client is used, not its SchemaRegistry class: that one caches without bound, believes no timeout, compiles every
 * schema with avsc and keeps the schema's own text to itself.
 */
import { type AgentOptions, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent, type AgentOptions as HttpsAgentOptions } from 'node:https';
import type {
  SchemaRegistryAPIClient,
  SchemaRegistryAPIClientArgs,
} from '@kafkajs/confluent-schema-registry/dist/api/index.js';
import registryApi from '@kafkajs/confluent-schema-registry/dist/api/index.js';
import { TidemarkError } from '../errors.ts';

export interface RegistryOptions {
  /** Base URL of the Confluent-compatible API, without a slash at its end. */
  readonly url: string;
  readonly auth?:
    | { readonly kind: 'basic'; readonly username: string; readonly password: string }
    | { readonly kind: 'bearer'; readonly token: string };
  /** PEM texts; for an https URL. */
  readonly tls?: {
    readonly ca?: string;
    readonly cert?: string;
    readonly key?: string;
    readonly serverName?: string;
    readonly rejectUnauthorized?: boolean;
  };
  /** How long one request may take, from its start to the last byte of the answer. */
  readonly timeoutMs: number;
}

export type RegistryRequest = (api: SchemaRegistryAPIClient) => Promise<unknown>;

/** The part of the client library's response that is looked at. */
interface RawResponse {
  status(): number;
  /** Present when no answer came at all; the status is then made up (400). */
  error(): (Error & { code?: unknown }) | null;
  data(): unknown;
  header(name: string): unknown;
}

/** The registry's time (epoch milliseconds, of the second it named), and ours before and after. */
export interface RegistryTime {
  readonly dateMs: number;
  readonly askedMs: number;
  readonly answeredMs: number;
}

type Middleware = NonNullable<SchemaRegistryAPIClientArgs['middlewares']>[number];

const MAX_SOCKETS = 4;
const CERTIFICATE_FAULTS =
  /CERT|SELF_SIGNED|UNABLE_TO_(GET_ISSUER|VERIFY)|ERR_TLS_|ERR_SSL_(TLSV1|SSLV3)_ALERT|ERR_OSSL/;
/** Subject, version or schema not found; a path that the server does not have is told by a plain 404, also by registries. */
const NOT_FOUND_CODES = new Set([40401, 40402, 40403]);
/** Answers that waiting may cure: overload, a gateway without a backend, a registry without its leader. */
const PASSING_STATUSES = new Set([408, 425, 429]);

/** Where the client library's own parts are plugged in, innermost first; its types do not show it. */
interface Manifested {
  readonly _manifest: { readonly middleware: Middleware[] };
}

/**
 * Makes the client give every answer as it came. Its own error tells neither an outage from a 400 nor a registry's 404 from
 * a gateway's, and the middleware that one may pass in sees only that error: this one has to be the innermost.
 */
function tellAsItCame(client: SchemaRegistryAPIClient): void {
  const asItCame: Middleware = () => ({ response: (next) => next().catch((response) => response) });
  (client as unknown as Manifested)._manifest.middleware.unshift(asItCame);
}

const bearing =
  (token: string): Middleware =>
  () => ({
    prepareRequest: (next) =>
      next().then((request) => request.enhance({ headers: { authorization: `Bearer ${token}` } })),
  });

/** Frees the socket of a request that nobody waits for any more; the library's own timeout starts anew with every byte. */
const within =
  (timeoutMs: number): Middleware =>
  () => ({
    prepareRequest: (next) =>
      next().then((request) => request.enhance({ signal: AbortSignal.timeout(timeoutMs) })),
  });

export class RegistryApi {
  readonly #url: string;
  readonly #timeoutMs: number;
  readonly #client: SchemaRegistryAPIClient;

  constructor({ url, auth, tls, timeoutMs }: RegistryOptions) {
    this.#url = url;
    this.#timeoutMs = timeoutMs;
    const pool: AgentOptions = { keepAlive: true, maxSockets: MAX_SOCKETS };
    this.#client = registryApi.default({
      host: url,
      clientId: 'tidemark',
      agent: url.startsWith('https:') ? new HttpsAgent({ ...pool, ...tlsOptions(tls) }) : new HttpAgent(pool),
      // Retrying is decided by whoever asks, who knows for how long and tells that it waits.
      retry: { retries: 0 },
      middlewares: [...(auth?.kind === 'bearer' ? [bearing(auth.token)] : []), within(timeoutMs)],
      ...(auth?.kind === 'basic' ? { auth: { username: auth.username, password: auth.password } } : {}),
    });
    tellAsItCame(this.#client);
  }

  /**
   * One request; `doing` says what for, as in `fetching schema 7`. Undefined when the registry says that it has no such id,
   * subject or version.
   * @throws TidemarkError E-REGISTRY-UNREACHABLE (no answer, or none of a registry), E-REGISTRY-AUTH, E-REGISTRY-REFUSED.
   */
  async ask<T>(doing: string, request: RegistryRequest): Promise<T | undefined> {
    return this.#answerOf(await this.#send(doing, request), doing) as T | undefined;
  }

  /** When the registry answers, by its own clock; undefined when the answer bears no Date. Throws as `ask` does. */
  async time(request: RegistryRequest): Promise<RegistryTime | undefined> {
    const askedMs = Date.now();
    const response = await this.#send('asking for the time', request);
    const answeredMs = Date.now();
    const dateMs = Date.parse(String(response.header('date')));
    return Number.isNaN(dateMs) ? undefined : { dateMs, askedMs, answeredMs };
  }

  async #send(doing: string, request: RegistryRequest): Promise<RawResponse> {
    const tooLate = Promise.withResolvers<never>();
    // The client library never settles when an answer breaks off half way, so its signal alone is not enough.
    const timer = setTimeout(
      () =>
        tooLate.reject(
          this.#error('E-REGISTRY-UNREACHABLE', doing, `gave no answer within ${this.#timeoutMs} ms`),
        ),
      this.#timeoutMs,
    );
    try {
      return (await Promise.race([request(this.#client), tooLate.promise])) as RawResponse;
    } finally {
      clearTimeout(timer);
    }
  }

  #answerOf(response: RawResponse, doing: string): object | undefined {
    const fault = response.error();
    if (fault) throw this.#noAnswer(fault, doing);
    const status = response.status();
    const body = response.data();
    if (status >= 200 && status < 300) {
      if (typeof body === 'object' && body !== null) return body;
      const what = `answered ${status} with something that is no JSON; check its URL`;
      throw this.#error('E-REGISTRY-UNREACHABLE', doing, what);
    }
    const { code, message } = refusalIn(body);
    const answer = `answered ${status}${message === undefined ? '' : `: ${message}`}`;
    if (status === 401 || status === 403) throw this.#error('E-REGISTRY-AUTH', doing, answer);
    if (status === 404) {
      if (code !== undefined && NOT_FOUND_CODES.has(code)) return undefined;
      // A wrong base path, or a gateway whose registry is away: believing it would dead-letter every event.
      const what = 'answered 404 in words that are no registry’s; check the path of its URL';
      throw this.#error('E-REGISTRY-UNREACHABLE', doing, what);
    }
    const passes = status >= 500 || PASSING_STATUSES.has(status);
    throw this.#error(passes ? 'E-REGISTRY-UNREACHABLE' : 'E-REGISTRY-REFUSED', doing, answer);
  }

  #noAnswer(cause: Error & { code?: unknown }, doing: string): TidemarkError {
    const isCertificate = typeof cause.code === 'string' && CERTIFICATE_FAULTS.test(cause.code);
    // OpenSSL's words for this are several lines of its own source.
    const isPlainHttp = cause.message.includes('wrong version number');
    const detail = isPlainHttp ? 'it speaks http, not https' : cause.message || String(cause.code);
    if (isCertificate) return this.#error('E-REGISTRY-AUTH', doing, `cannot be trusted: ${detail}`, cause);
    return this.#error('E-REGISTRY-UNREACHABLE', doing, `does not answer: ${detail}`, cause);
  }

  #error(
    code: 'E-REGISTRY-UNREACHABLE' | 'E-REGISTRY-AUTH' | 'E-REGISTRY-REFUSED',
    doing: string,
    what: string,
    cause?: Error,
  ): TidemarkError {
    return new TidemarkError(
      code,
      `${doing}: the schema registry at ${this.#url} ${what}`,
      cause && { cause },
    );
  }
}

function tlsOptions(tls: RegistryOptions['tls']): HttpsAgentOptions {
  if (tls === undefined) return {};
  const { serverName, ...rest } = tls;
  return serverName === undefined ? rest : { ...rest, servername: serverName };
}

/** What a registry adds to a status: its own code (40403: schema not found) and a message. */
function refusalIn(body: unknown): { code: number | undefined; message: string | undefined } {
  const { error_code: code, message } = (typeof body === 'object' && body !== null ? body : {}) as {
    error_code?: unknown;
    message?: unknown;
  };
  return {
    code: typeof code === 'number' ? code : undefined,
    message: typeof message === 'string' ? message : undefined,
  };
}
