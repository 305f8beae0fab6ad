/**
 * The layout of a record batch, magic 2 (KIP-98; kafka.apache.org/documentation/#recordbatch). Integers are big-endian:
 *
 *      0  int64  base offset                      23  int32  last offset delta
 *      8  int32  length of what follows           27  int64  base timestamp
 *     12  int32  leader epoch                     35  int64  max timestamp
 *     16  int8   magic                            43  int64  producer id
 *     17  uint32 CRC-32C of what follows          51  int16  producer epoch
 *     21  int16  attributes                       53  int32  base sequence
 *                                                 57  int32  count of records
 *     61  the records, compressed as a whole if the attributes say so
 *
 * `last offset delta` outlives compaction, which removes records but not the batch's claim to its offsets: a batch may have
 * fewer records than offsets, gaps between them, or none at all.
 */
import type { Compression } from '../../../pipeline/ports.ts';

export const BASE_OFFSET = 0;
export const LENGTH = 8;
/** `LENGTH` counts from here. */
export const LENGTH_FROM = 12;
export const LEADER_EPOCH = 12;
export const MAGIC = 16;
export const CHECKSUM = 17;
/** The checksum covers the batch from here to its end. */
export const ATTRIBUTES = 21;
export const LAST_OFFSET_DELTA = 23;
export const BASE_TIMESTAMP = 27;
export const MAX_TIMESTAMP = 35;
export const PRODUCER_ID = 43;
export const PRODUCER_EPOCH = 51;
export const BASE_SEQUENCE = 53;
export const RECORD_COUNT = 57;
/** Where the records begin: the size of the header. */
export const BATCH_HEADER_BYTES = 61;

export const MAGIC_2 = 2;

// Attributes. Bit 6 (KIP-534: the base timestamp is when a tombstone may go) changes nothing for a reader: timestamps of
// records are still their delta to it.
export const COMPRESSION_BITS = 0x07;
/** The broker set the time of appending: the batch's max timestamp holds for every record (KIP-32). */
export const LOG_APPEND_TIME = 0x08;
export const TRANSACTIONAL = 0x10;
/** A marker that ends a transaction, not events (KIP-98). */
export const CONTROL = 0x20;

/** In the order of their numbers in the attributes (zstd by KIP-110). */
export const COMPRESSIONS: readonly Compression[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];

/** Length, attributes, timestamp and offset delta, null key and value, no headers: no record is shorter. */
export const SHORTEST_RECORD_BYTES = 7;
