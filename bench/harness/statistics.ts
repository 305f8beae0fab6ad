import { max, median, min } from 'simple-statistics';

/** Several measurements of one thing. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const all = [...values];
  return { median: median(all), least: min(all), most: max(all) };
}

/** How many times `theirs` goes into `ours`, round by round: what slows a whole round down falls on both. */
export function ratioOf(ours: readonly number[], theirs: readonly number[]): Spread {
  if (ours.length !== theirs.length) {
    throw new RangeError(`${ours.length} rounds cannot be compared with ${theirs.length}`);
  }
  return spreadOf(ours.map((value, round) => value / theirs[round]!));
}

/** The order of round `round` (from 0): everybody is first, second ... in turn. */
export function rotated<T>(all: readonly T[], round: number): T[] {
  const from = round % Math.max(1, all.length);
  return [...all.slice(from), ...all.slice(0, from)];
}
