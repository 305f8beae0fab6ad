import type { TidemarkError } from '../../../errors.ts';
import type { Compression, Refusal } from '../../../pipeline/ports.ts';
import type { EncodedRecords } from '../../records.ts';
import { type BatchIdentity, encodeBatch, encodeBatchRange, restamp } from '../wire/batchWriter.ts';
import { BATCH_HEADER_BYTES } from '../wire/recordBatch.ts';
import type { ProducerIdentity } from './sequence.ts';
import type { Sequenced } from './sequenced.ts';

/** One call of `send`: over when each of its batches is written or refused. */
export class Delivery {
  readonly #buffers: readonly EncodedRecords[];
  readonly #outcome = Promise.withResolvers<readonly Refusal[]>();
  readonly #refusals: Refusal[] = [];
  #pending = 0;

  constructor(buffers: readonly EncodedRecords[]) {
    this.#buffers = buffers;
  }

  get outcome(): Promise<readonly Refusal[]> {
    return this.#outcome.promise;
  }

  expect(batches: number): void {
    this.#pending += batches;
  }

  refuse(refusal: Refusal): void {
    this.#refusals.push(refusal);
  }

  /** So many batches need nothing more. */
  done(batches: number): void {
    this.#pending -= batches;
    if (this.#pending === 0) this.#outcome.resolve(this.#refusals.length === 0 ? [] : this.#sorted());
  }

  fail(cause: TidemarkError): void {
    this.#outcome.reject(cause);
  }

  /** In the order of buffers and records, whichever was found out first. */
  #sorted(): readonly Refusal[] {
    const place = new Map(this.#buffers.map((records, index) => [records, index] as const));
    const placeOf = ({ records }: Refusal) => place.get(records as EncodedRecords)!;
    return this.#refusals.toSorted((one, other) => placeOf(one) - placeOf(other) || one.index - other.index);
  }
}

/** Records `[from, to)` of a buffer, as the record batch that they are sent in. */
export class OutgoingBatch implements Sequenced {
  readonly records: EncodedRecords;
  readonly from: number;
  readonly to: number;
  readonly delivery: Delivery;
  sequence = -1;
  inFlight = false;
  last: Sequenced['last'] = 'unsent';
  doubt: Sequenced['doubt'] = 'none';
  #bytes: Buffer | undefined;
  #stamp: BatchIdentity | undefined;

  constructor(records: EncodedRecords, from: number, to: number, delivery: Delivery) {
    this.records = records;
    this.from = from;
    this.to = to;
    this.delivery = delivery;
  }

  get count(): number {
    return this.to - this.from;
  }

  /** Bytes before compression. */
  get plainBytes(): number {
    return plainBytes(this.records, this.from, this.to);
  }

  part(from: number, to: number): OutgoingBatch {
    return new OutgoingBatch(this.records, from, to, this.delivery);
  }

  /** The batch under its present number: the very bytes of the last time when that is unchanged. */
  encoded({ producerId, producerEpoch }: ProducerIdentity, compression: Compression): Buffer {
    const stamp = this.#stamp;
    const { sequence: baseSequence } = this;
    if (
      this.#bytes !== undefined &&
      stamp?.producerId === producerId &&
      stamp.producerEpoch === producerEpoch &&
      stamp.baseSequence === baseSequence
    ) {
      return this.#bytes;
    }
    const identity = { producerId, producerEpoch, baseSequence, isTransactional: false };
    this.#stamp = identity;
    if (this.#bytes === undefined) this.#bytes = this.#encode(identity, compression);
    else restamp(this.#bytes, identity);
    return this.#bytes;
  }

  #encode(identity: BatchIdentity, compression: Compression): Buffer {
    const { records, from, to } = this;
    return to - from === records.count
      ? encodeBatch(records, identity, compression)
      : encodeBatchRange(records, from, to, identity, compression);
  }
}

export function plainBytes({ starts }: EncodedRecords, from: number, to: number): number {
  return BATCH_HEADER_BYTES + starts[to]! - starts[from]!;
}
