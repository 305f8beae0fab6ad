/**
 * Records to send as one record batch (KIP-98). The producer leaves open what only the broker knows: base offset 0, and no
 * leader epoch, which lie before what the checksum covers so that the broker may fill them in.
 *
 * Offset deltas count from 0 and timestamps from the batch's base timestamp, so that records encoded one after another are a
 * batch's body already. A batch that was sent once is kept as it is: a retry has to be byte-identical, or the broker could not
 * tell it from another batch of the same sequence (KIP-98, idempotent producer).
 */
import type { Compression } from '../../../pipeline/ports.ts';
import { bodyOf, maxTimestampOf } from '../../recordRange.ts';
import type { EncodedRecords } from '../../records.ts';
import { compress } from './compression.ts';
import { crc32c } from './crc32c.ts';
import { writeInt64 } from './int64.ts';
import {
  ATTRIBUTES,
  BASE_OFFSET,
  BASE_SEQUENCE,
  BASE_TIMESTAMP,
  BATCH_HEADER_BYTES,
  CHECKSUM,
  COMPRESSION_BITS,
  COMPRESSIONS,
  LAST_OFFSET_DELTA,
  LEADER_EPOCH,
  LENGTH,
  LENGTH_FROM,
  MAGIC,
  MAGIC_2,
  MAX_TIMESTAMP,
  PRODUCER_EPOCH,
  PRODUCER_ID,
  RECORD_COUNT,
  TRANSACTIONAL,
} from './recordBatch.ts';

export interface BatchIdentity {
  /** -1 when the producer is not idempotent; then so are epoch and sequence. */
  readonly producerId: number;
  readonly producerEpoch: number;
  /** Number of the first record in its partition. */
  readonly baseSequence: number;
  readonly isTransactional: boolean;
}

const NO_LEADER_EPOCH = -1;

/**
 * All records, of which there is at least one, as one batch. Uncompressed it is written in front of the records, without a copy,
 * when they were made with BATCH_HEADER_BYTES of head room: then it is valid until the records are appended to or reset.
 */
export function encodeBatch(
  records: EncodedRecords,
  identity: BatchIdentity,
  compression: Compression,
): Buffer {
  if (compression !== 'none' || records.headRoom < BATCH_HEADER_BYTES) {
    return encodeBatchRange(records, 0, records.count, identity, compression);
  }
  const end = records.headRoom + records.byteLength;
  const start = records.headRoom - BATCH_HEADER_BYTES;
  const { bytes, count, baseTimestamp, maxTimestamp } = records;
  const batch = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start);
  writeHeader(batch, count, baseTimestamp, maxTimestamp, compression, identity);
  return batch;
}

/** Records `[from, to)` as a batch in bytes of its own. */
export function encodeBatchRange(
  records: EncodedRecords,
  from: number,
  to: number,
  identity: BatchIdentity,
  compression: Compression,
): Buffer {
  const plain = bodyOf(records, from, to);
  const body = compression === 'none' ? plain : compress(compression, plain);
  const batch = Buffer.allocUnsafeSlow(BATCH_HEADER_BYTES + body.length);
  batch.set(body, BATCH_HEADER_BYTES);
  const { baseTimestamp } = records;
  writeHeader(batch, to - from, baseTimestamp, maxTimestampOf(records, from, to), compression, identity);
  return batch;
}

/** Gives an encoded batch another identity. Only for one that was certainly refused: an unknown outcome keeps its numbers. */
export function restamp(batch: Buffer, identity: BatchIdentity): void {
  const compression = COMPRESSIONS[batch.readInt16BE(ATTRIBUTES) & COMPRESSION_BITS]!;
  writeIdentity(batch, compression, identity);
}

function writeHeader(
  batch: Buffer,
  count: number,
  baseTimestamp: number,
  maxTimestamp: number,
  compression: Compression,
  identity: BatchIdentity,
): void {
  writeInt64(batch, BASE_OFFSET, 0);
  batch.writeInt32BE(batch.length - LENGTH_FROM, LENGTH);
  batch.writeInt32BE(NO_LEADER_EPOCH, LEADER_EPOCH);
  batch[MAGIC] = MAGIC_2;
  batch.writeInt32BE(count - 1, LAST_OFFSET_DELTA);
  writeInt64(batch, BASE_TIMESTAMP, baseTimestamp);
  writeInt64(batch, MAX_TIMESTAMP, maxTimestamp);
  batch.writeInt32BE(count, RECORD_COUNT);
  writeIdentity(batch, compression, identity);
}

function writeIdentity(batch: Buffer, compression: Compression, identity: BatchIdentity): void {
  const transactional = identity.isTransactional ? TRANSACTIONAL : 0;
  batch.writeInt16BE(COMPRESSIONS.indexOf(compression) | transactional, ATTRIBUTES);
  writeInt64(batch, PRODUCER_ID, identity.producerId);
  batch.writeInt16BE(identity.producerEpoch, PRODUCER_EPOCH);
  batch.writeInt32BE(identity.baseSequence, BASE_SEQUENCE);
  batch.writeUInt32BE(crc32c(batch, ATTRIBUTES, batch.length), CHECKSUM);
}
