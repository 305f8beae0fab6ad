import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { append, appendLong, newByteBuffer } from '../../src/avro/byteBuffer.ts';
import { longValue, readLong, words } from '../../src/avro/wire.ts';
import { long } from './support/randomAvro.ts';

test('what is appended stays, through every growth', () => {
  const property = fc.property(fc.array(fc.uint8Array({ maxLength: 200 })), (pieces) => {
    const out = newByteBuffer(1);
    for (const piece of pieces) append(out, piece, 0, piece.length);
    assert.deepEqual(Buffer.from(out.bytes.subarray(0, out.length)), Buffer.concat(pieces));
  });
  fc.assert(property);
});

test('a whole number is written as Avro writes a long, to the ends of 64 bits', () => {
  const edges = [
    0,
    -1,
    63,
    64,
    -64,
    -65,
    2 ** 30 - 1,
    2 ** 30,
    1_700_000_000_000,
    2 ** 52,
    2 ** 52 + 1,
    -(2 ** 30) - 1,
    2 ** 53,
    -(2 ** 53) + 1,
    -(2 ** 63),
  ];
  const whole = fc.oneof(fc.constantFrom(...edges), fc.maxSafeInteger(), fc.integer());
  const property = fc.property(whole, (value) => {
    const out = newByteBuffer(1);
    appendLong(out, value);
    assert.deepEqual(Buffer.from(out.bytes.subarray(0, out.length)), long(BigInt(value)));
  });
  fc.assert(property);
});

test('a long is read exactly into two words, and as the nearest double', () => {
  const property = fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
    const bytes = long(value);
    assert.equal(readLong(bytes, 0, bytes.length), bytes.length);
    assert.equal((BigInt(words[1]!) << 32n) | BigInt(words[0]! >>> 0), value);
    assert.equal(longValue(), Number(value));
  });
  fc.assert(property, { numRuns: 1000 });
});
