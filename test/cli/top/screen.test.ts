import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { topScreen } from '../../../src/cli/top/screen.ts';
import type { TopView } from '../../../src/service/group/top.ts';
import { ScaleAdviser } from '../../../src/service/scale/adviser.ts';
import { type PartitionSays, reportOf } from '../../service/scale/reports.ts';

function viewOf(says: readonly PartitionSays[], members: number): TopView {
  const report = reportOf(says, members);
  const rate = { perSecond: 1_000, from: 'members' as const };
  const scale = new ScaleAdviser({ drainInMs: 300_000 }).advise(report, rate, new Map(), 0);
  return { ...report, scale };
}

const plain = (view: TopView, columns: number, rows: number) =>
  topScreen(view, { columns, rows }, (_, text) => text);

const MIXED: readonly PartitionSays[] = [
  { state: 'idle' },
  {
    arrivalPerSecond: 900,
    progressPerSecond: 880,
    lag: 420,
    lagSeconds: 0.4,
    committed: 99_580,
    end: 100_000,
  },
  {
    state: 'stuck',
    lag: 12_345,
    arrivalPerSecond: 50,
    stillSeconds: 45,
    lagSeconds: 240,
    lagSecondsIsLeast: true,
  },
  { state: 'behind', lag: 77_000, arrivalPerSecond: 400, progressPerSecond: 200, lagSeconds: 300 },
];

describe('the view of a group', () => {
  test('has totals, advice, replicas with their share and partitions, worst first', () => {
    const lines = plain(viewOf(MIXED, 2), 80, 24);
    const text = lines.join('\n');
    assert.match(lines[0]!, /^scorers on payments +cooperative-sticky {2}\d\d:\d\d:\d\d$/);
    assert.equal(lines[1], 'arriving 1,350/s   scored 1,080/s   waiting 89,765   not getting less');
    assert.match(text, /^replicas 2, wanted \d/m);
    assert.match(text, /partition 2 has not moved/);
    assert.match(text, /scorer ·er-1 +10\.0\.0\.1 +2 +1,080 +100% +1,300 +77,420/);
    const rows = lines.slice(lines.findIndex((line) => line.startsWith('partition  ')) + 1);
    assert.deepEqual(
      rows.map((row) => row.trim().split(/ {2,}/).slice(0, 4)),
      [
        ['2', 'stuck', '12,345', '>4 min'],
        ['3', 'behind, hot', '77,000', '5 min'],
        ['1', 'keeping up', '420', '0 s'],
        ['0', 'idle', '0', '-'],
      ],
    );
  });

  test('has offsets and leaders where there is room', () => {
    const head = (columns: number) =>
      plain(viewOf(MIXED, 2), columns, 40).find((line) => line.startsWith('partition  '));
    assert.doesNotMatch(head(80)!, /committed/);
    assert.match(head(120)!, /committed +end +leader +replica/);
  });

  test('says that there is no replica, and who waits for one', () => {
    const text = plain(viewOf([{ state: 'no-owner', lag: 5 }, { state: 'no-owner' }], 0), 80, 24).join('\n');
    assert.match(text, /No replica is running/);
    assert.match(text, /0 {2}no owner/);
    assert.doesNotMatch(text, /host/);
  });

  test('says what failed beside what was seen', () => {
    const fault = { code: 'E-KAFKA-UNREACHABLE', message: 'no broker answers' } as const;
    assert.match(plain({ ...viewOf(MIXED, 2), fault }, 80, 24)[1]!, /^E-KAFKA-UNREACHABLE no broker answers/);
    const never: TopView = { ...reportOf([], 0), state: 'unknown', lookedAtMs: null, fault, scale: null };
    assert.match(plain(never, 80, 24).join('\n'), /not seen yet/);
  });

  test('fits any terminal, whatever the group, and says how much it leaves out', () => {
    const says = fc.record<PartitionSays>({
      state: fc.constantFrom('stuck', 'behind', 'idle', 'no-owner', 'keeping-up', 'unknown'),
      lag: fc.integer({ min: 0, max: 1e12 }),
      arrivalPerSecond: fc.integer({ min: 0, max: 1e7 }),
      progressPerSecond: fc.integer({ min: 0, max: 1e7 }),
      lagSeconds: fc.integer({ min: 0, max: 1e6 }),
    });
    fc.assert(
      fc.property(
        fc.array(says, { maxLength: 60 }),
        fc.integer({ min: 0, max: 20 }),
        fc.integer({ min: 20, max: 200 }),
        fc.integer({ min: 5, max: 60 }),
        (partitions, members, columns, rows) => {
          const lines = plain(viewOf(partitions, members), columns, rows);
          assert.ok(lines.length <= rows, `${lines.length} lines in ${rows} rows`);
          for (const line of lines)
            assert.ok(stringWidth(line) < columns, `${line.length} of ${columns}: ${line}`);
        },
      ),
      { numRuns: 200 },
    );
    const many = Array.from({ length: 50 }, (): PartitionSays => ({}));
    assert.match(
      plain(viewOf(many, 9), 80, 24).join('\n'),
      /\d+ more replicas\n\n.*(\n.*)+ \d+ more partitions$/,
    );
  });
});
