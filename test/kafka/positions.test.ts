import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TidemarkError } from '../../src/errors.ts';
import { OVERWRITTEN, positionInLog, startingPosition } from '../../src/kafka/positions.ts';

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
