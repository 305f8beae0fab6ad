import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InHand } from '../../src/pipeline/inHand.ts';
import { blockOf, ManualSource, makeLease } from '../support/simulationBench.ts';
import { SimulatedTelemetry } from '../support/simulationTelemetry.ts';

test('bytes and events in hand are those of blocks taken and not released, each released once', () => {
  const [source, telemetry] = [new ManualSource(), new SimulatedTelemetry()];
  const inHand = new InHand(source, telemetry);
  const first = blockOf(makeLease(0), ['good', 'good']);
  const second = blockOf(makeLease(1), ['good']);
  inHand.take(first);
  inHand.take(second);
  assert.equal(inHand.bytes, first.bytes.length + second.bytes.length);
  assert.equal(inHand.events, 3);
  inHand.release(first);
  inHand.release(first);
  assert.deepEqual(source.released, [first]);
  assert.deepEqual([inHand.bytes, inHand.events], [second.bytes.length, 1]);
  assert.equal(telemetry.inFlightBytes.at(-1), second.bytes.length);
});

test('all blocks of a lease are released together, and no other', () => {
  const source = new ManualSource();
  const inHand = new InHand(source, new SimulatedTelemetry());
  const [lease, other] = [makeLease(0), makeLease(0, 2)];
  const blocks = [blockOf(lease, ['good']), blockOf(other, ['good']), blockOf(lease, ['good'], 1)];
  for (const block of blocks) inHand.take(block);
  inHand.releaseAll([lease]);
  assert.deepEqual(source.released, [blocks[0], blocks[2]]);
});

test('blocks of leases that are not held do not count as held', () => {
  const inHand = new InHand(new ManualSource(), new SimulatedTelemetry());
  const [held, ending] = [makeLease(0), makeLease(1)];
  inHand.take(blockOf(held, ['good']));
  inHand.take(blockOf(ending, ['good']));
  ending.state = { kind: 'ending', deadlineMs: 0 };
  assert.equal(inHand.heldBlocks, 1);
});

test('bytes that blocks share count once, until the last of them is released', () => {
  const inHand = new InHand(new ManualSource(), new SimulatedTelemetry());
  const first = blockOf(makeLease(0), ['good', 'good']);
  const second = { ...blockOf(makeLease(1), ['good']), bytes: first.bytes };
  inHand.take(first);
  inHand.take(second);
  assert.deepEqual([inHand.bytes, inHand.events], [first.bytes.length, 3]);
  inHand.release(first);
  assert.equal(inHand.bytes, first.bytes.length);
  inHand.release(second);
  assert.deepEqual([inHand.bytes, inHand.events], [0, 0]);
});
