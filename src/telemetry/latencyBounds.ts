/** Upper bounds of buckets, milliseconds, ascending. */

const LATENCY_MS = [
  1, 2.5, 5, 10, 25, 50, 75, 100, 150, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000, 3_600_000,
];
const PART_MS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 10_000, 60_000, 3_600_000];

/** Close about the objective, where a quantile has to be told well; far apart where all that counts is how far off it is. */
const TIMES_OBJECTIVE = [
  0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 2, 3, 5, 10, 30, 100, 1000,
  10_000,
];
const TIMES_OBJECTIVE_OF_PART = [
  0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 5, 10, 100, 1000, 10_000,
];

/** The objective is a bound of its own, so that the share of events within it is exact and not interpolated. */
export function latencyBounds(objectiveMs: number | undefined): number[] {
  return objectiveMs === undefined ? LATENCY_MS : timesOf(objectiveMs, TIMES_OBJECTIVE);
}

/** A part may be a small share of the whole, so that its buckets begin lower. */
export function partBounds(objectiveMs: number | undefined): number[] {
  return objectiveMs === undefined ? PART_MS : timesOf(objectiveMs, TIMES_OBJECTIVE_OF_PART);
}

function timesOf(objectiveMs: number, factors: readonly number[]): number[] {
  // 0.7 times 100 ms are 70 ms, not 70 and a digit far behind the point.
  return factors.map((factor) =>
    factor === 1 ? objectiveMs : Number((objectiveMs * factor).toPrecision(12)),
  );
}
