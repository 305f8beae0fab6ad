import type { OutOfRange, StartPosition } from './positions.ts';

/** What a source is told, whichever client it is of. */
export interface SourceOptions {
  readonly topic: string;
  readonly group: string;
  readonly start: StartPosition;
  readonly outOfRange: OutOfRange;
  /** Default false: records of aborted transactions are left out, as far as the client can. */
  readonly readUncommitted?: boolean;
  /** Default 30 s. */
  readonly sessionTimeoutMs?: number;
  /** How long work in hand may take before leases are given up. Default 5 s. */
  readonly drainTimeoutMs?: number;
  /** Most that one fetch asks of a partition. Default 1 MiB. */
  readonly maxBytesPerPartition?: number;
}

/** The times of a member of a group. */
export interface GroupTimes {
  readonly sessionTimeoutMs: number;
  /** How long work in hand may take before its partitions are given up. */
  readonly drainTimeoutMs: number;
  /** How long the group waits for a member to join again; more than `drainTimeoutMs`. */
  readonly rebalanceTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
}

/** The group waits this long for members that drain, beyond our own drain timeout. */
const REBALANCE_SLACK_MS = 30_000;

export function groupTimes(options: SourceOptions): GroupTimes {
  const { sessionTimeoutMs = 30_000, drainTimeoutMs = 5_000 } = options;
  return {
    sessionTimeoutMs,
    drainTimeoutMs,
    rebalanceTimeoutMs: Math.max(60_000, drainTimeoutMs + REBALANCE_SLACK_MS),
    heartbeatIntervalMs: Math.min(3_000, Math.floor(sessionTimeoutMs / 10)),
  };
}
