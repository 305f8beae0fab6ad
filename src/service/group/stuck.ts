/** When a partition that does not move is called stuck by those who look at the group for a while only. */
import type { GroupReport } from './report.ts';

const LEAST_MS = 10_000;
const COMMITS = 5;

/** Longer than anything takes to be committed. */
export function stuckAfterMs(commitEveryMs: number): number {
  return Math.max(LEAST_MS, COMMITS * commitEveryMs);
}

/** Whether some partition has not moved though events wait, for too short a time to say that it is stuck. */
export function isUndecided({ partitions }: GroupReport): boolean {
  return partitions.some(
    ({ state, stillSeconds }) => stillSeconds > 0 && state !== 'stuck' && state !== 'no-owner',
  );
}
