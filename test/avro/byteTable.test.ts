import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ByteTable } from '../../src/avro/byteTable.ts';

test('a table finds exactly its texts, each at its first index', () => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 50 }),
    fc.constantFrom('', 'a', 'web', 'wab'),
  );
  const property = fc.property(fc.array(text), fc.array(text), (texts, others) => {
    const table = new ByteTable(texts);
    for (const wanted of [...texts, ...others]) {
      const bytes = Buffer.from(`x${wanted}y`);
      assert.equal(table.find(bytes, 1, bytes.length - 1), texts.indexOf(wanted), wanted);
    }
  });
  fc.assert(property);
});

test('texts that differ only in the middle are told apart', () => {
  const texts = Array.from({ length: 2000 }, (_, i) => `${'a'.repeat(40)}${i}${'b'.repeat(40)}`);
  const table = new ByteTable(texts);
  for (const [index, text] of texts.entries()) {
    const bytes = Buffer.from(text);
    assert.equal(table.find(bytes, 0, bytes.length), index);
  }
});
