import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { InHand } from '../../src/pipeline/inHand.ts';
import { Intake } from '../../src/pipeline/intake.ts';
import type { Block } from '../../src/pipeline/ports.ts';
import { blockOf, ManualSource, makeLease } from '../support/simulationBench.ts';
import { SimulatedClock, settled } from '../support/simulationClock.ts';
import { SimulatedReaders } from '../support/simulationEvents.ts';
import { SimulatedTelemetry } from '../support/simulationTelemetry.ts';

function setup(maxInFlightBytes = 1000) {
  const source = new ManualSource();
  const inHand = new InHand(source, new SimulatedTelemetry());
  const told: string[] = [];
  const loads = new Map<number, () => void>();
  const loaded: number[] = [];
  const readers = new SimulatedReaders((id) => {
    loaded.push(id);
    return new Promise((resolve) => loads.set(id, resolve));
  });
  const intake = new Intake(
    { source, readers, inHand, maxInFlightBytes, clock: new SimulatedClock() },
    {
      arrived: () => told.push('arrived'),
      ended: () => told.push('ended'),
      failed: (cause) => told.push(`failed ${cause}`),
    },
  );
  const give = async (...blocks: Block[]) => {
    for (const block of blocks) {
      intake.ask();
      source.give(block);
      await settled();
    }
    told.length = 0;
  };
  return { source, inHand, intake, told, loads, loaded, give };
}

describe('the intake', () => {
  test('asks once at a time and within the budget', async () => {
    const { source, inHand, intake, told } = setup(1);
    let asked = 0;
    const next = source.next.bind(source);
    source.next = () => {
      asked++;
      return next();
    };
    intake.ask();
    intake.ask();
    assert.equal(asked, 1);
    const block = blockOf(makeLease(), ['good']);
    source.give(block);
    await settled();
    assert.deepEqual(told, ['arrived']);
    intake.ask();
    assert.equal(asked, 1, 'the budget is spent');
    inHand.release(block);
    intake.ask();
    assert.equal(asked, 2);
  });

  test('reads a lease on until the batch is closed, then another; within a lease blocks keep their order', async () => {
    const { intake, give } = setup();
    const leases = [makeLease(0), makeLease(1), makeLease(2)];
    const blocks = [0, 1, 0, 1, 0, 2].map((lease, n) => blockOf(leases[lease], ['good'], n));
    await give(...blocks);
    const firstOffset = () => intake.next()?.block.offsets[0];
    assert.equal(firstOffset(), 0);
    intake.read();
    assert.equal(firstOffset(), 2, 'of the same lease, as long as there is room in the batch');
    intake.turn();
    assert.equal(firstOffset(), 1);
    intake.read();
    assert.equal(firstOffset(), 3);
    intake.read();
    // The batch was full with the last block of a lease: the next one has not had its turn.
    intake.turn();
    assert.equal(firstOffset(), 5);
    intake.turn();
    assert.equal(firstOffset(), 2);
    intake.read();
    assert.equal(firstOffset(), 4);
    intake.read();
    assert.equal(firstOffset(), 5);
    intake.read();
    assert.equal(firstOffset(), undefined);
  });

  test('gives what it gave before until it is read, however much comes behind', async () => {
    const { intake, give } = setup();
    const lease = makeLease();
    await give(blockOf(lease, ['good', 'good']));
    const cursor = intake.next();
    assert.ok(cursor);
    cursor.index = 1;
    intake.turn();
    await give(blockOf(lease, ['good'], 2));
    assert.equal(intake.next(), cursor);
  });

  test('gives nothing of a lease that is not held any more', async () => {
    const { source, intake } = setup();
    const lease = makeLease();
    intake.ask();
    source.give(blockOf(lease, ['good']));
    await settled();
    lease.state = { kind: 'ending', deadlineMs: 0 };
    assert.equal(intake.next(), undefined);
  });

  test('fetches a schema once for all leases that wait for it, and forgets those that are gone', async () => {
    const { intake, loads, loaded, told, give } = setup();
    const [kept, lost] = [makeLease(0), makeLease(1)];
    await give(blockOf(kept, ['good']), blockOf(lost, ['good']));
    for (const lease of [kept, lost]) {
      assert.equal(intake.next()?.block.lease, lease);
      intake.waitForSchema(5);
    }
    assert.deepEqual(loaded, [5]);
    assert.equal(intake.waitingBlocks, 2);
    intake.drop(lost);
    // Held, so that only forgetting keeps it away.
    assert.equal(lost.state.kind, 'held');
    assert.equal(intake.waitingBlocks, 1);
    loads.get(5)?.();
    await settled();
    assert.deepEqual(told, ['arrived']);
    assert.equal(intake.next()?.block.lease, kept);
    intake.read();
    assert.equal(intake.next(), undefined);
  });

  test('holds back the later blocks of a lease that waits, and nothing else', async () => {
    const { intake, loads, give } = setup();
    const [waiting, other] = [makeLease(0), makeLease(1)];
    await give(blockOf(waiting, ['good']));
    intake.next();
    intake.waitForSchema(5);
    await give(blockOf(waiting, ['good'], 1), blockOf(other, ['good'], 2));
    assert.equal(intake.waitingBlocks, 2);
    const read: (number | undefined)[] = [];
    const readAll = () => {
      for (let cursor = intake.next(); cursor !== undefined; cursor = intake.next()) {
        read.push(cursor.block.offsets[0]);
        intake.read();
      }
    };
    readAll();
    assert.deepEqual(read, [2]);
    loads.get(5)?.();
    await settled();
    readAll();
    assert.deepEqual(read, [2, 0, 1]);
  });

  test('once closed asks for nothing and gives nothing, also of what arrives late', async () => {
    const { source, intake, loads, give } = setup();
    await give(blockOf(makeLease(0), ['good']), blockOf(makeLease(2), ['good']));
    intake.next();
    intake.waitForSchema(5);
    intake.ask();
    intake.close();
    source.give(blockOf(makeLease(1), ['good']));
    loads.get(5)?.();
    await settled();
    assert.equal(intake.next(), undefined);
    intake.ask();
    assert.equal(source.isAsked, false);
  });

  test('tells the end of the source, and its fault', async () => {
    const { source, intake, told } = setup();
    intake.ask();
    source.end();
    await settled();
    intake.ask();
    source.refuse(new Error('broken'));
    await settled();
    assert.deepEqual(told, ['ended', 'failed Error: broken']);
  });
});
