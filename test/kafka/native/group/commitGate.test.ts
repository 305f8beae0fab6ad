import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TidemarkError } from '../../../../src/errors.ts';
import { KafkaFault } from '../../../../src/kafka/native/cluster/fault.ts';
import { CommitGate } from '../../../../src/kafka/native/group/commitGate.ts';
import { groupFault } from '../../../../src/kafka/native/group/groupFault.ts';
import { HeldPartitions } from '../../../../src/kafka/native/group/held.ts';
import type { GroupEffect } from '../../../../src/kafka/native/group/machineTypes.ts';

const fault = (type: string) => groupFault(new KafkaFault(type, type), 'committing');
const under = (generation: number) => ({ memberId: 'm', generation });

function newGate(...partitions: number[]) {
  const held = new HeldPartitions();
  held.grant(partitions);
  return { held, gate: new CommitGate(held, () => 0.5) };
}

const words = (effects: readonly GroupEffect[]) =>
  effects.map((effect) => {
    if (effect.kind === 'commit') return `send ${effect.partitions} under ${effect.ownership.generation}`;
    if (effect.kind !== 'commitSettled') return effect.kind;
    return effect.outcome instanceof TidemarkError ? effect.outcome.code : effect.outcome;
  });

describe('a commit', () => {
  test('waits while no offsets may be sent, and goes out under the next generation for what was kept', () => {
    const { gate, held } = newGate(0, 1, 2);
    gate.ask(1, [0, 1, 2]);
    assert.deepEqual(words(gate.flush(undefined, 0)), []);
    assert.equal(gate.wakeAtMs(undefined), Number.POSITIVE_INFINITY);
    held.drop([1]);
    held.drop([2]);
    held.grant([2]);
    assert.deepEqual(words(gate.flush(under(6), 1)), ['send 0 under 6'], 'a partition granted anew is new');
    assert.deepEqual(words(gate.flush(under(6), 2)), [], 'it is on its way');
    assert.deepEqual(words(gate.answered(undefined, 3)), ['committed']);
  });

  test('of nothing that is held is refused at once', () => {
    const { gate } = newGate(0);
    gate.ask(1, [5]);
    assert.deepEqual(words(gate.flush(under(1), 0)), ['refused']);
  });

  for (const type of [
    'ILLEGAL_GENERATION',
    'UNKNOWN_MEMBER_ID',
    'REBALANCE_IN_PROGRESS',
    'FENCED_INSTANCE_ID',
  ])
    test(`that the group refuses with ${type} is over`, () => {
      const { gate } = newGate(0);
      gate.ask(1, [0]);
      gate.flush(under(1), 0);
      assert.deepEqual(words(gate.answered(fault(type), 1)), ['refused']);
      assert.deepEqual(words(gate.flush(under(2), 2)), []);
    });

  test('that was lost on its way is sent again under its generation, and never under another', () => {
    const { gate } = newGate(0);
    gate.ask(1, [0]);
    gate.flush(under(1), 0);
    assert.deepEqual(words(gate.answered(fault('TIMEOUT'), 100)), []);
    assert.deepEqual(words(gate.flush(under(1), 100)), [], 'after a pause');
    const againAtMs = gate.wakeAtMs(under(1));
    assert.ok(againAtMs > 100 && againAtMs < 1_000);
    assert.deepEqual(words(gate.flush(under(1), againAtMs)), ['send 0 under 1']);
    gate.answered(fault('NETWORK'), againAtMs);
    assert.deepEqual(words(gate.flush(under(2), againAtMs + 2_000)), ['refused']);
  });

  test('is tried for ten seconds, and then its caller is told that the group is out of reach', () => {
    const { gate } = newGate(0);
    gate.ask(1, [0]);
    let nowMs = 0;
    for (let tries = 1; tries < 1_000; tries++) {
      gate.flush(under(1), nowMs);
      const settled = words(gate.answered(fault('COORDINATOR_LOAD_IN_PROGRESS'), nowMs));
      if (settled.length > 0) {
        assert.deepEqual(settled, ['E-KAFKA-UNREACHABLE']);
        assert.ok(nowMs > 5_000 && nowMs <= 10_000, `${nowMs}`);
        return;
      }
      nowMs = gate.wakeAtMs(under(1));
    }
    assert.fail('never settled');
  });

  test('that the broker will never take says why', () => {
    const { gate } = newGate(0);
    gate.ask(1, [0]);
    gate.flush(under(1), 0);
    assert.deepEqual(words(gate.answered(fault('GROUP_AUTHORIZATION_FAILED'), 1)), ['E-KAFKA-ACL']);
  });
});
