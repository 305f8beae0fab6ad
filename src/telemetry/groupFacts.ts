import type { Gauge } from 'prom-client';
import type { Metrics } from './metrics.ts';

/** What one look at the whole group found; what is not known yet is absent. */
export interface GroupFacts {
  readonly members: number;
  readonly lagRecords: number;
  readonly arrivalPerSecond?: number;
  readonly replicasWanted?: number;
  readonly serviceRate?: number;
}

/** What is not known is absent, so that no old figure stands for a group that nobody sees. */
export function showGroup(metrics: Metrics, facts: GroupFacts | undefined): void {
  show(metrics.groupMembers, facts?.members);
  show(metrics.groupLag, facts?.lagRecords);
  show(metrics.groupArrivalRate, facts?.arrivalPerSecond);
  show(metrics.replicasWanted, facts?.replicasWanted);
  show(metrics.replicaServiceRate, facts?.serviceRate);
}

function show(gauge: Gauge, value: number | undefined): void {
  if (value === undefined) gauge.remove();
  else gauge.set(value);
}
