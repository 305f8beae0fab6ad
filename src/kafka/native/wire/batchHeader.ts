/**
 * One batch's header, checked before anything else of the batch is believed: the order is size, magic, checksum, counts,
 * because each is only worth reading when those before it hold.
 */
import type { ErrorCode } from '../../../errors.ts';
import type { Compression } from '../../../pipeline/ports.ts';
import { crc32c } from './crc32c.ts';
import { isExact, readInt64 } from './int64.ts';
import {
  ATTRIBUTES,
  BASE_SEQUENCE,
  BASE_TIMESTAMP,
  BATCH_HEADER_BYTES,
  CHECKSUM,
  COMPRESSION_BITS,
  COMPRESSIONS,
  CONTROL,
  LAST_OFFSET_DELTA,
  LEADER_EPOCH,
  LENGTH,
  LENGTH_FROM,
  LOG_APPEND_TIME,
  MAGIC,
  MAGIC_2,
  MAX_TIMESTAMP,
  PRODUCER_EPOCH,
  PRODUCER_ID,
  RECORD_COUNT,
  TRANSACTIONAL,
} from './recordBatch.ts';

/** Why a partition cannot be read further. Reading may be tried once more: a torn read gives E-KAFKA-CORRUPT, too. */
export interface BatchFault {
  readonly code: Extract<
    ErrorCode,
    'E-KAFKA-CORRUPT' | 'E-KAFKA-BATCH-LIMIT' | 'E-KAFKA-RECORD-FORMAT' | 'E-KAFKA-OFFSET'
  >;
  readonly detail: string;
}

/** `partial`: the batch goes on beyond the end of what was fetched. */
type HeaderState = 'whole' | 'partial' | BatchFault;

/** The facts of one batch; the same object serves one batch after another. */
export class BatchHeader {
  /** Where the batch begins and ends in its array. */
  start = 0;
  end = 0;
  baseOffset = 0;
  /** Of the batch, whether or not a record with it is still there. */
  lastOffset = 0;
  leaderEpoch = -1;
  compression: Compression = 'none';
  isLogAppendTime = false;
  isTransactional = false;
  isControl = false;
  baseTimestamp = -1;
  maxTimestamp = -1;
  /** -1 when the producer is not idempotent. */
  producerId = -1;
  producerEpoch = -1;
  baseSequence = -1;
  count = 0;

  /** Reads the batch at `bytes[start, end)`, of which more may follow. Reads nothing of the records but their checksum. */
  read(bytes: Buffer, start: number, end: number, maxBatchBytes: number): HeaderState {
    if (end - start < LENGTH_FROM) return 'partial';
    const baseOffset = readInt64(bytes, start);
    const size = LENGTH_FROM + bytes.readInt32BE(start + LENGTH);
    if (end - start > MAGIC && bytes[start + MAGIC] !== MAGIC_2) return formatFault(bytes[start + MAGIC]!);
    if (size < BATCH_HEADER_BYTES) return corrupt(`a batch of ${size} bytes`);
    if (size > maxBatchBytes) {
      return { code: 'E-KAFKA-BATCH-LIMIT', detail: `a batch of ${size} bytes, more than ${maxBatchBytes}` };
    }
    if (size > end - start) return 'partial';
    this.start = start;
    this.end = start + size;
    const expected = bytes.readUInt32BE(start + CHECKSUM);
    const actual = crc32c(bytes, start + ATTRIBUTES, this.end);
    if (actual !== expected) return corrupt(`the checksum is ${actual}, not ${expected}`);
    return this.#readFacts(bytes, start, baseOffset);
  }

  #readFacts(bytes: Buffer, start: number, baseOffset: number): HeaderState {
    const attributes = bytes.readInt16BE(start + ATTRIBUTES);
    const compression = COMPRESSIONS[attributes & COMPRESSION_BITS];
    const lastOffsetDelta = bytes.readInt32BE(start + LAST_OFFSET_DELTA);
    if (compression === undefined) return unknownCompression(attributes & COMPRESSION_BITS);
    this.baseOffset = baseOffset;
    this.lastOffset = baseOffset + lastOffsetDelta;
    this.leaderEpoch = bytes.readInt32BE(start + LEADER_EPOCH);
    this.compression = compression;
    this.isLogAppendTime = (attributes & LOG_APPEND_TIME) !== 0;
    this.isTransactional = (attributes & TRANSACTIONAL) !== 0;
    this.isControl = (attributes & CONTROL) !== 0;
    this.baseTimestamp = readInt64(bytes, start + BASE_TIMESTAMP);
    this.maxTimestamp = readInt64(bytes, start + MAX_TIMESTAMP);
    this.producerId = readInt64(bytes, start + PRODUCER_ID);
    this.producerEpoch = bytes.readInt16BE(start + PRODUCER_EPOCH);
    this.baseSequence = bytes.readInt32BE(start + BASE_SEQUENCE);
    this.count = bytes.readInt32BE(start + RECORD_COUNT);
    // The next offset to read has to be held exactly as well.
    if (!isExact(this.lastOffset + 1)) {
      return { code: 'E-KAFKA-OFFSET', detail: `offset ${this.lastOffset} cannot be held exactly` };
    }
    if (baseOffset < 0) return corrupt(`a base offset of ${baseOffset}`);
    if (lastOffsetDelta < 0) return corrupt(`a last offset delta of ${lastOffsetDelta}`);
    if (!isExact(this.producerId)) return corrupt('a producer id beyond 2^53');
    if (this.count < 0 || this.count > lastOffsetDelta + 1) {
      return corrupt(`${this.count} records for ${lastOffsetDelta + 1} offsets`);
    }
    return 'whole';
  }
}

export function corrupt(detail: string): BatchFault {
  return { code: 'E-KAFKA-CORRUPT', detail };
}

function formatFault(magic: number): BatchFault {
  if (magic > MAGIC_2) return corrupt(`record format ${magic}`);
  return {
    code: 'E-KAFKA-RECORD-FORMAT',
    detail: `record format ${magic}, which Kafka has not written by default since 0.11`,
  };
}

function unknownCompression(bits: number): BatchFault {
  return { code: 'E-KAFKA-RECORD-FORMAT', detail: `compression ${bits}, which is not known` };
}
