/** Where one response ends and the next begins: each is its size in four bytes, then so many bytes. */

/**
 * More than any broker answers at once (a Fetch is bounded by what it asked for or by one batch), and less than what the
 * first bytes of other protocols mean as a size: a TLS record says 352 MB, `HTTP` 1.2 GB.
 */
const MAX_RESPONSE_BYTES = 256 * 1_048_576;
const SIZE_BYTES = 4;

/** Thrown when the bytes of a connection are no responses. */
export class FramingError extends Error {
  override readonly name = 'FramingError';
  /** What stood where a size must, where that is what is wrong. */
  readonly size: number | undefined;

  constructor(message: string, size?: number) {
    super(message);
    this.size = size;
  }
}

export interface ResponseTaker {
  /** Memory for a response of so many bytes; at least as many. */
  memoryFor(size: number): Buffer;
  /** Told each whole response, after its size. */
  take(response: Buffer): void;
}

/** As much as one read brings of what is not known to belong to a response yet. */
const SCRATCH_BYTES = 65_536;

/**
 * Cuts what a socket reads into responses, each in one piece. It says where the socket should read to: into the response
 * itself as soon as its size is known, so that what carries records is copied by the kernel and nobody else, but for the
 * part that came with its size.
 */
export class ResponseCutter {
  readonly #taker: ResponseTaker;
  readonly #scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
  readonly #size = Buffer.alloc(SIZE_BYTES);
  #sizeBytes = 0;
  #response: Buffer | undefined;
  #filled = 0;

  constructor(taker: ResponseTaker) {
    this.#taker = taker;
  }

  /** Where the next bytes belong. */
  target(): Buffer {
    return this.#response === undefined ? this.#scratch : this.#response.subarray(this.#filled);
  }

  /** So many bytes are in the target now. Throws a FramingError; nothing may be read after that. */
  advance(count: number): void {
    if (this.#response !== undefined) {
      this.#filled += count;
      this.#finish(this.#response);
      return;
    }
    for (let at = 0; at < count; ) at = this.#begin(at, count);
  }

  /** @returns how far the scratch has been read. */
  #begin(from: number, end: number): number {
    let at = from;
    while (this.#sizeBytes < SIZE_BYTES && at < end) this.#size[this.#sizeBytes++] = this.#scratch[at++]!;
    if (this.#sizeBytes < SIZE_BYTES) return at;
    this.#sizeBytes = 0;
    const size = this.#size.readInt32BE(0);
    if (size < SIZE_BYTES || size > MAX_RESPONSE_BYTES)
      throw new FramingError(`a response of ${size} bytes: whatever answers speaks no Kafka`, size);
    const response = this.#taker.memoryFor(size).subarray(0, size);
    const upTo = Math.min(end, at + size);
    this.#filled = this.#scratch.copy(response, 0, at, upTo);
    this.#response = response;
    this.#finish(response);
    return upTo;
  }

  #finish(response: Buffer): void {
    if (this.#filled < response.length) return;
    this.#response = undefined;
    this.#taker.take(response);
  }
}

/** Pieces below this are copied together: a system call handles few large pieces better than many small ones. */
const SMALL_BYTES = 4_096;

/** What goes to the socket for a request: its size, then its pieces; large ones, which hold records, as they are. */
export function requestPieces(pieces: readonly Buffer[]): Buffer[] {
  const size = Buffer.alloc(SIZE_BYTES);
  size.writeInt32BE(
    pieces.reduce((bytes, piece) => bytes + piece.length, 0),
    0,
  );
  const joined: Buffer[] = [];
  let small: Buffer[] = [size];
  for (const piece of pieces) {
    if (piece.length < SMALL_BYTES) {
      small.push(piece);
      continue;
    }
    joined.push(Buffer.concat(small), piece);
    small = [];
  }
  if (small.length > 0) joined.push(Buffer.concat(small));
  return joined;
}
