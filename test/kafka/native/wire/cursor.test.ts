import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Writer } from '@platformatic/kafka';
import fc from 'fast-check';
import { WireCursor, WireError } from '../../../../src/kafka/native/wire/cursor.ts';
import { isExact, readInt64, writeInt64 } from '../../../../src/kafka/native/wire/int64.ts';

test('primitives are read as @platformatic/kafka writes them', () => {
  const anyValues = fc.record({
    int8: fc.integer({ min: -128, max: 127 }),
    int16: fc.integer({ min: -32768, max: 32767 }),
    int32: fc.integer(),
    int64: fc.maxSafeInteger(),
    uvarint: fc.nat(2 ** 32 - 1),
    text: fc.option(fc.string({ unit: 'grapheme' })),
    bytes: fc.option(fc.uint8Array()),
    list: fc.option(fc.array(fc.integer())),
  });
  fc.assert(
    fc.property(anyValues, (values) => {
      const written = Writer.create()
        .appendInt8(values.int8)
        .appendInt16(values.int16)
        .appendInt32(values.int32)
        .appendInt64(BigInt(values.int64))
        .appendUnsignedVarInt(values.uvarint)
        .appendString(values.text)
        .appendBytes(values.bytes === null ? null : Buffer.from(values.bytes))
        .appendArray(values.list, (writer, one) => writer.appendInt32(one), true, false)
        .appendTaggedFields();
      const cursor = new WireCursor(Buffer.from(written.buffer));
      assert.equal(cursor.int8(), values.int8);
      assert.equal(cursor.int16(), values.int16);
      assert.equal(cursor.int32(), values.int32);
      assert.equal(cursor.int64(), values.int64);
      assert.equal(cursor.uvarint(), values.uvarint);
      assert.equal(cursor.compactString(), values.text);
      const span = cursor.compactBytes();
      const bytes = span === null ? null : [...cursor.bytes.subarray(span.start, span.end)];
      assert.deepEqual(bytes, values.bytes === null ? null : [...values.bytes]);
      const length = cursor.arrayLength();
      assert.equal(length, values.list?.length ?? -1);
      for (const one of values.list ?? []) assert.equal(cursor.int32(), one);
      cursor.skipTags();
      assert.equal(cursor.remaining, 0);
    }),
  );
});

test('tagged fields are visited one by one, and what a visit leaves unread is passed over', () => {
  const bytes = Buffer.from([2, 0, 3, 1, 2, 3, 5, 1, 9, 77]);
  const visits: number[][] = [];
  const cursor = new WireCursor(bytes);
  cursor.tags((tag, size) => visits.push([tag, size, cursor.int8()]));
  assert.deepEqual(visits, [
    [0, 3, 1],
    [5, 1, 9],
  ]);
  assert.equal(cursor.int8(), 77);
  const again = new WireCursor(bytes);
  again.skipTags();
  assert.equal(again.int8(), 77);
});

test('a visit that reads beyond its tagged field is refused', () => {
  const cursor = new WireCursor(Buffer.from([1, 0, 1, 9, 9, 9]));
  assert.throws(() => cursor.tags(() => cursor.int16()), WireError);
});

const reads: readonly ((cursor: WireCursor) => unknown)[] = [
  (cursor) => cursor.int8(),
  (cursor) => cursor.int16(),
  (cursor) => cursor.int32(),
  (cursor) => cursor.int64(),
  (cursor) => cursor.uvarint(),
  (cursor) => cursor.compactString(),
  (cursor) => cursor.compactBytes(),
  (cursor) => cursor.arrayLength(),
  (cursor) => cursor.skipTags(),
  (cursor) => cursor.tags(() => {}),
  (cursor) => cursor.skip(3),
];

test('no read passes the end or throws anything of its own, whatever the bytes are', () => {
  const anyReads = fc.array(fc.constantFrom(...reads), { maxLength: 20 });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), anyReads, (bytes, picked) => {
      const around = Buffer.alloc(bytes.length + 40, 0xff);
      around.set(bytes, 20);
      const cursor = new WireCursor(around, 20, 20 + bytes.length);
      try {
        for (const read of picked) {
          read(cursor);
          assert.ok(cursor.position <= cursor.end);
        }
      } catch (thrown) {
        const offset = (thrown as { code?: string }).code === 'E-KAFKA-OFFSET';
        assert.ok(offset || thrown instanceof WireError, String(thrown));
      }
    }),
    { numRuns: 500 },
  );
});

test('a count that the rest cannot hold is refused before anybody makes room for it', () => {
  assert.throws(() => new WireCursor(Buffer.from('ffffffff0f00', 'hex')).arrayLength(), WireError);
  assert.throws(() => new WireCursor(Buffer.from('ffffffff0f00', 'hex')).compactBytes(), WireError);
  assert.throws(() => new WireCursor(Buffer.alloc(3), 4), WireError);
  assert.throws(() => new WireCursor(Buffer.alloc(3), 0, 4), WireError);
});

test('64-bit integers are exact to 2^53, and beyond it said not to be', () => {
  const bytes = Buffer.alloc(8);
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      writeInt64(bytes, 0, value);
      assert.equal(bytes.readBigInt64BE(0), BigInt(value));
      assert.equal(readInt64(bytes, 0), value);
    }),
  );
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
      bytes.writeBigInt64BE(value);
      assert.equal(readInt64(bytes, 0), Number(value));
      assert.equal(isExact(readInt64(bytes, 0)), Number.isSafeInteger(Number(value)));
    }),
  );
  bytes.writeBigInt64BE(2n ** 53n);
  assert.throws(() => new WireCursor(bytes).int64(), { code: 'E-KAFKA-OFFSET' });
});
