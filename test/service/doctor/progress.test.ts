import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Backlog } from '../../../src/service/doctor/backlog.ts';
import { progress } from '../../../src/service/doctor/checks/progress.ts';
import type { World } from '../../../src/service/doctor/world.ts';
import { ScaleAdviser } from '../../../src/service/scale/adviser.ts';
import { has, hasNone } from '../../support/doctor.ts';
import { type PartitionSays, reportOf } from '../scale/reports.ts';

const NOW_MS = 1_700_000_000_000;
const SERVICE_RATE = 1_000;

/** After a watch of 12 s over a group that stood so at its end. */
function backlogOf(says: readonly PartitionSays[], members = 1): Backlog {
  const report = reportOf(says, members);
  const partitions = report.partitions.map(({ partition, lag, arrivalPerSecond, progressPerSecond }) => ({
    partition,
    low: 0,
    end: lag ?? 0,
    committed: 0,
    lag: lag ?? 0,
    oldestMs: lag === 0 ? undefined : NOW_MS - 30_000,
    arriving: arrivalPerSecond ?? 0,
    leaving: progressPerSecond ?? 0,
  }));
  return { partitions, report, serviceRate: SERVICE_RATE, watchedMs: 12_000, nowMs: NOW_MS };
}

function ask(backlog: Backlog) {
  const config = { kafka: { group: 'scorers' } };
  const world = { backlog: async () => backlog, nameOf: () => 'payments', config, file: 'p.yaml' };
  return progress.ask(world as unknown as World);
}

const MOVING: PartitionSays = { arrivalPerSecond: 100, progressPerSecond: 100, lag: 50 };
const STUCK: PartitionSays = { state: 'stuck', lag: 3, stillSeconds: 12, arrivalPerSecond: 1 };
const HOT: PartitionSays = { state: 'behind', lag: 90_000, arrivalPerSecond: 1_500, progressPerSecond: 900 };

describe('what doctor says of progress', () => {
  test('a partition is stuck where /scale says so, however little waits in it', async () => {
    const verdicts = await ask(backlogOf([MOVING, STUCK, MOVING]));
    const evidence =
      /^partition 1 of payments stands still: nothing was committed there for 12s with 3 records waiting, while the others go on$/;
    has(verdicts, 'fail', evidence, /readyz/);
    has(verdicts, 'ok', /103 records of payments wait, the oldest written 30s ago; in 12s came 201 a second/);
    hasNone(verdicts, 'warn');
  });

  test('one that an open transaction holds back is told apart from those that a process holds', async () => {
    const held = { ...STUCK, openTransaction: true };
    const verdicts = await ask(backlogOf([held, STUCK]));
    has(
      verdicts,
      'fail',
      /^partition 0 .* 3 records waiting, of a transaction that is still open$/,
      /producer/,
    );
    has(verdicts, 'fail', /^partition 1 .* 3 records waiting$/, /readyz/);
  });

  test('a hot partition is the one that /scale names', async () => {
    const backlog = backlogOf([MOVING, MOVING, HOT, MOVING]);
    const rate = { perSecond: SERVICE_RATE, from: 'members' } as const;
    const { hot } = new ScaleAdviser({ drainInMs: 300_000 }).advise(backlog.report, rate, new Map(), 0);
    assert.deepEqual(
      hot.map(({ partition }) => partition),
      [2],
    );
    const verdicts = await ask(backlog);
    has(verdicts, 'warn', /it falls behind$/, /See to the partition/);
    has(verdicts, 'warn', /^partition 2 of payments holds 100% of what waits: more processes/, /a key/);
  });

  test('all behind: none is hot, and more processes are advised', async () => {
    const verdicts = await ask(backlogOf([HOT, HOT, HOT, HOT]));
    has(verdicts, 'warn', /: it falls behind$/, /^More processes/);
    assert.equal(verdicts.length, 1);
  });

  test('what gets less is in order, and what nobody has is told', async () => {
    const gaining = { ...HOT, arrivalPerSecond: 100 };
    hasNone(await ask(backlogOf([gaining, gaining])), 'warn', 'fail');
    const verdicts = await ask(backlogOf([MOVING, { state: 'no-owner', lag: 7 }]));
    has(verdicts, 'warn', /^nobody in group scorers has partition 1 of payments: 7 records waiting there$/);
    hasNone(verdicts, 'fail');
  });

  test('a group without members is to be started', async () => {
    const verdicts = await ask(backlogOf([{ state: 'no-owner', lag: 7 }], 0));
    has(verdicts, 'warn', /group scorers has no member$/, /tidemark run -c p.yaml/);
    assert.equal(verdicts.length, 1);
  });
});
