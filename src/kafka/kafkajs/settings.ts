import { type GroupTimes, groupTimes, type SourceOptions } from '../sourceOptions.ts';

/** What the kafkajs source is told. */
export interface KafkajsSourceOptions extends SourceOptions {
  /** A fetch that holds more (once decompressed) is handed over in several blocks. Default 4 MiB. */
  readonly maxBlockBytes?: number;
  /** Default 16,384. */
  readonly maxBlockRecords?: number;
  /** How long a fetch waits at the broker for records, which is also how long a resumed partition may wait. Default 100 ms. */
  readonly maxWaitMs?: number;
}

export interface SourceSettings extends Required<KafkajsSourceOptions>, GroupTimes {
  /** Handlers that kafkajs may run at once: one a partition. With more partitions their blocks take turns. */
  readonly maxPartitions: number;
  /** No answer to any request for so long means that kafkajs hangs: a JoinGroup may take the rebalance timeout. */
  readonly silenceMs: number;
}

/** Each costs a call per fetch, used or not. */
const MAX_HANDLERS = 256;
const MIB = 1024 * 1024;

export function sourceSettings(options: KafkajsSourceOptions): SourceSettings {
  const times = groupTimes(options);
  return {
    ...options,
    ...times,
    readUncommitted: options.readUncommitted ?? false,
    maxBytesPerPartition: options.maxBytesPerPartition ?? MIB,
    maxBlockBytes: options.maxBlockBytes ?? 4 * MIB,
    maxBlockRecords: options.maxBlockRecords ?? 16_384,
    maxWaitMs: options.maxWaitMs ?? 100,
    maxPartitions: MAX_HANDLERS,
    silenceMs: times.rebalanceTimeoutMs + 60_000,
  };
}
