import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ResponseMemory } from '../../../../src/kafka/native/fetch/responseMemory.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/** What is lent, as bytes that only its owner wrote. */
interface Lent {
  readonly bytes: Buffer;
  readonly mark: number;
}

describe('response memory', () => {
  test('is as large as asked for and of one owner at a time, in whatever order pieces come back', () => {
    const turn = fc.record({ size: fc.integer({ min: 1, max: 120 * KIB }), back: fc.option(fc.nat(20)) });
    fc.assert(
      fc.property(fc.array(turn, { maxLength: 60 }), (turns) => {
        const memory = new ResponseMemory(MIB);
        const lent: Lent[] = [];
        turns.forEach(({ size, back }, mark) => {
          const bytes = memory.take(size).fill(mark);
          assert.equal(bytes.length, size);
          lent.push({ bytes, mark });
          if (back === null || back >= lent.length) return;
          for (const { bytes: own, mark: written } of lent) assert.ok(own.every((byte) => byte === written));
          const [gone] = lent.splice(back, 1);
          memory.giveBack(gone!.bytes.subarray(Math.min(5, gone!.bytes.length - 1)));
        });
        for (const { bytes } of lent) memory.giveBack(bytes);
        // What came back has grown together again.
        const one = memory.take(64 * KIB);
        memory.giveBack(one);
        const whole = memory.take(MIB);
        assert.ok(whole.buffer === one.buffer);
        assert.equal(whole.byteOffset, 0);
      }),
    );
  });

  test('comes back once, and only what it gave does', () => {
    const memory = new ResponseMemory(MIB);
    const first = memory.take(100 * KIB);
    memory.giveBack(first);
    const second = memory.take(200 * KIB);
    assert.equal(second.byteOffset, first.byteOffset);
    memory.giveBack(Buffer.alloc(100 * KIB));
    assert.notEqual(memory.take(100 * KIB).byteOffset, second.byteOffset);
  });

  test('what finds no place is memory of its own, which is free as soon as it comes back', () => {
    const memory = new ResponseMemory(MIB);
    const inside = memory.take(800 * KIB);
    const alone = memory.take(800 * KIB);
    assert.ok(alone.buffer !== inside.buffer);
    memory.giveBack(alone.subarray(4));
    assert.equal(alone.length, 0);
    memory.giveBack(inside);
    assert.ok(memory.take(800 * KIB).buffer === inside.buffer);
  });
});
