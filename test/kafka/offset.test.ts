import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseOffset } from '../../src/kafka/offset.ts';

test('offsets are held exactly or refused', () => {
  assert.equal(parseOffset('0'), 0);
  assert.equal(parseOffset('-1'), -1);
  assert.equal(parseOffset('9007199254740991'), Number.MAX_SAFE_INTEGER);
  for (const text of ['9007199254740992', '9223372036854775807', '', 'x', '1.5']) {
    assert.throws(() => parseOffset(text), { code: 'E-KAFKA-OFFSET' }, text);
  }
});
