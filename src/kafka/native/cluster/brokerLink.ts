import { type API, Writer } from '@platformatic/kafka';
import { TidemarkError } from '../../../errors.ts';
import { faultFrom, KafkaFault } from './fault.ts';
import { Gate } from './gate.ts';
import { type ApiVersions, apiName } from './versions.ts';
import type { Wire } from './wire.ts';

/** A request whose bytes are our own: those that carry records. */
export interface WireRequest<T> {
  readonly apiKey: number;
  readonly version: number;
  /** False for versions from before compact lengths and tags (KIP-482). */
  readonly flexible?: boolean;
  /** What is appended belongs to the connection until the request has ended: it is not copied. */
  write(writer: Writer): void;
  /**
   * `body` is the response after its header, in one piece: a view of what `memoryFor` gave, else of memory of its own that
   * stays as it is for as long as somebody holds it.
   */
  read(body: Buffer): T;
  /**
   * Memory for a response of `size` bytes, header included; at least as many. It belongs to the connection until `read` is
   * called, and for good when the request ends otherwise. Fresh memory costs more than filling it: whoever knows when a
   * response has been used up gives the same again.
   */
  memoryFor?(size: number): Buffer;
}

export interface LinkParts {
  readonly nodeId: number;
  readonly wire: Wire;
  readonly versions: ApiVersions;
  /** How long the broker lets this connection live (KIP-368); Infinity without a limit. */
  readonly sessionLifetimeMs: number;
  /** No credentials were given: a broker that wants some closes the connection at the first request. */
  readonly anonymous: boolean;
}

/** Told of an answer, and of what reading it threw; the loss of the connection is told to all requests at once, elsewhere. */
type Answered<T> = (error: Error | null | undefined, answer?: T) => void;

/** Of a session's lifetime; the rest is for what is under way, as a request after its end costs the connection. */
const SESSION_USED = 0.8;
const MAX_TIMER_MS = 2_147_483_647;

/**
 * One connection to one broker. Requests go out in the order of the calls and several may be under way; the broker serves
 * one at a time and answers in order. A link is used until it is closed and never comes back: ask the cluster for another.
 */
export class BrokerLink {
  readonly nodeId: number;
  /** `host:port`, for messages. */
  readonly broker: string;
  readonly #wire: Wire;
  readonly #versions: ApiVersions;
  readonly #anonymous: boolean;
  readonly #waiting = new Set<(fault: KafkaFault) => void>();
  readonly #drained = Promise.withResolvers<void>();
  readonly #gate = new Gate();
  readonly #expiry: NodeJS.Timeout | undefined;
  #closed = false;
  #proven = false;

  constructor({ nodeId, wire, versions, sessionLifetimeMs, anonymous }: LinkParts) {
    this.nodeId = nodeId;
    this.broker = wire.broker;
    this.#wire = wire;
    this.#versions = versions;
    this.#anonymous = anonymous;
    const usedMs = sessionLifetimeMs * SESSION_USED;
    if (usedMs <= MAX_TIMER_MS) this.#expiry = setTimeout(() => this.retire(), usedMs).unref();
    wire.whenLost((fault) => this.#lose(fault));
  }

  /** No request is taken any more; those under way may still be answered. */
  get closed(): boolean {
    return this.#closed;
  }

  /** A request was answered: the broker does more than accept connections. */
  get proven(): boolean {
    return this.#proven;
  }

  /** Resolves when the link is closed and nothing is under way. */
  get drained(): Promise<void> {
    return this.#drained.promise;
  }

  /** The highest version of the API that the broker and [min, max] share; throws a KafkaFault UNSUPPORTED_VERSION. */
  version(apiKey: number, min: number, max: number): number {
    return this.#versions.pick(apiKey, min, max);
  }

  /** Rejects with a KafkaFault, or with the TidemarkError that `read` threw. */
  call<T>(request: WireRequest<T>, timeoutMs: number): Promise<T> {
    const { apiKey, version, flexible = true } = request;
    const memoryFor = request.memoryFor && ((size: number) => request.memoryFor!(size));
    const head = { apiKey, version, tagged: flexible, answerTagged: flexible, memoryFor };
    return this.#send(apiKey, version, timeoutMs, (answered: Answered<T>) => {
      const writer = Writer.create();
      request.write(writer);
      this.#wire.request(head, writer.buffers, (_lost, body) => {
        if (body === undefined) return;
        let answer: T;
        try {
          answer = request.read(body);
        } catch (thrown) {
          answered(thrown as Error);
          return;
        }
        answered(undefined, answer);
      });
    });
  }

  /**
   * One of the library's own requests. An error in the response rejects with a KafkaFault of the first error's type that
   * keeps the whole response.
   */
  async api<A extends unknown[], T>(api: API<A, T>, timeoutMs: number, ...args: A): Promise<T> {
    try {
      const answer = await this.#send(api.key, api.version, timeoutMs, (answered: Answered<T>) =>
        api(
          this.#wire.connection,
          ...args,
          ...([
            (error, response) => {
              if (!(error instanceof KafkaFault)) answered(error, response);
            },
          ] as [Answered<T>]),
        ),
      );
      this.throttle(throttleTimeOf(answer));
      return answer;
    } catch (thrown) {
      if (thrown instanceof KafkaFault) this.throttle(throttleTimeOf(thrown.response));
      throw thrown;
    }
  }

  /**
   * What a response says in throttle_time_ms: the broker has stopped reading from this connection for so long, and expects
   * that nothing more is sent meanwhile (KIP-219). Calls wait for it by themselves, in their order; their time begins after.
   */
  throttle(throttleTimeMs: number): void {
    if (!this.#closed) this.#gate.shutFor(throttleTimeMs);
  }

  /** Resolves when the broker reads from this connection again; undefined when it does. */
  untilUnthrottled(): Promise<void> | undefined {
    return this.#gate.untilOpen;
  }

  /** Takes no more requests and closes when those under way are answered. */
  retire(): void {
    this.#closed = true;
    clearTimeout(this.#expiry);
    if (this.#waiting.size === 0) this.destroy();
  }

  /** Closes at once; what is under way ends with a fault. */
  destroy(): void {
    this.#wire.destroy(new KafkaFault('CLOSED', `the connection to ${this.broker} was closed here`));
  }

  #send<T>(
    apiKey: number,
    version: number,
    timeoutMs: number,
    send: (answered: Answered<T>) => void,
  ): Promise<T> {
    const doing = `${apiName(apiKey)} v${version} to ${this.broker}`;
    if (this.#closed) return Promise.reject(new KafkaFault('NETWORK', `${doing}: the connection is closed`));
    return new Promise<T>((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      const end = (fault: Error | undefined, answer?: T) => {
        clearTimeout(timer);
        this.#waiting.delete(end);
        if (fault === undefined) resolve(answer as T);
        else reject(fault);
        if (this.#closed && this.#waiting.size === 0) this.destroy();
      };
      const answered: Answered<T> = (error, answer) => {
        this.#proven = true;
        if (error) this.#fail(error, doing, end);
        else end(undefined, answer);
      };
      const start = () => {
        if (!this.#waiting.has(end)) return;
        timer = setTimeout(() => this.#timeOut(doing, timeoutMs, end), timeoutMs);
        try {
          send(answered);
        } catch (thrown) {
          end(thrown as Error);
        }
      };
      this.#waiting.add(end);
      // While one waits at the gate all do, or they would overtake it.
      if (this.#gate.untilOpen === undefined) start();
      else void this.#gate.untilOpen.then(start);
    });
  }

  /** A late answer must never be taken for another request's, and whatever waits behind a stuck one would time out too. */
  #timeOut(doing: string, timeoutMs: number, end: (fault: KafkaFault) => void): void {
    end(new KafkaFault('TIMEOUT', `${doing}: no answer within ${timeoutMs} ms`));
    this.#wire.destroy(new KafkaFault('NETWORK', `the connection was given up: ${doing} got no answer`));
  }

  #fail(error: Error, doing: string, end: (fault: Error) => void): void {
    if (error instanceof TidemarkError || error instanceof KafkaFault) end(error);
    else if (isOfLibrary(error)) end(faultFrom(error, doing));
    else {
      const message = `${doing}: the answer cannot be read: ${error.message}`;
      end(new KafkaFault('MALFORMED_RESPONSE', message, { cause: error }));
      // Who knows what the next bytes would be taken for.
      this.#wire.destroy(new KafkaFault('NETWORK', message, { cause: error }));
    }
  }

  #lose(lost: KafkaFault): void {
    this.#closed = true;
    clearTimeout(this.#expiry);
    const doubtful = lost.type === 'NETWORK' && lost.cause === undefined && this.#anonymous && !this.#proven;
    const fault = doubtful
      ? new KafkaFault('NETWORK', `${lost.message}; it may want credentials (kafka.sasl)`, { cause: lost })
      : lost;
    for (const end of [...this.#waiting]) end(fault);
    this.#gate.open();
    this.#drained.resolve();
  }
}

function isOfLibrary(error: Error): boolean {
  return 'code' in error && String(error.code).startsWith('PLT_KFK_');
}

function throttleTimeOf(response: unknown): number {
  const { throttleTimeMs } = (response ?? {}) as { throttleTimeMs?: unknown };
  return typeof throttleTimeMs === 'number' ? throttleTimeMs : 0;
}
