import fc from 'fast-check';
import type { Compression } from '../../../../src/pipeline/ports.ts';
import type { PlainBatch, PlainRecord } from './plain.ts';

export const anyCompression: fc.Arbitrary<Compression> = fc.constantFrom(
  'none',
  'gzip',
  'snappy',
  'lz4',
  'zstd',
);

const anyBytes = fc.oneof(
  { weight: 4, arbitrary: fc.uint8Array({ maxLength: 70 }) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 10_000 }) },
  // Compresses well.
  { weight: 1, arbitrary: fc.nat(3000).map((length) => new Uint8Array(length).fill(7)) },
);
const anyHeader = fc.tuple(
  fc.string({ unit: 'grapheme', maxLength: 12 }).map((name): Uint8Array => Buffer.from(name)),
  fc.option(fc.uint8Array({ maxLength: 100 }), { freq: 5 }),
);

/** Timestamps relative to the batch's: most of them within seconds, some beyond 32 bits. */
const anyTimestampDelta = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: -100, max: 10_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: -(2 ** 40), max: 2 ** 40 }) },
);

const anyContent = fc.record({
  /** Offsets that compaction removed before the record. */
  gap: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(10_000) }),
  timestampDelta: anyTimestampDelta,
  key: fc.option(anyBytes, { freq: 3 }),
  value: fc.option(anyBytes, { freq: 6 }),
  headers: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(anyHeader, { maxLength: 70, size: 'small' }) },
  ),
});

export const anyBatch: fc.Arbitrary<PlainBatch> = fc
  .record({
    baseOffset: fc.oneof(fc.nat(1000), fc.nat(2 ** 31 - 1), fc.integer({ min: 2 ** 31, max: 2 ** 52 })),
    trailingGap: fc.oneof(fc.constant(0), fc.nat(1000)),
    leaderEpoch: fc.integer({ min: -1, max: 2 }),
    compression: anyCompression,
    isLogAppendTime: fc.boolean(),
    isTransactional: fc.boolean(),
    baseTimestamp: fc.oneof(fc.constantFrom(0, 1_700_000_000_000), fc.nat(2 ** 41)),
    producerId: fc.oneof(fc.constant(-1), fc.nat(2 ** 31 - 1), fc.maxSafeNat()),
    producerEpoch: fc.integer({ min: -1, max: 32767 }),
    baseSequence: fc.integer({ min: -1, max: 2 ** 31 - 1 }),
    contents: fc.array(anyContent, { maxLength: 40, size: '+1' }),
  })
  .map(({ trailingGap, contents, ...facts }) => {
    let offset = facts.baseOffset - 1;
    const records = contents.map(({ gap, timestampDelta, key, value, headers }): PlainRecord => {
      offset += gap + 1;
      return { offset, timestamp: facts.baseTimestamp + timestampDelta, key, value, headers };
    });
    const maxTimestamp = Math.max(facts.baseTimestamp, ...records.map(({ timestamp }) => timestamp));
    const lastOffset = Math.max(offset, facts.baseOffset) + trailingGap;
    return { ...facts, isControl: false, maxTimestamp, lastOffset, records };
  });

/** Batches of one partition, each behind the one before. */
export const anyLog: fc.Arbitrary<PlainBatch[]> = fc.array(anyBatch, { maxLength: 6 }).map((batches) => {
  let next = batches[0]?.baseOffset ?? 0;
  return batches.map((batch) => {
    const moved = movedTo(batch, next);
    next = moved.lastOffset + 1 + (batch.baseOffset % 3);
    return moved;
  });
});

function movedTo(batch: PlainBatch, baseOffset: number): PlainBatch {
  const by = baseOffset - batch.baseOffset;
  return {
    ...batch,
    baseOffset,
    lastOffset: batch.lastOffset + by,
    records: batch.records.map((record) => ({ ...record, offset: record.offset + by })),
  };
}

/** What a consumer sees of a batch. */
export function visible(batch: PlainBatch): PlainRecord[] {
  if (batch.isControl) return [];
  if (!batch.isLogAppendTime) return [...batch.records];
  return batch.records.map((record) => ({ ...record, timestamp: batch.maxTimestamp }));
}
