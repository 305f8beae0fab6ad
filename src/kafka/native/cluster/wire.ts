import type { OnReadOpts, Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { type Callback, type Connection, Reader, type ResponseParser, Writer } from '@platformatic/kafka';
import { faultFrom, KafkaFault } from './fault.ts';
import { FramingError, ResponseCutter, requestPieces } from './framing.ts';

export interface RequestHead {
  readonly apiKey: number;
  readonly version: number;
  /** Whether the request's header ends with tags (KIP-482). */
  readonly tagged: boolean;
  /** Whether the response's header does; that of ApiVersions never does, as nobody knows the version yet (KIP-511). */
  readonly answerTagged: boolean;
  /** Memory for the response, of at least so many bytes, where the caller has some to use again. */
  readonly memoryFor?: ((size: number) => Buffer) | undefined;
}

/** `body` is the response after its header. */
export type Answered = (fault: KafkaFault | undefined, body?: Buffer) => void;

interface Waiting {
  readonly correlationId: number;
  readonly head: RequestHead;
  readonly answered: Answered;
}

/**
 * A socket on which requests go out and answers come back. A broker answers the requests of a connection one after another
 * and in order; an answer to anything but the oldest request means that one side has lost count, and ends the connection.
 *
 * It stands where the library has its Connection, whose `send` its requests are written for. There, one timeout serves all
 * requests, a response is collected and copied again, a wrong size throws past everybody who waits, and authentication is
 * renewed in between other requests, which a broker does not bear (KIP-368).
 */
export class Wire {
  readonly broker: string;
  /** Where and how its socket is to read. */
  readonly onread: OnReadOpts;
  readonly #clientId: Buffer;
  readonly #waiting: Waiting[] = [];
  readonly #whenLost: ((fault: KafkaFault) => void)[] = [];
  #correlationId = 0;
  #socket: Socket | undefined;
  #lost: KafkaFault | undefined;

  /** `broker` is `host:port`, for messages. */
  constructor(clientId: string, broker: string) {
    this.broker = broker;
    const name = Buffer.from(clientId);
    this.#clientId = Buffer.alloc(2 + name.length);
    this.#clientId.writeInt16BE(name.length, 0);
    name.copy(this.#clientId, 2);
    const cutter = new ResponseCutter({
      memoryFor: (size) => this.#waiting[0]?.head.memoryFor?.(size) ?? ownMemory(size),
      take: (response) => this.#take(response),
    });
    this.onread = {
      buffer: () => cutter.target(),
      callback: (count) => {
        try {
          cutter.advance(count);
        } catch (thrown) {
          this.destroy(this.#faultOfBytes(thrown));
        }
        return this.#lost === undefined;
      },
    };
  }

  /** `socket` is connected and was made to read as `onread` says. */
  attach(socket: Socket): void {
    const { broker } = this;
    this.#socket = socket;
    socket.on('error', (error) => this.destroy(faultFrom(error, `${broker} was lost`)));
    socket.on('close', () => this.destroy(new KafkaFault('NETWORK', `${broker} closed the connection`)));
    if (socket.destroyed) this.destroy(new KafkaFault('NETWORK', `${broker} closed the connection`));
  }

  /** For the library's own requests, which need no more of a Connection than `send`. */
  get connection(): Connection {
    return this as unknown as Connection;
  }

  /** Called once, with why; at once when it is lost already. */
  whenLost(listener: (fault: KafkaFault) => void): void {
    if (this.#lost === undefined) this.#whenLost.push(listener);
    else listener(this.#lost);
  }

  /** Ends the connection, and whatever waits for an answer with this fault. */
  destroy(fault: KafkaFault): void {
    if (this.#lost !== undefined) return;
    this.#lost = fault;
    this.#socket?.destroy();
    for (const { answered } of this.#waiting.splice(0)) answered(fault);
    for (const listener of this.#whenLost.splice(0)) listener(fault);
  }

  /** The pieces belong to the socket until the answer is here. */
  request(head: RequestHead, body: readonly Buffer[], answered: Answered): void {
    const socket = this.#socket;
    if (this.#lost !== undefined || socket === undefined) {
      answered(this.#lost ?? new KafkaFault('NETWORK', `${this.broker} is not connected`));
      return;
    }
    const { apiKey, version, tagged } = head;
    this.#correlationId = (this.#correlationId + 1) & 0x7fffffff;
    const start = Buffer.alloc(8);
    start.writeInt16BE(apiKey, 0);
    start.writeInt16BE(version, 2);
    start.writeInt32BE(this.#correlationId, 4);
    this.#waiting.push({ correlationId: this.#correlationId, head, answered });
    socket.cork();
    for (const piece of requestPieces([start, this.#clientId, tagged ? NO_TAGS : NOTHING, ...body]))
      socket.write(piece);
    socket.uncork();
  }

  /** As the library's Connection has it: called by the requests that it makes with `createAPI`. */
  send<T>(
    apiKey: number,
    version: number,
    createPayload: () => Writer | Promise<Writer>,
    parse: ResponseParser<T>,
    tagged: boolean,
    answerTagged: boolean,
    callback: Callback<T>,
  ): void {
    const writer = createPayload();
    if (!(writer instanceof Writer)) throw new TypeError('a request whose body takes its time');
    this.request({ apiKey, version, tagged, answerTagged }, writer.buffers, (fault, body) => {
      if (fault !== undefined || body === undefined) return callback(fault ?? null);
      let answer: T;
      try {
        answer = parse(0, apiKey, version, Reader.from(body)) as T;
      } catch (thrown) {
        return callback(thrown as Error);
      }
      callback(null, answer);
    });
  }

  #take(response: Buffer): void {
    const [oldest] = this.#waiting;
    const correlationId = response.readInt32BE(0);
    if (correlationId !== oldest?.correlationId)
      throw new FramingError(`an answer to request ${correlationId}, which is not the one that waits`);
    this.#waiting.shift();
    oldest.answered(undefined, response.subarray(oldest.head.answerTagged ? afterTags(response, 4) : 4));
  }

  #faultOfBytes(thrown: unknown): KafkaFault {
    // Kafka answers what is no ClientHello with an alert.
    if (thrown instanceof FramingError && isTlsRecord(thrown.size) && !(this.#socket instanceof TLSSocket))
      return new KafkaFault('AUTH', `${this.broker} speaks TLS on this port: set kafka.tls`, {
        cause: thrown,
      });
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    return new KafkaFault('NETWORK', `${this.broker} sent what is no answer: ${reason}`, { cause: thrown });
  }
}

const NOTHING = Buffer.alloc(0);
const NO_TAGS = Buffer.of(0);

/** Below this, responses share a piece of memory. */
const SMALL_RESPONSE_BYTES = 2_048;

function ownMemory(size: number): Buffer {
  return size <= SMALL_RESPONSE_BYTES ? Buffer.allocUnsafe(size) : Buffer.allocUnsafeSlow(size);
}

/** Whether what stands for a size is the begin of a TLS record: content type 20 to 23, major version 3 (RFC 8446 5.1). */
function isTlsRecord(size = 0): boolean {
  const type = size >>> 24;
  return type >= 0x14 && type <= 0x17 && ((size >>> 16) & 0xff) === 3;
}

/** Where the tags that begin at `position` end: a count, then for each its number, its size and so many bytes (KIP-482). */
function afterTags(response: Buffer, position: number): number {
  let at = position;
  const uvarint = () => {
    for (let value = 0, shift = 0; at < response.length && shift < 35; shift += 7) {
      const byte = response[at++]!;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new FramingError('the header of an answer has no end');
  };
  for (let left = uvarint(); left > 0; left--) {
    uvarint();
    at += uvarint();
  }
  if (at > response.length) throw new FramingError('the header of an answer has no end');
  return at;
}
