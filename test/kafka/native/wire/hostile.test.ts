/** What comes of batches that nobody honest writes: a code, and nothing else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { anyBatch, visible } from './arbitraries.ts';
import { corpus, HONEST, sealed } from './hostileBatches.ts';
import { fixChecksum, plainRecordBytes, readPlain, writePlain } from './plain.ts';
import { type Read, readAll, shown } from './reading.ts';

const CODES = ['E-KAFKA-CORRUPT', 'E-KAFKA-BATCH-LIMIT', 'E-KAFKA-RECORD-FORMAT', 'E-KAFKA-OFFSET'];
const LIMITS = { maxBatchBytes: 1e6, maxUncompressedBytes: 1e6 };

/** Reads the batch among bytes that would go on with anything it leaves open. The result may not depend on them. */
function readAmong(batch: Buffer): Read {
  const [among, otherwise] = [0xff, 0x01].map((poison) => {
    const around = Buffer.alloc(batch.length + 400, poison);
    batch.copy(around, 200);
    return readAll(around, { start: 200, end: 200 + batch.length, ...LIMITS });
  });
  assert.deepEqual(shown(among!.records), shown(otherwise!.records));
  assert.deepEqual([among!.fault, among!.nextOffset], [otherwise!.fault, otherwise!.nextOffset]);
  return among!;
}

function plainly(batch: Buffer): ReturnType<typeof visible> | undefined {
  try {
    return readPlain(batch).flatMap(visible);
  } catch {
    return undefined;
  }
}

/** Bytes set, cut out or put in, somewhere. */
const anyEdits = fc.array(
  fc.record({
    at: fc.nat(),
    kind: fc.constantFrom('set', 'flip', 'remove', 'insert'),
    byte: fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), fc.nat(255)),
  }),
  { minLength: 1, maxLength: 4 },
);
type Edits = typeof anyEdits extends fc.Arbitrary<infer T> ? T : never;

function edited(bytes: Buffer, edits: Edits, from: number): Buffer {
  const list = [...bytes];
  for (const { at, kind, byte } of edits) {
    if (list.length <= from) break;
    const place = from + (at % (list.length - from));
    if (kind === 'set') list[place] = byte;
    else if (kind === 'flip') list[place]! ^= 1 << (byte % 8);
    else list.splice(place, kind === 'remove' ? 1 : 0, ...(kind === 'insert' ? [byte] : []));
  }
  return Buffer.from(list);
}

test('an edited body is read as the plain reader reads it, or refused as it does', () => {
  fc.assert(
    fc.property(anyBatch, anyEdits, (batch, edits) => {
      const body = Buffer.from(batch.records.flatMap((record) => plainRecordBytes(batch, record)));
      const hostile = writePlain(batch, edited(body, edits, 0));
      const expected = plainly(hostile);
      const read = readAmong(hostile);
      if (expected === undefined) assert.equal(read.fault?.code, 'E-KAFKA-CORRUPT');
      else assert.deepEqual([read.fault, shown(read.records)], [undefined, shown(expected)]);
    }),
    { numRuns: 400 },
  );
});

test('an edited batch is read as the plain reader reads it, or refused with a code', () => {
  fc.assert(
    fc.property(anyBatch, anyEdits, (batch, edits) => {
      const hostile = edited(writePlain(batch), edits, 21);
      if (hostile.length < 61) return;
      sealed(hostile);
      const read = readAmong(hostile);
      if (read.fault === undefined) assert.deepEqual(shown(read.records), shown(plainly(hostile) ?? []));
      else {
        assert.ok(CODES.includes(read.fault.code));
        const isPlain = (hostile.readInt16BE(21) & 7) === 0;
        if (isPlain) assert.equal(plainly(hostile), undefined, read.fault.detail);
      }
    }),
    { numRuns: 400 },
  );
});

test('bytes at random in any compression are refused, and never thrown at us', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(7), fc.nat(5), (body, bits, count) => {
      const hostile = writePlain({ ...HONEST, lastOffset: 200 }, Buffer.from(body), count + 1);
      hostile.writeInt16BE(bits, 21);
      const read = readAmong(fixChecksum(hostile));
      if (read.fault === undefined) assert.deepEqual(shown(read.records), shown(plainly(hostile) ?? []));
      else assert.ok(CODES.includes(read.fault.code));
    }),
    { numRuns: 400 },
  );
});

test('bytes at random instead of batches end in a code or in nothing', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const { fault, records } = readAmong(Buffer.from(bytes));
      assert.equal(records.length, 0);
      assert.ok(fault === undefined ? bytes.length === 0 : CODES.includes(fault.code));
    }),
  );
});

for (const [name, batch, code] of corpus) {
  test(`refused with its code: ${name}`, () => {
    const read = readAmong(batch);
    assert.equal(read.fault?.code, code, read.fault?.detail);
    assert.ok(read.nextOffset <= 104);
  });
}

test('the batch that the corpus is made of is honest', () => {
  const read = readAmong(writePlain(HONEST));
  assert.equal(read.fault, undefined);
  assert.equal(read.records.length, 2);
});
