import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ResponseMemory } from '../../../../src/kafka/native/fetch/responseMemory.ts';

const MIB = 1024 * 1024;

describe('response memory', () => {
  test('is large enough, of one owner at a time, and not far too large', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.integer({ min: 1, max: 64 * 1024 }), fc.constant(-1))), (turns) => {
        const memory = new ResponseMemory();
        const lent: Buffer[] = [];
        for (const size of turns) {
          if (size < 0) {
            const first = lent.shift();
            if (first !== undefined) memory.giveBack(first, 200_000);
            continue;
          }
          const bytes = memory.take(size, 200_000);
          assert.ok(bytes.length >= size && bytes.length <= Math.max(size * 6, 16 * 1024));
          assert.ok(size < 16 * 1024 || lent.every(({ buffer }) => buffer !== bytes.buffer));
          lent.push(bytes);
        }
      }),
    );
  });

  test('comes back when a view of it is given back, and only once', () => {
    const memory = new ResponseMemory();
    const bytes = memory.take(MIB, 8 * MIB);
    memory.giveBack(bytes.subarray(10, 20), 8 * MIB);
    memory.giveBack(bytes, 8 * MIB);
    assert.equal(memory.take(MIB, 8 * MIB).buffer, bytes.buffer);
    assert.notEqual(memory.take(MIB, 8 * MIB).buffer, bytes.buffer);
  });

  test('keeps no more than it may, and nothing that it has not given', () => {
    const memory = new ResponseMemory();
    const all = Array.from({ length: 5 }, () => memory.take(MIB, 8 * MIB));
    for (const bytes of all) memory.giveBack(bytes, 2 * MIB);
    assert.equal(all.filter(({ length }) => length === 0).length, 3, 'what is not kept is free at once');
    const mine = new Set(all.map(({ buffer }) => buffer));
    const again = Array.from({ length: 5 }, () => memory.take(MIB, 8 * MIB));
    assert.equal(again.filter(({ buffer }) => mine.has(buffer)).length, 2);
    memory.giveBack(Buffer.allocUnsafeSlow(MIB), 8 * MIB);
    assert.ok(!again.includes(memory.take(MIB, 8 * MIB)));
    const huge = memory.take(9 * MIB, 32 * MIB);
    memory.giveBack(huge, 32 * MIB);
    assert.notEqual(memory.take(9 * MIB, 32 * MIB).buffer, huge.buffer);
  });

  test('lets go of sizes that are no longer asked for', () => {
    const memory = new ResponseMemory();
    const bytes = memory.take(MIB, 3 * MIB);
    memory.giveBack(bytes, 3 * MIB);
    memory.take(2 * MIB, 3 * MIB);
    const again = memory.take(MIB, MIB);
    assert.equal(again.buffer, bytes.buffer);
    memory.giveBack(again, MIB);
    memory.take(2 * MIB, 2 * MIB);
    assert.notEqual(memory.take(MIB, 3 * MIB).buffer, bytes.buffer);
  });
});
