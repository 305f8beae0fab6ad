import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { frameOf, schemaIdOf } from '../../src/avro/framing.ts';

test('the id of a frame is the id it was made with, anywhere in the bytes', () => {
  const property = fc.property(fc.nat(0xffffffff), fc.uint8Array(), fc.uint8Array(), (id, before, body) => {
    const bytes = new Uint8Array([...before, ...frameOf(id), ...body]);
    assert.equal(schemaIdOf(bytes, before.length, bytes.length), id);
  });
  fc.assert(property);
});

test('what is not framed has no id', () => {
  const bytes = Uint8Array.of(0, 0, 0, 0, 7, 1);
  assert.equal(schemaIdOf(bytes, 0, 4), -1, 'too short');
  assert.equal(schemaIdOf(bytes, 4, 6), -1, 'no zero byte');
  assert.equal(schemaIdOf(bytes, -1, -1), -1, 'a null value');
  assert.equal(schemaIdOf(bytes, 0, 7), -1, 'beyond the bytes');
});
