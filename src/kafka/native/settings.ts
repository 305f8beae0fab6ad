import type { OutOfRange, StartPosition } from '../positions.ts';
import type { Assignor, GroupSettings } from './group/membership.ts';

/** What the native source is told. */
export interface NativeSourceOptions {
  readonly topic: string;
  readonly group: string;
  readonly start: StartPosition;
  readonly outOfRange: OutOfRange;
  /** A name that survives restarts (KIP-345). Default: a dynamic member. */
  readonly instanceId?: string;
  /** Default false. */
  readonly readUncommitted?: boolean;
  /** Default 30 s. */
  readonly sessionTimeoutMs?: number;
  /** How long work in hand may take before leases are given up. Default 5 s. */
  readonly drainTimeoutMs?: number;
  /** Most that one fetch asks of a partition. Default 1 MiB. */
  readonly maxBytesPerPartition?: number;
  /** Default 4,096. */
  readonly maxBlockRecords?: number;
  /** Bytes between the socket and `release`. Default 24 MiB. */
  readonly maxBufferedBytes?: number;
}

/** The group waits this long for members that drain, beyond our own drain timeout. */
const REBALANCE_SLACK_MS = 30_000;

/** kafkajs and older Java members know eager assignors only: the group uses cooperative-sticky once all offer it. */
const ASSIGNORS: readonly Assignor[] = ['cooperative-sticky', 'RoundRobinAssigner', 'range'];

export function groupSettings(options: NativeSourceOptions): GroupSettings {
  const sessionTimeoutMs = options.sessionTimeoutMs ?? 30_000;
  const drainTimeoutMs = options.drainTimeoutMs ?? 5_000;
  return {
    topic: options.topic,
    group: options.group,
    ...(options.instanceId === undefined ? {} : { instanceId: options.instanceId }),
    sessionTimeoutMs,
    drainTimeoutMs,
    rebalanceTimeoutMs: Math.max(60_000, drainTimeoutMs + REBALANCE_SLACK_MS),
    heartbeatIntervalMs: Math.min(3_000, Math.floor(sessionTimeoutMs / 10)),
    assignors: ASSIGNORS,
  };
}
