import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TidemarkError } from '../../../src/errors.ts';
import { GroupHistory } from '../../../src/service/group/history.ts';
import type { GroupReport } from '../../../src/service/group/report.ts';
import { lookAt, type PartitionSays } from './looks.ts';

const NONE: ReadonlyMap<number, TidemarkError> = new Map();

function newHistory(most = 10): GroupHistory {
  return new GroupHistory({
    group: 'scorers',
    topic: 'payments',
    windowMs: 30_000,
    stuckAfterMs: 30_000,
    most,
  });
}

/** Looks 10 s apart, all at the same partitions; what is known after the last. */
function after(looks: readonly (readonly PartitionSays[])[], history = newHistory()): GroupReport {
  looks.forEach((partitions, at) => {
    history.add(lookAt(partitions), at * 10_000, at);
  });
  return history.report((looks.length - 1) * 10_000, undefined, NONE);
}

const states = ({ partitions }: GroupReport) => partitions.map(({ state }) => state);

describe('the history of a group', () => {
  test('gives rates over the window, by partition, by member and in all', () => {
    const report = after([
      [
        { end: 0, committed: 0, owner: 0 },
        { end: 100, committed: 0 },
      ],
      [
        { end: 100, committed: 50, owner: 0 },
        { end: 100, committed: 0 },
      ],
      [
        { end: 200, committed: 100, owner: 0 },
        { end: 140, committed: 0 },
      ],
    ]);
    const [first, second] = report.partitions;
    assert.deepEqual([first?.arrivalPerSecond, first?.progressPerSecond, first?.lag], [10, 5, 100]);
    assert.deepEqual([second?.arrivalPerSecond, second?.progressPerSecond, second?.lag], [2, 0, 140]);
    assert.deepEqual([report.arrivalPerSecond, report.progressPerSecond, report.lag], [12, 5, 240]);
    const [member] = report.members;
    assert.deepEqual([member?.arrivalPerSecond, member?.progressPerSecond, member?.lag], [10, 5, 100]);
    assert.equal(report.windowSeconds, 20);
    assert.equal(report.drainSeconds, null, 'more arrives than is scored');
  });

  test('tells when nothing will wait any more', () => {
    const report = after([
      [{ end: 1000, committed: 0, owner: 0 }],
      [{ end: 1000, committed: 100, owner: 0 }],
    ]);
    assert.equal(report.drainSeconds, 90);
    assert.equal(after([[{ end: 5, committed: 5, owner: 0 }]]).drainSeconds, 0);
  });

  test('one look gives lag and no rates', () => {
    const report = after([
      [
        { end: 10, committed: 4, owner: 0 },
        { end: 3, committed: 3, owner: 0 },
      ],
    ]);
    assert.deepEqual(states(report), ['unknown', 'keeping-up']);
    assert.deepEqual([report.arrivalPerSecond, report.partitions[0]?.lag], [null, 6]);
  });

  test('names idle, keeping up, behind, no owner', () => {
    const report = after([
      [
        { end: 7, committed: 7, owner: 0 },
        { end: 0, committed: 0, owner: 0 },
        { end: 0, committed: 0, owner: 0 },
        { end: 0, committed: 0 },
        { end: 7 },
      ],
      [
        { end: 7, committed: 7, owner: 0 },
        { end: 100, committed: 80, owner: 0 },
        { end: 1000, committed: 400, owner: 0 },
        { end: 0, committed: 0 },
        { end: 7 },
      ],
    ]);
    assert.deepEqual(states(report), ['idle', 'keeping-up', 'keeping-up', 'no-owner', 'no-owner']);
    const behind = after([
      [{ end: 5000, committed: 0, owner: 0 }],
      [{ end: 5100, committed: 100, owner: 0 }],
    ]);
    assert.deepEqual(states(behind), ['behind']);
  });

  test('a partition whose committed offset does not move while events wait is stuck after a while, not at once', () => {
    const still: PartitionSays = { end: 100, committed: 40, owner: 0 };
    const looks = [[still], [still], [still], [still]];
    assert.deepEqual(states(after(looks.slice(0, 3))), ['behind']);
    const report = after(looks);
    assert.deepEqual(states(report), ['stuck']);
    assert.equal(report.partitions[0]?.stillSeconds, 30);
  });

  test('whoever takes a partition over gets time to begin', () => {
    const history = newHistory();
    const still = { end: 100, committed: 40 };
    for (let at = 0; at < 4; at++)
      history.add(lookAt([{ ...still, owner: 0 }], { members: 2 }), at * 10_000, 0);
    history.add(lookAt([{ ...still, owner: 1 }], { members: 2 }), 40_000, 0);
    assert.deepEqual(states(history.report(40_000, undefined, NONE)), ['behind']);
  });

  test('nothing that waits is never stuck, however long it stands', () => {
    const rest: PartitionSays = { end: 100, committed: 100, owner: 0 };
    assert.deepEqual(states(after([[rest], [rest], [rest], [rest], [rest]])), ['idle']);
  });

  test('without a committed offset what waits is the whole log, and below its begin nothing does', () => {
    const report = after([
      [
        { low: 10, end: 30 },
        { low: 20, end: 30, committed: 5 },
      ],
    ]);
    assert.deepEqual(
      report.partitions.map(({ lag, committed }) => [lag, committed]),
      [
        [20, null],
        [10, 5],
      ],
    );
  });

  test('retention that deletes what waits is no progress', () => {
    const report = after(
      [0, 100, 200, 300].map((low) => [{ low, end: 1000, committed: 0, owner: 0 } satisfies PartitionSays]),
    );
    assert.deepEqual([states(report), report.partitions[0]?.progressPerSecond], [['stuck'], 0]);
  });

  test('begins anew where offsets go back: another topic, or a group that was moved', () => {
    for (const back of [
      { end: 10, committed: 5, owner: 0 },
      { end: 1000, committed: 5, owner: 0 },
    ]) {
      const report = after([
        [{ end: 500, committed: 400, owner: 0 }],
        [{ end: 1000, committed: 900, owner: 0 }],
        [back],
      ]);
      assert.equal(report.partitions[0]?.progressPerSecond, null);
      assert.equal(report.partitions[0]?.lag, back.end - 5);
    }
  });

  test('tells for how long the oldest event has waited, by when the end passed it', () => {
    const report = after([
      [{ end: 0, committed: 0, owner: 0 }],
      [{ end: 100, committed: 0, owner: 0 }],
      [{ end: 200, committed: 50, owner: 0 }],
    ]);
    assert.deepEqual(
      [report.partitions[0]?.lagSeconds, report.partitions[0]?.lagSecondsIsLeast],
      [15, false],
    );
    const older = after([[{ end: 80, committed: 0, owner: 0 }], [{ end: 100, committed: 0, owner: 0 }]]);
    assert.deepEqual([older.partitions[0]?.lagSeconds, older.partitions[0]?.lagSecondsIsLeast], [10, true]);
  });

  test('an open transaction is named where the group stands before it', () => {
    const report = after([
      [
        { end: 10, stable: 6, committed: 6, owner: 0 },
        { end: 10, stable: 6, committed: 3, owner: 0 },
        { end: 10, stable: 10, committed: 3, owner: 0 },
      ],
    ]);
    assert.deepEqual(
      report.partitions.map(({ openTransaction }) => openTransaction),
      [true, false, false],
    );
  });

  test('keeps what members have while the coordinator tells nobody’s partitions', () => {
    const history = newHistory();
    history.add(lookAt([{ end: 1, committed: 1, owner: 0 }]), 0, 0);
    history.add(lookAt([{ end: 1, committed: 1 }], { state: 'rebalancing', members: 2 }), 10_000, 0);
    const { members, state } = history.report(10_000, undefined, NONE);
    assert.deepEqual([state, members.map(({ partitions }) => partitions)], ['rebalancing', [[0], []]]);
  });

  test('a partition without a leader keeps what was known and says so', () => {
    const history = newHistory();
    history.add(lookAt([{ end: 10, committed: 5, owner: 0 }]), 0, 0);
    history.add({ ...lookAt([{ owner: 0 }]), partitions: [{ partition: 0 }] }, 10_000, 0);
    const [partition] = history.report(10_000, undefined, NONE).partitions;
    assert.deepEqual(
      [partition?.leader, partition?.end, partition?.lag, partition?.state],
      [null, null, null, 'unknown'],
    );
  });

  test('keeps so many looks and no more, and forgets partitions that are gone', () => {
    const history = newHistory(4);
    for (let at = 0; at < 100; at++)
      history.add(lookAt([{ end: 100 + at, committed: 0, owner: 0 }, { end: 1 }]), at * 10_000, at);
    const [partition] = history.report(990_000, undefined, NONE).partitions;
    assert.deepEqual([partition?.lagSeconds, partition?.lagSecondsIsLeast], [30, true]);
    history.add(lookAt([{ end: 1 }]), 1_000_000, 0);
    assert.equal(history.report(1_000_000, undefined, NONE).partitions.length, 1);
  });

  test('says what failed beside what was seen last', () => {
    const history = newHistory();
    const fault = new TidemarkError('E-KAFKA-UNREACHABLE', 'no broker answers');
    const before = history.report(0, fault, NONE);
    assert.deepEqual(
      [before.state, before.lookedAtMs, before.fault?.code],
      ['unknown', null, 'E-KAFKA-UNREACHABLE'],
    );
    history.add(lookAt([{ end: 9, committed: 4, owner: 0 }]), 0, 77);
    const stale = history.report(
      60_000,
      fault,
      new Map([[0, new TidemarkError('E-KAFKA-CORRUPT', 'bad bytes')]]),
    );
    assert.deepEqual([stale.lookedAtMs, stale.lag, stale.fault?.code], [77, 5, 'E-KAFKA-UNREACHABLE']);
    assert.equal(stale.partitions[0]?.stopped?.code, 'E-KAFKA-CORRUPT');
  });
});
