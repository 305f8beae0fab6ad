import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeHeaders, encodeHeaders, HeaderCursor } from '../../src/kafka/headers.ts';
import { anyHeaders } from './arbitraries.ts';

test('headers read back as they were written, wherever they lie', () => {
  fc.assert(
    fc.property(anyHeaders, fc.nat(20), (headers, shift) => {
      const raw = encodeHeaders(headers);
      const bytes = new Uint8Array(raw.length + shift + 3);
      bytes.set(raw, shift);
      const read = decodeHeaders(bytes, shift, shift + raw.length);
      assert.deepEqual(
        read.map(({ name, value }) => [name, value === null ? null : [...value]]),
        headers.map(({ name, value }) => [name, value === null ? null : [...value]]),
      );
    }),
  );
});

test('an empty span has no headers', () => {
  assert.deepEqual(decodeHeaders(new Uint8Array(4), 2, 2), []);
  assert.deepEqual(decodeHeaders(new Uint8Array(4), -1, -1), []);
});

test('broken headers are refused without reading past their end', () => {
  fc.assert(
    fc.property(anyHeaders, fc.nat(), fc.integer({ min: 0, max: 255 }), (headers, where, byte) => {
      const raw = encodeHeaders(headers);
      raw[where % raw.length] = byte;
      const cursor = new HeaderCursor();
      try {
        cursor.begin(raw, 0, raw.length);
        while (cursor.next()) {
          assert.ok(cursor.end <= raw.length);
          assert.ok(cursor.nameEnd <= raw.length && cursor.valueEnd <= raw.length);
        }
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'E-INTERNAL');
      }
    }),
  );
});

test('cut headers are refused', () => {
  const raw = encodeHeaders([{ name: 'trace', value: Buffer.from('abc') }]);
  for (let end = 1; end < raw.length; end++) {
    assert.throws(() => decodeHeaders(raw, 0, end), { code: 'E-INTERNAL' }, `cut at ${end}`);
  }
});
