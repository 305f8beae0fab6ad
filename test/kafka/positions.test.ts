import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TidemarkError } from '../../src/errors.ts';
import { OVERWRITTEN, positionInLog, soughtPosition, startingPosition } from '../../src/kafka/positions.ts';

const log = { topic: 't', partition: 3, low: 100, end: 200 };
const plain = { commitFirst: false, outOfRange: false };

test('a group goes on where it committed, wherever new groups start', () => {
  for (const start of ['earliest', 'latest', { timestampMs: 5 }] as const) {
    for (const offset of [100, 150, 200]) {
      assert.deepEqual(startingPosition(log, offset, start, 120, 'stop'), { offset, ...plain });
    }
  }
});

test('a new group starts where it is told, and holds on to what would be another place later', () => {
  assert.deepEqual(startingPosition(log, undefined, 'earliest', undefined, 'stop'), {
    offset: 100,
    ...plain,
  });
  const held = { commitFirst: true, outOfRange: false };
  assert.deepEqual(startingPosition(log, undefined, 'latest', undefined, 'stop'), { offset: 200, ...held });
  assert.deepEqual(startingPosition(log, undefined, { timestampMs: 5 }, 120, 'stop'), {
    offset: 120,
    ...held,
  });
  assert.deepEqual(startingPosition(log, undefined, { timestampMs: 5 }, undefined, 'stop'), {
    offset: 200,
    ...held,
  });
});

test('an offset outside the log follows the policy, on either side', () => {
  for (const wanted of [0, 99, 201]) {
    assert.deepEqual(positionInLog(log, wanted, 'earliest'), {
      offset: 100,
      commitFirst: false,
      outOfRange: true,
    });
    assert.deepEqual(positionInLog(log, wanted, 'latest'), {
      offset: 200,
      commitFirst: true,
      outOfRange: true,
    });
    const error = positionInLog(log, wanted, 'stop');
    assert.ok(error instanceof TidemarkError);
    assert.equal(error.code, 'E-KAFKA-OUT-OF-RANGE');
    assert.equal(error.message, `t/3: the group is at ${wanted}, the log holds [100, 200)`);
  }
});

test('an offset that kafkajs overwrote is out of range, not a new group', () => {
  const error = startingPosition(log, OVERWRITTEN, 'latest', undefined, 'stop');
  assert.ok(error instanceof TidemarkError);
  assert.match(error.message, /is lost, the log holds \[100, 200\)/);
  assert.deepEqual(startingPosition(log, OVERWRITTEN, 'latest', undefined, 'earliest'), {
    offset: 100,
    commitFirst: false,
    outOfRange: true,
  });
});

test('a command moves a partition to wherever the log has a place', () => {
  const open = { ...log, stableEnd: 180 };
  for (const [to, offset] of [
    ['earliest', 100],
    ['latest', 180],
    [{ offset: 100 }, 100],
    [{ offset: 200 }, 200],
    [{ offset: 120, forward: true }, 120],
    [{ skip: 1 }, 121],
    [{ skip: 80 }, 200],
    [{ timestampMs: 5 }, 180],
  ] as const) {
    assert.equal(soughtPosition(open, to, { at: 120 }), offset, JSON.stringify(to));
  }
  assert.equal(soughtPosition(open, { timestampMs: 5 }, { at: 120, atTime: 130 }), 130);
  assert.equal(soughtPosition(open, { offset: 150, forward: true }, { at: undefined }), 150);
});

test('a command passes over the whole of a batch that cannot be read, where its header can be believed', () => {
  for (const [unreadableEnd, skip, offset] of [
    [140, 1, 140],
    [140, 30, 150],
    [120, 1, 121],
    [90, 1, 121],
    [201, 1, 121],
    [Number.MAX_SAFE_INTEGER, 1, 121],
  ] as const) {
    assert.equal(soughtPosition(log, { skip }, { at: 120, unreadableEnd }), offset);
  }
});

test('a command does not move a partition out of its log, nor back when it was to skip', () => {
  for (const [to, at, why] of [
    [{ offset: 99 }, 120, 'offset 99 is not in the log, which holds [100, 200)'],
    [{ offset: 201 }, 120, 'offset 201 is not in the log, which holds [100, 200)'],
    [{ offset: 119, forward: true }, 120, 'it stands at 120 already: going back to 119 is `seek`'],
    [{ skip: 81 }, 120, 'there are 80 offsets to skip: it stands at 120, and the log ends at 200'],
    [{ skip: 1 }, 200, 'there are 0 offsets to skip: it stands at 200, and the log ends at 200'],
    [{ skip: 1 }, undefined, 'where it stands is not known yet; move it to an offset instead'],
  ] as const) {
    assert.equal(soughtPosition(log, to, { at }), why);
  }
  // Retention has passed it by.
  assert.equal(soughtPosition(log, { skip: 3 }, { at: 50 }), 103);
});
