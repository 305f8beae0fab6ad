/** What must be true of a run in the end, whatever its plan. */
import { CURABLE, type Fault, type Plan } from './plan.ts';
import type { Outcome } from './simulation.ts';

/** What a run of curable faults promises: everything is written once, in order, or refused for good. */
export function breaches(plan: Plan, outcome: Outcome): string[] {
  const found = [...outcome.complaints];
  const all = recordsOf(plan);
  const expected = all.filter((record) => !plan.rules.bad.has(record));
  if (outcome.stopped !== undefined) found.push(`stopped: ${outcome.stopped}`);
  if (!same(outcome.log, expected)) found.push(`the log is ${outcome.log}`);
  if (!same(ascending(outcome.acknowledged), expected)) found.push(`acknowledged: ${outcome.acknowledged}`);
  const bad = all.filter((record) => plan.rules.bad.has(record));
  if (!same(ascending(outcome.refused), bad)) found.push(`refused: ${outcome.refused}`);
  return found;
}

/**
 * What holds whatever a broker does to its log: a partition may stop, with a reason; but nothing is lost or written twice or
 * out of order without that. A broker that forgot us may take a batch twice whose first answer was lost; no client can tell.
 */
export function graveBreaches(plan: Plan, outcome: Outcome): string[] {
  const found = [...outcome.complaints];
  const faults = [...plan.faults.values()];
  const { log, stopped, acknowledged, gone, refused } = outcome;
  const excused = faults.includes('forget') && faults.some((fault) => LEAVES_DOUBT.has(fault));
  if (!excused && !same(log, ascending([...new Set(log)]))) found.push(`the log is ${log}`);
  const written = new Set(log);
  const lost = recordsOf(plan).filter(
    (record) => !written.has(record) && !refused.includes(record) && !gone.has(record),
  );
  if (faults.includes('truncate')) {
    // What was cut off the end is only found out by writing on.
    if (stopped === undefined && lost.some((record) => record < (log.at(-1) ?? -1)))
      found.push(`lost: ${lost}`);
    return found;
  }
  if (stopped === undefined && lost.length > 0) found.push(`lost: ${lost}`);
  if (!acknowledged.every((record) => written.has(record) || gone.has(record)))
    found.push(`acknowledged: ${acknowledged}`);
  return found;
}

const LEAVES_DOUBT: ReadonlySet<Fault> = new Set(
  CURABLE.filter((fault) => fault !== 'not-enough-replicas' && fault !== 'not-leader'),
);

function recordsOf({ batches }: Plan): number[] {
  return Array.from({ length: batches.reduce((sum, count) => sum + count, 0) }, (_, record) => record);
}

function same(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((record, index) => record === other[index]);
}

function ascending(records: readonly number[]): number[] {
  return records.toSorted((one, other) => one - other);
}
