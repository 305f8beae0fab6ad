import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type BatchIdentity,
  encodeBatch,
  encodeBatchRange,
  restamp,
} from '../../../../src/kafka/native/wire/batchWriter.ts';
import { BATCH_HEADER_BYTES } from '../../../../src/kafka/native/wire/recordBatch.ts';
import { EncodedRecords } from '../../../../src/kafka/records.ts';
import { anyCompression } from './arbitraries.ts';
import { anyWritten, appendTo, encodedOf, expectedOf, type Written } from './encoding.ts';
import { readPlain } from './plain.ts';
import { readAll, shown } from './reading.ts';

const NOBODY: BatchIdentity = {
  producerId: -1,
  producerEpoch: -1,
  baseSequence: -1,
  isTransactional: false,
};
const anyIdentity: fc.Arbitrary<BatchIdentity> = fc.record({
  producerId: fc.oneof(fc.constant(-1), fc.maxSafeNat()),
  producerEpoch: fc.integer({ min: -1, max: 32767 }),
  baseSequence: fc.integer({ min: -1, max: 2 ** 31 - 1 }),
  isTransactional: fc.boolean(),
});
const anyRecords = fc.array(anyWritten, { minLength: 1, maxLength: 30 });

test('a batch says who wrote it and holds every record, in every compression', () => {
  fc.assert(
    fc.property(
      anyRecords,
      anyIdentity,
      anyCompression,
      fc.constantFrom(0, BATCH_HEADER_BYTES, 100),
      (written, identity, compression, headRoom) => {
        const batch = encodeBatch(encodedOf(written, headRoom), identity, compression);
        const [read] = readPlain(batch);
        const { records, ...facts } = read!;
        assert.deepEqual(shown(records), shown(expectedOf(written)));
        assert.deepEqual(facts, {
          ...identity,
          baseOffset: 0,
          lastOffset: written.length - 1,
          leaderEpoch: -1,
          compression,
          isLogAppendTime: false,
          isControl: false,
          baseTimestamp: written[0]!.timestamp,
          maxTimestamp: Math.max(...written.map(({ timestamp }) => timestamp)),
        });
        assert.deepEqual(shown(readAll(batch).records), shown(expectedOf(written)));
      },
    ),
  );
});

test('uncompressed with head room, the batch is the records own bytes', () => {
  const written = fc.sample(anyWritten, 5);
  const records = encodedOf(written, BATCH_HEADER_BYTES);
  const batch = encodeBatch(records, NOBODY, 'none');
  assert.equal(batch.buffer, records.bytes.buffer);
  assert.equal(batch.length, BATCH_HEADER_BYTES + records.byteLength);
  const copied = encodeBatchRange(records, 0, records.count, NOBODY, 'none');
  assert.notEqual(copied.buffer, records.bytes.buffer);
  assert.deepEqual(copied, batch);
});

test('a range is a batch of its own that leaves the whole batch as it was', () => {
  const anyRange = anyRecords.chain((written) =>
    fc.record({
      written: fc.constant(written),
      from: fc.nat(written.length - 1),
      to: fc.integer({ min: 1, max: written.length }),
      compression: anyCompression,
      identity: anyIdentity,
    }),
  );
  fc.assert(
    fc.property(
      anyRange.filter(({ from, to }) => from < to),
      ({ written, from, to, compression, identity }) => {
        const records = encodedOf(written, BATCH_HEADER_BYTES);
        const whole = encodeBatch(records, NOBODY, 'none');
        const before = Buffer.from(whole);
        const [range] = readPlain(encodeBatchRange(records, from, to, identity, compression));
        assert.deepEqual(shown(range!.records), shown(expectedOf(written.slice(from, to))));
        assert.equal(range!.lastOffset, to - from - 1);
        assert.equal(range!.baseSequence, identity.baseSequence);
        const latest = Math.max(...written.slice(from, to).map(({ timestamp }) => timestamp));
        assert.equal(range!.maxTimestamp, latest);
        assert.deepEqual(whole, before);
      },
    ),
  );
});

test('stamped anew, a batch is what it had been with that identity from the start', () => {
  fc.assert(
    fc.property(
      anyRecords,
      anyIdentity,
      anyIdentity,
      anyCompression,
      (written, first, second, compression) => {
        const batch = encodeBatch(encodedOf(written), first, compression);
        restamp(batch, second);
        assert.deepEqual(batch, encodeBatch(encodedOf(written), second, compression));
      },
    ),
    { numRuns: 50 },
  );
});

test('records that were reset hold what is appended then, in the room they had', () => {
  const anyRounds = fc.array(anyRecords, { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(anyRounds, fc.constantFrom(0, BATCH_HEADER_BYTES), (rounds: Written[][], headRoom) => {
      const records = new EncodedRecords('first', 1, headRoom);
      rounds.forEach((written, round) => {
        records.reset('topic', round);
        assert.equal(records.count, 0);
        assert.equal(records.byteLength, 0);
        appendTo(records, written);
        assert.equal(records.partition, round);
        const again = encodeBatch(records, NOBODY, 'none');
        assert.deepEqual(again, encodeBatch(encodedOf(written, headRoom), NOBODY, 'none'));
      });
    }),
    { numRuns: 50 },
  );
});
