import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sizeOfVarint, VarintReader, writeVarint } from '../../src/kafka/varint.ts';
import { plainVarint } from './native/wire/plain.ts';

test('varints up to 2^52 are what the protocol says', () => {
  const edges = [0, -1, 1, 63, 64, -64, -65, 2 ** 30, 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 52, -(2 ** 52)];
  const any = fc.oneof(
    fc.constantFrom(...edges),
    fc.integer(),
    fc.integer({ min: -(2 ** 52), max: 2 ** 52 }),
  );
  fc.assert(
    fc.property(any, (value) => {
      const bytes = new Uint8Array(12);
      const end = writeVarint(bytes, 1, value);
      assert.deepEqual([...bytes.subarray(1, end)], plainVarint(value));
      assert.equal(sizeOfVarint(value), end - 1);
    }),
  );
});

test('what is written is read back, and nothing is read past the end', () => {
  fc.assert(
    fc.property(fc.integer(), (value) => {
      const reader = new VarintReader();
      reader.bytes = new Uint8Array(8);
      reader.end = writeVarint(reader.bytes, 0, value);
      assert.equal(reader.read(), value);
      assert.equal(reader.position, reader.end);
      reader.position = 0;
      reader.end--;
      assert.equal(reader.read(), 0);
      assert.equal(reader.position, -1);
    }),
  );
});

test('a varint that never ends is refused after five bytes', () => {
  const reader = new VarintReader();
  reader.bytes = new Uint8Array(100).fill(0xff);
  reader.end = 100;
  reader.read();
  assert.equal(reader.position, -1);
});
