/**
 * Where the next fetch has to begin, seen from the headers of the batches alone: it is asked for before the records are looked
 * at. Nothing here is checked by a checksum yet; when reading finds a fault, what was fetched beyond it is dropped.
 */
import { readInt64 } from '../wire/int64.ts';
import {
  BASE_OFFSET,
  BATCH_HEADER_BYTES,
  LAST_OFFSET_DELTA,
  LEADER_EPOCH,
  LENGTH,
  LENGTH_FROM,
} from '../wire/recordBatch.ts';

export interface ScannedBatches {
  /** The end of the last whole batch; what follows is fetched again. */
  readonly end: number;
  /** The offset behind the last whole batch. */
  readonly nextOffset: number;
  /** Of the last whole batch; -1 when there is none. */
  readonly leaderEpoch: number;
  /** What the batch that was cut off takes as a whole, by its own word; 0 when none was. */
  readonly cutBytes: number;
  /** False when the headers make no sense: only reading the batches tells what is wrong, and where. */
  readonly sound: boolean;
}

/** Looks at the batches in `bytes[start, end)`, fetched from `fetchOffset`. */
export function scanBatches(bytes: Buffer, start: number, end: number, fetchOffset: number): ScannedBatches {
  let at = start;
  let nextOffset = fetchOffset;
  let leaderEpoch = -1;
  while (end - at >= LENGTH_FROM) {
    const size = LENGTH_FROM + bytes.readInt32BE(at + LENGTH);
    if (size < BATCH_HEADER_BYTES) return { end, nextOffset, leaderEpoch, cutBytes: 0, sound: false };
    if (size > end - at) return { end: at, nextOffset, leaderEpoch, cutBytes: size, sound: true };
    const next = readInt64(bytes, at + BASE_OFFSET) + bytes.readInt32BE(at + LAST_OFFSET_DELTA) + 1;
    if (!Number.isSafeInteger(next) || next <= nextOffset)
      return { end, nextOffset, leaderEpoch, cutBytes: 0, sound: false };
    nextOffset = next;
    leaderEpoch = bytes.readInt32BE(at + LEADER_EPOCH);
    at += size;
  }
  return { end: at, nextOffset, leaderEpoch, cutBytes: at < end ? BATCH_HEADER_BYTES : 0, sound: true };
}
