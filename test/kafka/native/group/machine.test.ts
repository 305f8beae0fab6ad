/** What the simulation has no eyes for: what a machine does first and last. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { KafkaFault } from '../../../../src/kafka/native/cluster/fault.ts';
import { groupFault } from '../../../../src/kafka/native/group/groupFault.ts';
import { GroupMachine } from '../../../../src/kafka/native/group/machine.ts';
import type { GroupEffect, JoinAnswer } from '../../../../src/kafka/native/group/machineTypes.ts';

const SETTINGS = {
  sessionTimeoutMs: 10_000,
  rebalanceTimeoutMs: 60_000,
  heartbeatIntervalMs: 1_000,
  drainTimeoutMs: 5_000,
};

const ANSWER: JoinAnswer = {
  memberId: 'm-1',
  generation: 4,
  protocol: 'cooperative-sticky',
  isLeader: false,
  skipAssignment: false,
  members: [],
};

function newMachine(instanceId?: string) {
  return new GroupMachine(instanceId === undefined ? SETTINGS : { ...SETTINGS, instanceId }, () => 0.5);
}

function requestOf(effects: readonly GroupEffect[], kind: 'join' | 'sync' | 'heartbeat'): number {
  const effect = effects.find((one) => one.kind === kind);
  assert.ok(effect?.kind === kind, `${kind} in ${kinds(effects)}`);
  return effect.request;
}

const kinds = (effects: readonly GroupEffect[]) => effects.map(({ kind }) => kind);

/** A member with partitions 0 and 1 as of generation 4, at 10 ms. */
function newMember(instanceId?: string, answer = ANSWER) {
  const machine = newMachine(instanceId);
  const join = requestOf(machine.on({ kind: 'start' }, 0), 'join');
  const sync = requestOf(machine.on({ kind: 'joined', request: join, answer }, 5), 'sync');
  machine.on({ kind: 'synced', request: sync, partitions: [0, 1] }, 10);
  return machine;
}

/** What the machine does by itself from 10 ms on, when every heartbeat is answered and nothing else happens. */
function quietMinute(machine: GroupMachine): GroupEffect[] {
  const done: GroupEffect[] = [];
  while (machine.wakeAtMs <= 61_000) {
    const nowMs = machine.wakeAtMs;
    const effects = machine.on({ kind: 'tick' }, nowMs);
    done.push(...effects);
    const beat = effects.find(({ kind }) => kind === 'heartbeat');
    if (beat?.kind === 'heartbeat') machine.on({ kind: 'beaten', request: beat.request }, nowMs);
  }
  return done;
}

describe('a member that stops', () => {
  test('leaves the group under its id', () => {
    const effects = newMember().on({ kind: 'stop' }, 20);
    assert.deepEqual(kinds(effects), ['gone', 'leave']);
  });

  test('does not leave it when it is static: its place waits for it', () => {
    const effects = newMember('scorer-0').on({ kind: 'stop' }, 20);
    assert.deepEqual(kinds(effects), ['gone', 'stopped']);
  });

  test('without an id yet leaves with the one that the answer to its JoinGroup brings', () => {
    const machine = newMachine();
    const join = requestOf(machine.on({ kind: 'start' }, 0), 'join');
    assert.deepEqual(machine.on({ kind: 'stop' }, 1), []);
    const cause = groupFault(new KafkaFault('MEMBER_ID_REQUIRED', ''), 'joining');
    const fault = { ...cause, memberId: 'm-9' };
    const [leave] = machine.on({ kind: 'refused', request: join, fault }, 2);
    assert.deepEqual(leave, { kind: 'leave', memberId: 'm-9', reason: 'the pipeline stops' });
    assert.deepEqual(kinds(machine.on({ kind: 'left' }, 3)), ['stopped']);
  });

  test('does not wait for ever for the group to let it go', () => {
    const machine = newMember();
    machine.on({ kind: 'stop' }, 20);
    assert.deepEqual(kinds(machine.on({ kind: 'tick' }, machine.wakeAtMs)), ['stopped']);
    assert.equal(machine.wakeAtMs, Number.POSITIVE_INFINITY);
  });
});

describe('a static leader that came back to an assignment that stands (KIP-814)', () => {
  const back = { ...ANSWER, isLeader: true, skipAssignment: true };

  test('does not make it again', () => {
    const machine = newMachine('scorer-0');
    const join = requestOf(machine.on({ kind: 'start' }, 0), 'join');
    const [sync] = machine.on({ kind: 'joined', request: join, answer: back }, 5);
    assert.deepEqual(sync?.kind === 'sync' && sync.assignments, []);
  });

  test('joins again at last: partitions may be without an owner, withheld by it or added meanwhile', () => {
    for (const protocol of ['cooperative-sticky', 'range']) {
      const effects = quietMinute(newMember('scorer-0', { ...back, protocol }));
      const last = effects.findLast(({ kind }) => kind !== 'heartbeat');
      assert.equal(last?.kind, protocol === 'range' ? 'revoking' : 'join');
    }
    const effects = quietMinute(newMember('scorer-0', { ...back, isLeader: false }));
    assert.deepEqual(new Set(kinds(effects)), new Set(['heartbeat']), 'others do not');
  });
});

test('a member that is told of the next rebalance before its assignment joins again as soon as it has it', () => {
  const machine = newMachine();
  const join = requestOf(machine.on({ kind: 'start' }, 0), 'join');
  const sync = requestOf(machine.on({ kind: 'joined', request: join, answer: ANSWER }, 5), 'sync');
  const beat = requestOf(machine.on({ kind: 'tick' }, 1_005), 'heartbeat');
  const fault = groupFault(new KafkaFault('REBALANCE_IN_PROGRESS', ''), 'heartbeat');
  machine.on({ kind: 'refused', request: beat, fault }, 1_010);
  const effects = machine.on({ kind: 'synced', request: sync, partitions: [3] }, 1_020);
  assert.deepEqual(kinds(effects), ['assigned', 'join']);
});

test('a broker that wants an id again from a member that has one is not asked again at once', () => {
  const machine = newMachine();
  let join = requestOf(machine.on({ kind: 'start' }, 0), 'join');
  const cause = groupFault(new KafkaFault('MEMBER_ID_REQUIRED', ''), 'joining');
  join = requestOf(
    machine.on({ kind: 'refused', request: join, fault: { ...cause, memberId: 'm-1' } }, 1),
    'join',
  );
  const effects = machine.on({ kind: 'refused', request: join, fault: { ...cause, memberId: 'm-2' } }, 2);
  assert.deepEqual(kinds(effects), []);
  assert.ok(machine.wakeAtMs > 2);
});
