import type { Column, HistoryView } from '../http/api/replica.ts';

/** The samples that are known and those that came since, as many as the process itself would keep. */
export function joined(known: HistoryView | undefined, came: HistoryView): HistoryView {
  if (known === undefined) return came;
  if (came.atMs.length === 0) return known;
  // The clock of the process was set back, and all its history came anew.
  if (came.atMs[0]! <= (known.atMs.at(-1) ?? 0)) return came;
  const columns = Object.entries(came)
    .filter((entry): entry is [keyof HistoryView, Column] => Array.isArray(entry[1]))
    .map(([name, column]) => [name, [...(known[name] as Column), ...column].slice(-came.capacity)]);
  return { ...came, ...Object.fromEntries(columns) } as HistoryView;
}
