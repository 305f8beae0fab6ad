import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { scanBatches } from '../../../../src/kafka/native/fetch/scan.ts';
import { batchOf } from './batches.ts';

const log = [
  batchOf(10, ['a', 'b', 'c'], 1),
  batchOf(13, ['d'.repeat(500)], 1),
  // What compaction left out is no fault.
  batchOf(20, ['e', 'f'], 3),
];
const bytes = Buffer.concat(log.map((batch) => batch.bytes));
const ends = log.map((_, i) => log.slice(0, i + 1).reduce((sum, batch) => sum + batch.bytes.length, 0));

describe('a look at the headers of a fetch', () => {
  test('finds the end of the last whole batch wherever the fetch was cut', () => {
    for (let cut = 0; cut <= bytes.length; cut++) {
      const whole = ends.filter((end) => end <= cut).length;
      const scanned = scanBatches(bytes, 0, cut, 11);
      const end = ends[whole - 1] ?? 0;
      assert.equal(scanned.end, end);
      assert.equal(scanned.nextOffset, whole === 0 ? 11 : log[whole - 1]!.lastOffset + 1);
      assert.equal(scanned.leaderEpoch, whole === 0 ? -1 : log[whole - 1]!.leaderEpoch);
      assert.equal(scanned.sound, true);
      // How large the batch that was cut off is, where that can be read already.
      if (cut === end) assert.equal(scanned.cutBytes, 0);
      else if (cut - end < 12) assert.ok(scanned.cutBytes > 0);
      else assert.equal(scanned.cutBytes, log[whole]!.bytes.length);
    }
  });

  test('leaves what makes no sense to the reader', () => {
    const short = Buffer.from(bytes);
    short.writeInt32BE(5, ends[0]! + 8);
    assert.deepEqual(scanBatches(short, 0, short.length, 10), {
      end: short.length,
      nextOffset: 13,
      leaderEpoch: 1,
      cutBytes: 0,
      sound: false,
    });
    const back = Buffer.concat([log[1]!.bytes, log[0]!.bytes]);
    assert.equal(scanBatches(back, 0, back.length, 10).sound, false);
    assert.equal(scanBatches(bytes, 0, bytes.length, 30).sound, false);
  });

  test('never throws and never moves back, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(100), (noise, at) => {
        const hostile = Buffer.from(bytes);
        hostile.set(noise.subarray(0, hostile.length - at), at);
        const { end, nextOffset } = scanBatches(hostile, 0, hostile.length, 10);
        assert.ok(end >= 0 && end <= hostile.length);
        assert.ok(nextOffset >= 10 && Number.isSafeInteger(nextOffset));
      }),
    );
  });
});
