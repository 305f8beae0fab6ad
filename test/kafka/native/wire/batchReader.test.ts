import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Compression } from '../../../../src/pipeline/ports.ts';
import { anyLog, visible } from './arbitraries.ts';
import { type PlainBatch, type PlainRecord, readPlain, writePlain } from './plain.ts';
import { readAll, shown } from './reading.ts';

function writeLog(batches: readonly PlainBatch[]): Buffer {
  return Buffer.concat(batches.map((batch) => writePlain(batch)));
}

function endOf(batches: readonly PlainBatch[], from: number): number {
  return Math.max(from, (batches.at(-1)?.lastOffset ?? -1) + 1);
}

function recordAt(offset: number, value = 'value'): PlainRecord {
  return { offset, timestamp: 1000 + offset, key: null, value: Buffer.from(value), headers: [] };
}

const FACTS: Omit<PlainBatch, 'baseOffset' | 'lastOffset' | 'records'> = {
  leaderEpoch: 0,
  compression: 'none',
  isLogAppendTime: false,
  isTransactional: false,
  isControl: false,
  baseTimestamp: 1000,
  maxTimestamp: 2000,
  producerId: -1,
  producerEpoch: -1,
  baseSequence: -1,
};

/** A batch of records with the offsets `[from, to]`. */
function batchOf(from: number, to: number, facts: Partial<PlainBatch> = {}): PlainBatch {
  const records = Array.from({ length: to - from + 1 }, (_, i) => recordAt(from + i));
  return { ...FACTS, baseOffset: from, lastOffset: to, records, ...facts };
}

function marker(offset: number, producerId: number, type: number): PlainBatch {
  const key = Buffer.from([0, 0, 0, type]);
  const value = Buffer.alloc(6);
  return batchOf(offset, offset, {
    producerId,
    isTransactional: true,
    isControl: true,
    records: [{ ...recordAt(offset), key, value }],
  });
}

test('every record of every batch is read, and the position ends behind the last batch', () => {
  fc.assert(
    fc.property(anyLog, (batches) => {
      const read = readAll(writeLog(batches));
      assert.equal(read.fault, undefined);
      assert.deepEqual(shown(read.records), shown(batches.flatMap(visible)));
      assert.equal(read.nextOffset, endOf(batches, 0));
    }),
    { numRuns: 200 },
  );
});

test('the plain reader of these tests reads what the plain writer wrote', () => {
  fc.assert(
    fc.property(anyLog, (batches) => {
      const read = readPlain(writeLog(batches));
      assert.deepEqual(shown(read.flatMap(visible)), shown(batches.flatMap(visible)));
    }),
    { numRuns: 50 },
  );
});

test('records before the fetch offset are dropped', () => {
  fc.assert(
    fc.property(anyLog, fc.nat(), (batches, pick) => {
      const offsets = batches.flatMap((batch) => [batch.baseOffset, batch.lastOffset, batch.lastOffset + 1]);
      const from = offsets.length === 0 ? 5 : offsets[pick % offsets.length]! + (pick % 3) - 1;
      const read = readAll(writeLog(batches), { from });
      assert.equal(read.fault, undefined);
      const expected = batches.flatMap(visible).filter(({ offset }) => offset >= from);
      assert.deepEqual(shown(read.records), shown(expected));
      assert.equal(read.nextOffset, endOf(batches, from));
    }),
  );
});

test('cut into blocks of any size it is the same log, each block beginning where the one before ended', () => {
  fc.assert(
    fc.property(
      anyLog,
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 20_000 }),
      (batches, maxRecords, maxBytes) => {
        const read = readAll(writeLog(batches), { maxRecords, maxBytes });
        assert.equal(read.fault, undefined);
        assert.deepEqual(shown(read.records), shown(batches.flatMap(visible)));
        let next = 0;
        for (const block of read.blocks) {
          assert.ok(block.records.length <= maxRecords);
          const sizes = block.records.map(({ key, value }) => (key?.length ?? 0) + (value?.length ?? 0));
          const together = sizes.reduce((sum, size) => sum + size, 0);
          assert.ok(block.records.length <= 1 || together <= maxBytes);
          for (const { offset } of block.records) assert.ok(offset >= next && offset < block.nextOffset);
          assert.ok(block.nextOffset > next);
          next = block.nextOffset;
        }
      },
    ),
  );
});

test('whatever lies around the batches is neither read nor missed', () => {
  fc.assert(
    fc.property(anyLog, fc.nat(200), fc.constantFrom(0, 0xff, 0x80), (batches, padding, poison) => {
      const log = writeLog(batches);
      const around = Buffer.alloc(padding + log.length + 300, poison);
      log.copy(around, padding);
      const read = readAll(around, { start: padding, end: padding + log.length });
      assert.deepEqual(shown(read.records), shown(batches.flatMap(visible)));
      assert.equal(read.fault, undefined);
    }),
  );
});

test('a fetch may end anywhere: whole batches are read, the partial one is fetched again', () => {
  const batches = [batchOf(0, 9), batchOf(10, 14), batchOf(15, 40)];
  const sizes = batches.map((batch) => writePlain(batch).length);
  const log = writeLog(batches);
  for (let end = sizes[0]!; end <= log.length; end++) {
    const read = readAll(log, { end });
    assert.equal(read.fault, undefined);
    const whole = end === log.length ? 3 : end >= sizes[0]! + sizes[1]! ? 2 : 1;
    assert.equal(read.nextOffset, batches[whole - 1]!.lastOffset + 1);
    assert.equal(read.records.length, read.nextOffset);
  }
});

test('a first batch that is cut short is a fault, because nobody could get past it', () => {
  const log = writePlain(batchOf(0, 9));
  for (let end = 1; end < log.length; end++) {
    const read = readAll(log, { end });
    assert.equal(read.fault?.code, 'E-KAFKA-CORRUPT');
    assert.equal(read.nextOffset, 0);
  }
  assert.equal(readAll(log, { end: 0 }).fault, undefined);
});

test('a batch that compaction emptied moves the position by a block without records', () => {
  const empty = batchOf(10, 20, { records: [] });
  const read = readAll(writePlain(empty), { from: 10 });
  assert.equal(read.fault, undefined);
  assert.deepEqual(
    read.blocks.map(({ records, nextOffset }) => [records.length, nextOffset]),
    [[0, 21]],
  );
});

test('uncompressed batches share one block in the bytes of the response', () => {
  const log = writeLog([batchOf(0, 9), batchOf(10, 19, { records: [] }), batchOf(20, 29)]);
  const { blocks } = readAll(log);
  assert.equal(blocks.length, 1);
  assert.equal(blocks[0]!.bytes, log);
  assert.equal(blocks[0]!.nextOffset, 30);
});

test('small compressed batches are gathered in one block, and never with uncompressed ones', () => {
  const kinds: Compression[] = ['lz4', 'gzip', 'none', 'none', 'zstd', 'snappy'];
  const log = writeLog(kinds.map((compression, i) => batchOf(i * 5, i * 5 + 4, { compression })));
  const { blocks, records } = readAll(log);
  assert.deepEqual(
    blocks.map(({ nextOffset }) => nextOffset),
    [10, 20, 30],
  );
  assert.equal(blocks[1]!.bytes, log);
  assert.equal(records.length, 30);
});

test('a compressed batch that is cut into blocks is decompressed once', () => {
  const { blocks } = readAll(writePlain(batchOf(0, 99, { compression: 'zstd' })), { maxRecords: 10 });
  assert.equal(blocks.length, 10);
  for (const { bytes } of blocks) assert.equal(bytes, blocks[0]!.bytes);
});

test('a block has one leader epoch', () => {
  const epochs = [1, 1, 2, 2, 3];
  const log = writeLog(epochs.map((leaderEpoch, i) => batchOf(i * 2, i * 2 + 1, { leaderEpoch })));
  assert.deepEqual(
    readAll(log).blocks.map(({ leaderEpoch, nextOffset }) => [leaderEpoch, nextOffset]),
    [
      [1, 4],
      [2, 8],
      [3, 10],
    ],
  );
});

test('a filter is asked in the order of the log, and what it hides moves the position', () => {
  const asked: unknown[] = [];
  const aborted = new Set([7]);
  const log = [
    batchOf(0, 1, { producerId: 7, isTransactional: true }),
    batchOf(2, 3, { producerId: 8, isTransactional: true, compression: 'lz4' }),
    batchOf(4, 5),
    marker(6, 7, 0),
    batchOf(7, 8, { producerId: 7, isTransactional: true }),
    marker(9, 7, 1),
    { ...marker(10, 8, 0), records: [] },
  ];
  const { records, nextOffset, fault } = readAll(writeLog(log), {
    transactions: {
      isAborted(...about) {
        asked.push(about);
        return aborted.has(about[0]);
      },
      ended(producerId, type, offset) {
        asked.push([producerId, type, offset]);
        aborted.delete(producerId);
      },
    },
  });
  assert.equal(fault, undefined);
  assert.deepEqual(
    records.map(({ offset }) => offset),
    [2, 3, 4, 5, 7, 8],
  );
  assert.equal(nextOffset, 11);
  assert.deepEqual(asked, [
    [7, 0, 1],
    [8, 2, 3],
    [7, 'abort', 6],
    [7, 7, 8],
    [7, 'commit', 9],
  ]);
});

test('control records of a type that is not known end nothing', () => {
  const ended = () => assert.fail('nothing ends');
  const log = writePlain(marker(3, 7, 2));
  const read = readAll(log, { transactions: { isAborted: () => false, ended } });
  assert.equal(read.fault, undefined);
  assert.equal(read.nextOffset, 4);
});

test('a batch larger than allowed is refused with what it may have, before and after decompression', () => {
  const log = writePlain(batchOf(0, 99, { compression: 'gzip' }));
  const before = readAll(log, { maxBatchBytes: log.length - 1 });
  assert.equal(before.fault?.code, 'E-KAFKA-BATCH-LIMIT');
  assert.equal(readAll(log, { maxBatchBytes: log.length }).fault, undefined);
  const after = readAll(log, { maxUncompressedBytes: 999 });
  assert.equal(after.fault?.code, 'E-KAFKA-BATCH-LIMIT');
  assert.equal(after.nextOffset, 0);
  // A batch that is only partly there is refused as well: waiting for the rest of it would be for nothing.
  assert.equal(readAll(log, { end: 40, maxBatchBytes: 50 }).fault?.code, 'E-KAFKA-BATCH-LIMIT');
});

test('records before a broken batch are given out, and the fault names what is at the position', () => {
  const broken = writePlain(batchOf(10, 19));
  broken[70]! ^= 1;
  const read = readAll(Buffer.concat([writePlain(batchOf(0, 9)), broken, writePlain(batchOf(20, 29))]));
  assert.equal(read.records.length, 10);
  assert.equal(read.nextOffset, 10);
  assert.equal(read.fault?.code, 'E-KAFKA-CORRUPT');
  assert.match(read.fault.detail, /checksum/);
});

test('a reader serves one response after another', async () => {
  const { BatchReader } = await import('../../../../src/kafka/native/wire/batchReader.ts');
  const { RecordSpans } = await import('../../../../src/kafka/native/wire/recordSpans.ts');
  const limits = { maxBatchBytes: 1e6, maxUncompressedBytes: 1e6, maxRecords: 5, maxBytes: 1e6 };
  const reader = new BatchReader(limits);
  const spans = new RecordSpans();
  const log = writePlain(batchOf(0, 9, { compression: 'lz4' }));
  reader.begin(log, 0, log.length, 0);
  assert.ok(reader.readBlock(spans, limits));
  assert.equal(spans.count, 5);
  const broken = Buffer.from(log);
  broken[30]! ^= 1;
  reader.begin(broken, 0, broken.length, 0);
  assert.ok(!reader.readBlock(spans, limits));
  assert.equal(reader.fault?.code, 'E-KAFKA-CORRUPT');
  reader.begin(log, 0, log.length, 3);
  assert.ok(reader.readBlock(spans, limits));
  assert.deepEqual([...spans.offsets.subarray(0, spans.count)], [3, 4, 5, 6, 7]);
  assert.equal(reader.fault, undefined);
});
