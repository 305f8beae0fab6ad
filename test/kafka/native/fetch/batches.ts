/** Record batches for tests, as a broker has them in its log. */
import { encodeBatch } from '../../../../src/kafka/native/wire/batchWriter.ts';
import { writeInt64 } from '../../../../src/kafka/native/wire/int64.ts';
import { BASE_OFFSET, LEADER_EPOCH } from '../../../../src/kafka/native/wire/recordBatch.ts';
import type { Compression } from '../../../../src/pipeline/ports.ts';
import { encodedOf } from '../wire/encoding.ts';

export interface LogBatch {
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly leaderEpoch: number;
  readonly bytes: Buffer;
}

const NO_IDENTITY = { producerId: -1, producerEpoch: -1, baseSequence: -1, isTransactional: false };

export function batchOf(
  baseOffset: number,
  values: readonly string[],
  leaderEpoch = 0,
  compression: Compression = 'none',
): LogBatch {
  const incoming = { key: null, value: null, headers: [], timestamp: 0, offset: 0 };
  const written = values.map((value) => ({
    incoming,
    value: Buffer.from(value),
    timestamp: 1_700_000_000_000,
  }));
  const bytes = Buffer.from(encodeBatch(encodedOf(written), NO_IDENTITY, compression));
  writeInt64(bytes, BASE_OFFSET, baseOffset);
  bytes.writeInt32BE(leaderEpoch, LEADER_EPOCH);
  return { baseOffset, lastOffset: baseOffset + values.length - 1, leaderEpoch, bytes };
}
