/** What a Fetcher is told; sizes in bytes. */
export interface FetchOptions {
  readonly topic: string;
  /** Records of open and aborted transactions are read as well. Default false. */
  readonly readUncommitted?: boolean;
  /**
   * Bytes between the socket and `release`: half of it for what was fetched, the other half for what compressed batches that are
   * out became. A batch that is larger than what is left is taken all the same, one for each request. Default 24 MiB.
   */
  readonly maxBufferedBytes?: number;
  /** Records of blocks that are out; their spans take 40 bytes each. Default 131,072. */
  readonly maxRowsOut?: number;
  /** Most that one request asks for. Default 2 MiB. */
  readonly maxFetchBytes?: number;
  /** Most that one request asks of one partition. Default 1 MiB. */
  readonly maxPartitionBytes?: number;
  /** Default 4,096. */
  readonly maxBlockRecords?: number;
  /** Default 4 MiB. */
  readonly maxBlockBytes?: number;
  /** A larger batch stops its partition. Default 32 MiB. */
  readonly maxBatchBytes?: number;
  /** A batch that becomes larger stops its partition. Default 64 MiB. */
  readonly maxUncompressedBytes?: number;
  /** How long a broker may wait for records; a partition that is added meanwhile waits along. Default 250 ms. */
  readonly maxWaitMs?: number;
  /** Beyond `maxWaitMs`. Default 30 s. */
  readonly requestTimeoutMs?: number;
}

export type FetchSettings = Required<FetchOptions>;

const MIB = 1024 * 1024;
/** A larger batch stops its partition, unless told otherwise. */
export const MAX_BATCH_BYTES = 32 * MIB;

export function fetchSettings(options: FetchOptions): FetchSettings {
  return {
    readUncommitted: false,
    maxBufferedBytes: 24 * MIB,
    maxRowsOut: 131_072,
    maxFetchBytes: 2 * MIB,
    maxPartitionBytes: MIB,
    maxBlockRecords: 4_096,
    maxBlockBytes: 4 * MIB,
    maxBatchBytes: MAX_BATCH_BYTES,
    maxUncompressedBytes: 64 * MIB,
    maxWaitMs: 250,
    requestTimeoutMs: 30_000,
    ...options,
  };
}
