/** How many replicas a load needs: pure arithmetic, without memory and without words. */

/** A partition that can be read. */
export interface Demand {
  readonly arrivalPerSecond: number;
  readonly lag: number;
}

export interface Load {
  /** Of all partitions but those that are stuck. */
  readonly demands: readonly Demand[];
  /** That the topic has, stuck ones too: the group shares them all out. */
  readonly partitions: number;
  /** Events a second that one replica can score, above 0. */
  readonly serviceRate: number;
  readonly drainInSeconds: number;
}

export interface Need {
  /** From 1 to the number of partitions. */
  readonly replicas: number;
  /** Events a second to score so that what waits is gone in time. */
  readonly perSecond: number;
}

/** The share of a replica's rate that is planned with: load is never even, and a replica that restarts is made up for. */
export const UTILISATION = 0.8;

/** Loads that fit exactly must not be one replica more by the last bit of a sum. */
const ROUNDING = 1e-9;

/**
 * A partition is read by one replica, so what it asks for beyond one replica's rate (a hot key, most often) asks for one
 * replica and not more. The others are added up; and as the group shares partitions out by their number, the replica with
 * the most of them must keep up with the mean of what they ask.
 */
export function replicasNeeded({ demands, partitions, serviceRate, drainInSeconds }: Load): Need {
  const planned = serviceRate * UTILISATION;
  const asked = demands.map(({ arrivalPerSecond, lag }) => arrivalPerSecond + lag / drainInSeconds);
  const perSecond = sum(asked);
  const served = asked.map((rate) => Math.min(rate, planned));
  const rest = sum(asked.filter((rate) => rate < planned));
  const full = asked.filter((rate) => rate >= planned).length;
  const most = Math.max(1, partitions);
  let replicas = Math.min(most, Math.max(1, full + Math.ceil(rest / planned - ROUNDING)));
  const mean = sum(served) / most;
  while (replicas < most && Math.ceil(most / replicas) * mean > serviceRate * (1 + ROUNDING)) replicas++;
  return { replicas, perSecond };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
