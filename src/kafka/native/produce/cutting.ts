/** Which records share a batch: as many as the topic takes, as far as that is known, and fewer after a refusal. */
import type { EncodedRecords } from '../../records.ts';
import { type OutgoingBatch, plainBytes } from './outgoing.ts';

interface TopicSizes {
  limitBytes: number;
  /** The largest batch that was written. */
  writtenBytes: number;
}

/** How large a batch may be, by topic; a topic's own limit is met by being refused, and remembered. Bytes before compression. */
export class BatchSizes {
  readonly #maxBatchBytes: number;
  readonly #topics = new Map<string, TopicSizes>();

  constructor(maxBatchBytes: number) {
    this.#maxBatchBytes = maxBatchBytes;
  }

  limitOf(topic: string): number {
    return this.#topics.get(topic)?.limitBytes ?? this.#maxBatchBytes;
  }

  written(topic: string, bytes: number): void {
    const sizes = this.#of(topic);
    if (bytes > sizes.writtenBytes) sizes.writtenBytes = bytes;
  }

  /**
   * A batch of several records was refused for its size. Half of it is tried next, but never less than what was written
   * before: one record that is too large by itself says nothing about batches of others.
   */
  refused(topic: string, bytes: number): void {
    const sizes = this.#of(topic);
    sizes.limitBytes = Math.min(sizes.limitBytes, Math.max(Math.ceil(bytes / 2), sizes.writtenBytes));
  }

  #of(topic: string): TopicSizes {
    const known = this.#topics.get(topic);
    if (known !== undefined) return known;
    const sizes = { limitBytes: this.#maxBatchBytes, writtenBytes: 0 };
    this.#topics.set(topic, sizes);
    return sizes;
  }
}

/** Where the batch that begins at record `from` ends, at `to` at the latest: one record at least, whatever its size. */
export function batchEnd(records: EncodedRecords, from: number, to: number, limitBytes: number): number {
  if (plainBytes(records, from, to) <= limitBytes) return to;
  let end = from + 1;
  while (end < to && plainBytes(records, from, end + 1) <= limitBytes) end++;
  return end;
}

/** The batch in pieces of at most `limitBytes`; undefined when it is none too large. */
export function cutToSize(batch: OutgoingBatch, limitBytes: number): OutgoingBatch[] | undefined {
  if (batch.count === 1 || batch.plainBytes <= limitBytes) return undefined;
  const parts: OutgoingBatch[] = [];
  for (let from = batch.from; from < batch.to; ) {
    const end = batchEnd(batch.records, from, batch.to, limitBytes);
    parts.push(batch.part(from, end));
    from = end;
  }
  return parts;
}

/** Two halves of a batch of several records: the one that is to blame is in one of them. */
export function halves(batch: OutgoingBatch): OutgoingBatch[] {
  const middle = (batch.from + batch.to) >>> 1;
  return [batch.part(batch.from, middle), batch.part(middle, batch.to)];
}

/** What is left between the records that are refused; `refused` are indexes in the batch's buffer, ascending. */
export function between(batch: OutgoingBatch, refused: readonly number[]): OutgoingBatch[] {
  const parts: OutgoingBatch[] = [];
  let from = batch.from;
  for (const index of refused) {
    if (index > from) parts.push(batch.part(from, index));
    from = index + 1;
  }
  if (from < batch.to) parts.push(batch.part(from, batch.to));
  return parts;
}
