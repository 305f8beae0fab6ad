/** What several scenes hold of a view: mostly that nothing else is accused. Each throws an AssertionError where it does not hold. */
import assert from 'node:assert/strict';
import type { TopView } from '../../src/service/group/top.ts';
import type { ScaleAdvice } from '../../src/service/scale/advice.ts';
import type { DoctorReport } from './commands.ts';
import type { Samples } from './samples.ts';
import type { ReplicaSamples } from './scene.ts';

/** No event of a partition that keeps up waits for longer, not even on a machine that does other things too. */
const LATE_SECONDS = 10;

/** The state that a process says it is in. */
export function stateOf(samples: Samples): string | undefined {
  return samples.values('state', 'state')[0];
}

/** Runs, waits for nothing, and has stopped none of its partitions. */
export function assertRuns({ replica, samples }: ReplicaSamples): void {
  const who = `replica ${replica.number}`;
  assert.equal(stateOf(samples), 'running', who);
  assert.deepEqual(samples.values('paused', 'reason'), [], who);
  assert.deepEqual(samples.values('partition_stopped', 'partition'), [], who);
}

/** Partitions whose events are scored as they come, all but these. */
export function assertInTime(replicas: readonly ReplicaSamples[], except: readonly number[] = []): void {
  for (const { samples } of replicas)
    for (const { labels, value } of samples.all('partition_lag_seconds')) {
      const partition = Number(labels.get('partition'));
      if (!except.includes(partition))
        assert.ok(value < LATE_SECONDS, `partition ${partition} is ${value} s late`);
    }
}

export function assertNothingStuck({ stuck }: Pick<ScaleAdvice, 'stuck'>): void {
  assert.deepEqual(stuck, []);
}

export function assertNothingHot({ hot }: Pick<ScaleAdvice, 'hot'>): void {
  assert.deepEqual(hot, []);
}

/** States of the partitions are these where they are named, and fine elsewhere. */
export function assertStates({ partitions }: TopView, named: ReadonlyMap<number, string> = new Map()): void {
  for (const { partition, state } of partitions) {
    const wanted = named.get(partition);
    if (wanted !== undefined) assert.equal(state, wanted, `partition ${partition}`);
    else assert.match(state, /^(idle|keeping-up)$/, `partition ${partition}`);
  }
}

/** The checks that doctor has something against, and none else; those that could not be asked are not among them. */
export function assertTroubles({ checks }: DoctorReport, ids: readonly string[]): void {
  const troubles = checks.filter(({ status }) => status === 'fail' || status === 'warn');
  assert.deepEqual(
    troubles.map(({ id }) => id),
    ids,
    JSON.stringify(troubles),
  );
}

/** The only verdict of a check that is not in order, as doctor says it. */
export function troubleOf({ checks }: DoctorReport, id: string): string {
  const verdicts = checks.find((check) => check.id === id)?.verdicts ?? [];
  const bad = verdicts.filter(({ status }) => status === 'fail' || status === 'warn');
  assert.equal(bad.length, 1, JSON.stringify(verdicts));
  return `${bad[0]!.status}: ${bad[0]!.evidence}`;
}

export function verdictsOf({ checks }: DoctorReport, id: string): string {
  return (checks.find((check) => check.id === id)?.verdicts ?? []).map(({ evidence }) => evidence).join('; ');
}

/** The console's word and sentence of a process; the word stands before that for those who listen to the page. */
export function consoleVerdict(page: string, word: RegExp): string {
  const lines = page
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const at = lines.findLastIndex((line) => word.test(line));
  assert.ok(at >= 0, `no line of the page matches ${word}`);
  return lines.slice(at, at + 2).join(': ');
}

/** A sentence of the page. */
export function lineOf(page: string, text: RegExp): string {
  const line = page.split('\n').find((each) => text.test(each));
  assert.ok(line !== undefined, `no line of the page matches ${text}`);
  return line.trim();
}
