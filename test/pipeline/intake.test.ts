import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { InHand } from '../../src/pipeline/inHand.ts';
import { Intake } from '../../src/pipeline/intake.ts';
import { blockOf, ManualSource, makeLease } from '../support/simulationBench.ts';
import { settled } from '../support/simulationClock.ts';
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
    { source, readers, inHand, maxInFlightBytes },
    {
      arrived: () => told.push('arrived'),
      ended: () => told.push('ended'),
      failed: (cause) => told.push(`failed ${cause}`),
    },
  );
  return { source, inHand, intake, told, loads, loaded };
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

  test('gives blocks in their order, and one put back after the others', async () => {
    const { source, intake } = setup();
    const blocks = [blockOf(makeLease(0), ['good']), blockOf(makeLease(1), ['good'])];
    for (const block of blocks) {
      intake.ask();
      source.give(block);
      await settled();
    }
    const first = intake.next();
    assert.equal(first?.block, blocks[0]);
    intake.putBack(first);
    assert.equal(intake.next()?.block, blocks[1]);
    assert.equal(intake.next(), first);
    assert.equal(intake.next(), undefined);
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

  test('fetches a schema once for all blocks that wait for it, and forgets those whose lease is gone', async () => {
    const { intake, loads, loaded, told } = setup();
    const [kept, lost] = [makeLease(0), makeLease(1)];
    intake.waitForSchema({ block: blockOf(kept, ['good']), index: 0 }, 5);
    intake.waitForSchema({ block: blockOf(lost, ['good']), index: 0 }, 5);
    assert.deepEqual(loaded, [5]);
    intake.drop(lost);
    // Held, so that only forgetting keeps it away.
    assert.equal(lost.state.kind, 'held');
    loads.get(5)?.();
    await settled();
    assert.deepEqual(told, ['arrived']);
    assert.equal(intake.next()?.block.lease, kept);
    assert.equal(intake.next(), undefined);
  });

  test('once closed asks for nothing and gives nothing, also of what arrives late', async () => {
    const { source, intake, loads } = setup();
    intake.waitForSchema({ block: blockOf(makeLease(0), ['good']), index: 0 }, 5);
    intake.ask();
    intake.close();
    source.give(blockOf(makeLease(1), ['good']));
    loads.get(5)?.();
    await settled();
    assert.equal(intake.next(), undefined);
    intake.putBack({ block: blockOf(makeLease(1), ['good']), index: 0 });
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
