import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import fc from 'fast-check';
import { append as appendBytes } from '../../src/avro/byteBuffer.ts';
import { bodyOf, maxTimestampOf } from '../../src/kafka/recordRange.ts';
import { EncodedRecords } from '../../src/kafka/records.ts';
import { EncodedStamp } from '../../src/kafka/stamp.ts';
import { anyRecord, blockOf, type PlainRecord } from './arbitraries.ts';

const require = createRequire(import.meta.url);
const KafkajsDecoder = require('kafkajs/src/protocol/decoder');
const decodeKafkajsRecord = require('kafkajs/src/protocol/recordBatch/record/v0/decoder');

interface DecodedRecord {
  attributes: number;
  timestampDelta: number;
  offsetDelta: number;
  key: number[] | null;
  value: number[] | null;
  headers: [string, number[] | null][];
}

/** Record format v2 read the slow and obvious way. */
function plainDecode(bytes: Uint8Array): DecodedRecord[] {
  let at = 0;
  const varint = () => {
    let result = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = BigInt(bytes[at++]!);
      result |= (byte & 0x7fn) << shift;
      if (byte < 128n) return Number((result >> 1n) ^ -(result & 1n));
    }
  };
  const sized = () => {
    const length = varint();
    if (length < 0) return null;
    at += length;
    return [...bytes.subarray(at - length, at)];
  };
  const records: DecodedRecord[] = [];
  while (at < bytes.length) {
    const end = varint() + at;
    const attributes = bytes[at++]!;
    const [timestampDelta, offsetDelta, key, value] = [varint(), varint(), sized(), sized()];
    const headers = Array.from(
      { length: varint() },
      () => [Buffer.from(sized()!).toString(), sized()] as [string, number[] | null],
    );
    assert.equal(at, end, 'the length says where the record ends');
    records.push({ attributes, timestampDelta, offsetDelta, key, value, headers });
  }
  return records;
}

const anyAppend = fc.record({
  record: anyRecord,
  out: fc.option(fc.uint8Array({ maxLength: 200 }), { freq: 5 }),
  timestamp: fc.nat(2 ** 42),
});
const anyStamp = fc.record({
  headers: fc.array(
    fc.tuple(fc.constantFrom('model-name', 'model-version', 'x'), fc.string({ maxLength: 20 })),
    { maxLength: 4 },
  ),
  source: fc.boolean(),
});

function appendAll(
  appends: { record: PlainRecord; out: Uint8Array | null; timestamp: number }[],
  stamp: EncodedStamp,
  inPlace: (i: number) => boolean = () => false,
) {
  const records = new EncodedRecords('out', 3);
  const block = blockOf(appends.map(({ record }) => record));
  appends.forEach(({ out, timestamp }, i) => {
    if (out !== null && inPlace(i)) {
      const room = records.valueRoom();
      const start = room.length;
      appendBytes(room, out, 0, out.length);
      records.append(block, i, room.bytes, start, room.length, timestamp, stamp);
      return;
    }
    const value = Buffer.concat([Buffer.from('..'), out ?? Buffer.alloc(0), Buffer.from('.')]);
    records.append(block, i, value, out === null ? -1 : 2, 2 + (out?.length ?? 0), timestamp, stamp);
  });
  return records;
}

test('records are record format v2, headers replaced by name', () => {
  fc.assert(
    fc.property(fc.array(anyAppend, { maxLength: 20 }), anyStamp, (appends, { headers, source }) => {
      const stamp = new EncodedStamp(headers, source);
      const records = appendAll(appends, stamp);
      const decoded = plainDecode(records.bytes.subarray(0, records.byteLength));
      assert.equal(records.count, appends.length);
      const replaced = new Set([...headers.map(([name]) => name), ...(source ? ['source'] : [])]);
      const bytesOf = (text: string) => [...Buffer.from(text)];
      decoded.forEach((record, i) => {
        const { record: input, out, timestamp } = appends[i]!;
        assert.equal(record.attributes, 0);
        assert.equal(record.offsetDelta, i);
        assert.equal(records.baseTimestamp + record.timestampDelta, timestamp);
        assert.deepEqual(record.key, input.key === null ? null : [...input.key]);
        assert.deepEqual(record.value, out === null ? null : [...out]);
        assert.deepEqual(record.headers, [
          ...input.headers
            .filter(({ name }) => !replaced.has(name))
            .map(({ name, value }) => [name, value === null ? null : [...value]]),
          ...headers.map(([name, value]) => [name, bytesOf(value)]),
          ...(source ? [['source', bytesOf(`input/7@${input.offset}`)]] : []),
        ]);
      });
      const latest = Math.max(-1, ...appends.map(({ timestamp }) => timestamp));
      assert.equal(records.maxTimestamp, latest);
    }),
  );
});

test('values written in place give the same records as values that are copied', () => {
  const anyValue = fc
    .tuple(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 1, max: 60 }))
    .map(([bytes, times]) => Buffer.concat(new Array(times).fill(bytes)));
  const any = fc.record({ record: anyRecord, out: fc.option(anyValue), timestamp: fc.nat(2 ** 42) });
  fc.assert(
    fc.property(fc.array(any, { maxLength: 30 }), fc.func(fc.boolean()), (appends, inPlace) => {
      const stamp = new EncodedStamp([['a', 'b']], true);
      const copied = appendAll(appends, stamp);
      const written = appendAll(appends, stamp, (i) => inPlace(i));
      const bytesOf = ({ bytes, byteLength }: EncodedRecords) => Buffer.from(bytes.subarray(0, byteLength));
      const startsOf = ({ starts, count }: EncodedRecords) => [...starts.subarray(0, count + 1)];
      assert.deepEqual(bytesOf(written), bytesOf(copied));
      assert.deepEqual(startsOf(written), startsOf(copied));
    }),
  );
});

test('starts find each record in the encoded bytes', () => {
  fc.assert(
    fc.property(fc.array(anyAppend, { minLength: 1, maxLength: 10 }), (appends) => {
      const { bytes, starts, byteLength, count, timestamps } = appendAll(
        appends,
        new EncodedStamp([['a', 'b']], true),
      );
      const all = plainDecode(bytes.subarray(0, byteLength));
      assert.equal(starts[0], 0);
      assert.equal(starts[count], byteLength);
      for (let i = 0; i < count; i++) {
        assert.deepEqual(plainDecode(bytes.subarray(starts[i], starts[i + 1])), [all[i]]);
        assert.equal(timestamps[i], appends[i]!.timestamp);
      }
    }),
  );
});

test('a range of records is numbered from 0 and else the same', () => {
  const anyRange = fc
    .array(anyAppend, { minLength: 1, maxLength: 200 })
    .chain((appends) =>
      fc.tuple(fc.constant(appends), fc.nat(appends.length - 1), fc.integer({ min: 1, max: appends.length })),
    )
    .filter(([, from, to]) => from < to);
  fc.assert(
    fc.property(anyRange, ([appends, from, to]) => {
      const records = appendAll(appends, new EncodedStamp([['a', 'b']], true));
      const all = plainDecode(records.bytes.subarray(0, records.byteLength));
      assert.deepEqual(
        plainDecode(bodyOf(records, from, to)),
        all.slice(from, to).map((record, i) => ({ ...record, offsetDelta: i })),
      );
      assert.equal(
        maxTimestampOf(records, from, to),
        Math.max(...appends.slice(from, to).map(({ timestamp }) => timestamp)),
      );
    }),
    { numRuns: 50 },
  );
});

test('kafkajs reads the records as they are meant', () => {
  fc.assert(
    fc.property(fc.array(anyAppend, { minLength: 1, maxLength: 10 }), (appends) => {
      const records = appendAll(appends, new EncodedStamp([['model-name', 'm']], true));
      const decoder = new KafkajsDecoder(Buffer.from(records.bytes.subarray(0, records.byteLength)));
      for (const { record, out, timestamp } of appends) {
        const read = decodeKafkajsRecord(new KafkajsDecoder(decoder.readVarIntBytes()), {
          firstOffset: '0',
          firstTimestamp: String(records.baseTimestamp),
          magicByte: 2,
        });
        assert.equal(read.timestamp, String(timestamp));
        assert.deepEqual(
          read.key === null ? null : [...read.key],
          record.key === null ? null : [...record.key],
        );
        assert.deepEqual(read.value === null ? null : [...read.value], out === null ? null : [...out]);
        assert.equal(String(read.headers['model-name']), 'm');
        assert.equal(String(read.headers.source), `input/7@${record.offset}`);
      }
    }),
  );
});

test('a buffer grows past its first size, and a second lease gets its own source', () => {
  const records = new EncodedRecords('out', 0);
  const stamp = new EncodedStamp([], true);
  const record = { key: null, value: null, headers: [], offset: 9, timestamp: 1 };
  const first = blockOf([record], 'orders', 1);
  const second = blockOf([{ ...record, offset: 10 }], 'orders', 22);
  const value = Buffer.alloc(100, 7);
  for (let i = 0; i < 1000; i++) records.append(i % 2 ? second : first, 0, value, 0, 100, 1, stamp);
  const decoded = plainDecode(records.bytes.subarray(0, records.byteLength));
  assert.equal(decoded.length, 1000);
  decoded.forEach((entry, i) => {
    assert.equal(Buffer.from(entry.headers[0]![1]!).toString(), i % 2 ? 'orders/22@10' : 'orders/1@9');
  });
});

test('records of any size follow each other, whatever room the length of the one before took', () => {
  const anySizes = fc.array(fc.constantFrom(0, 20, 60, 70, 8000, 8170, 8200, 1_100_000), { maxLength: 12 });
  const value = Buffer.alloc(1_100_000, 7);
  const stamp = new EncodedStamp([], false);
  const block = blockOf([{ key: null, value: null, headers: [], offset: 9, timestamp: 1 }]);
  fc.assert(
    fc.property(anySizes, (sizes) => {
      const records = new EncodedRecords('out', 0, 61);
      for (const size of sizes) records.append(block, 0, value, 0, size, 1, stamp);
      const decoded = plainDecode(records.bytes.subarray(61, 61 + records.byteLength));
      assert.deepEqual(
        decoded.map((record) => record.value?.length),
        sizes,
      );
    }),
    { numRuns: 20 },
  );
});

test('the source of every record is its own, from one digit to sixteen', () => {
  const stamp = new EncodedStamp([['model-name', 'm']], true);
  const near = (offset: number) => Array.from({ length: 12 }, (_, i) => offset - 6 + i);
  const ends = [10, 100, 1000, 10_000, 100_000, 1_000_000, 2 ** 32, 10 ** 15].flatMap(near);
  const offsets = [0, 1, 2, ...ends, ...ends.toReversed(), Number.MAX_SAFE_INTEGER - 1];
  const block = blockOf(
    offsets.map((offset) => ({ key: null, value: null, headers: [], offset, timestamp: 1 })),
  );
  const records = new EncodedRecords('out', 0);
  offsets.forEach((_, i) => {
    records.append(block, i, new Uint8Array(0), 0, 0, 1, stamp);
  });
  const decoded = plainDecode(records.bytes.subarray(0, records.byteLength));
  assert.deepEqual(
    decoded.map(({ headers }) => Buffer.from(headers[1]![1]!).toString()),
    offsets.map((offset) => `input/7@${offset}`),
  );
});

test('a stamp that another sink made is refused', () => {
  const records = new EncodedRecords('out', 0);
  const block = blockOf([{ key: null, value: null, headers: [], offset: 0, timestamp: 1 }]);
  assert.throws(() => records.append(block, 0, new Uint8Array(1), 0, 1, 1, { names: [] }), {
    code: 'E-INTERNAL',
  });
});

test('a negative timestamp stands for that of the incoming record, whatever it is', () => {
  const records = new EncodedRecords('out', 0);
  const times = [1_700_000_000_000, -1, 1_700_000_000_007];
  const block = blockOf(
    times.map((timestamp, offset) => ({ key: null, value: null, headers: [], offset, timestamp })),
  );
  const stamp = new EncodedStamp([], false);
  for (const index of times.keys()) records.append(block, index, new Uint8Array(1), 0, 1, -1, stamp);
  assert.deepEqual([...records.timestamps.subarray(0, 3)], times);
  records.append(block, 0, new Uint8Array(1), 0, 1, 5, stamp);
  assert.equal(records.timestamps[3], 5);
});

test('a buffer is full from so many bytes on, until it is emptied', () => {
  const records = new EncodedRecords('out', 0, 61, 1_000);
  const block = blockOf([{ key: null, value: null, headers: [], offset: 0, timestamp: 1 }]);
  const stamp = new EncodedStamp([], false);
  while (!records.isFull) records.append(block, 0, new Uint8Array(100), 0, 100, 1, stamp);
  assert.ok(records.byteLength >= 1_000 && records.byteLength < 1_200, `${records.byteLength}`);
  records.reset('out', 1);
  assert.equal(records.isFull, false);
});
