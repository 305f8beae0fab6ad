/** What waits in the partitions of a replica, and how fast events get their outcome: worked out once, said in several places. */
import type { OutcomeCounts, ReplicaView } from '../http/api/replica.ts';

/** More than this waits, and events are late because of it. */
export const BEHIND_SECONDS = 10;

export interface Waiting {
  /** Partitions of which it is known. */
  readonly partitions: number;
  readonly records: number;
  /** How long the oldest of them has waited; 0 when none waits. */
  readonly oldestSeconds: number;
  readonly isBehind: boolean;
  /** Events that get an outcome; undefined before there are two samples. */
  readonly perSecond: number | undefined;
}

export function waitingOf({ partitions, rates }: Pick<ReplicaView, 'partitions' | 'rates'>): Waiting {
  const known = partitions.filter(({ lagRecords }) => lagRecords !== undefined);
  const oldestSeconds = Math.max(0, ...known.map(({ lagSeconds }) => lagSeconds ?? 0));
  return {
    partitions: known.length,
    records: known.reduce((sum, { lagRecords }) => sum + lagRecords!, 0),
    oldestSeconds,
    isBehind: oldestSeconds > BEHIND_SECONDS,
    perSecond: rates && outcomesOf(rates),
  };
}

/** Events with any outcome. */
export function outcomesOf({ scored, deadLettered, skipped }: OutcomeCounts): number {
  return scored + deadLettered + skipped;
}
