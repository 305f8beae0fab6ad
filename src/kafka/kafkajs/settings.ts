import type { OutOfRange, StartPosition } from '../positions.ts';

export interface SourceOptions {
  readonly topic: string;
  readonly group: string;
  readonly start: StartPosition;
  readonly outOfRange: OutOfRange;
  /** Default false: aborted records are filtered, as far as kafkajs can. */
  readonly readUncommitted?: boolean;
  /** Default 30 s. */
  readonly sessionTimeoutMs?: number;
  /** How long work in hand may take before leases are given up. Default 5 s. */
  readonly drainTimeoutMs?: number;
  /** Most that one fetch asks of a partition. Default 1 MiB. */
  readonly maxBytesPerPartition?: number;
  /** A fetch that holds more (once decompressed) is handed over in several blocks. Default 4 MiB. */
  readonly maxBlockBytes?: number;
  /** Default 16,384. */
  readonly maxBlockRecords?: number;
  /** How long a fetch waits at the broker for records, which is also how long a resumed partition may wait. Default 100 ms. */
  readonly maxWaitMs?: number;
}

export interface SourceSettings extends Required<SourceOptions> {
  readonly heartbeatIntervalMs: number;
  readonly rebalanceTimeoutMs: number;
  /** Handlers that kafkajs may run at once: one a partition. With more partitions their blocks take turns. */
  readonly maxPartitions: number;
  /** No answer to any request for so long means that kafkajs hangs: a JoinGroup may take the rebalance timeout. */
  readonly silenceMs: number;
}

/** Each costs a call per fetch, used or not. */
const MAX_HANDLERS = 256;
const MIB = 1024 * 1024;
/** The group waits this long for members that drain, beyond our own drain timeout. */
const REBALANCE_SLACK_MS = 30_000;

export function sourceSettings(options: SourceOptions): SourceSettings {
  const sessionTimeoutMs = options.sessionTimeoutMs ?? 30_000;
  const drainTimeoutMs = options.drainTimeoutMs ?? 5_000;
  const rebalanceTimeoutMs = Math.max(60_000, drainTimeoutMs + REBALANCE_SLACK_MS);
  return {
    ...options,
    readUncommitted: options.readUncommitted ?? false,
    sessionTimeoutMs,
    drainTimeoutMs,
    maxBytesPerPartition: options.maxBytesPerPartition ?? MIB,
    maxBlockBytes: options.maxBlockBytes ?? 4 * MIB,
    maxBlockRecords: options.maxBlockRecords ?? 16_384,
    maxWaitMs: options.maxWaitMs ?? 100,
    heartbeatIntervalMs: Math.min(3_000, Math.floor(sessionTimeoutMs / 10)),
    rebalanceTimeoutMs,
    maxPartitions: MAX_HANDLERS,
    silenceMs: rebalanceTimeoutMs + 60_000,
  };
}
