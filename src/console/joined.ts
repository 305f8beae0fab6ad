import type { HistoryView } from '../http/api/replica.ts';

const COLUMNS = [
  'atMs',
  'scored',
  'deadLettered',
  'skipped',
  'lagRecords',
  'lagSeconds',
  'p50Seconds',
  'p99Seconds',
  'paused',
] as const;

/** The samples that are known and those that came since, as many as the process itself would keep. */
export function joined(known: HistoryView | undefined, came: HistoryView): HistoryView {
  if (known === undefined) return came;
  if (came.atMs.length === 0) return known;
  const columns = COLUMNS.map((name) => [name, [...known[name], ...came[name]].slice(-came.capacity)]);
  return { ...came, ...Object.fromEntries(columns) } as HistoryView;
}
