/** What a fetched batch says that kafkajs keeps on it without declaring. */
import type { Batch } from 'kafkajs';
import { parseOffset } from '../offset.ts';

/** The offset that the fetch asked for. */
export function fetchedOffset(batch: Batch): number {
  return parseOffset((batch as Batch & { readonly fetchedOffset: string }).fetchedOffset);
}

/**
 * Beyond the last record of the fetch, markers and aborted records included, and beyond the end of its record batch, whose
 * last records compaction may have removed.
 */
export function nextOffset(batch: Batch): number {
  const lastVisible = batch.messages.at(-1) as
    | { readonly batchContext?: { readonly firstOffset: string; readonly lastOffsetDelta: number } }
    | undefined;
  const context = lastVisible?.batchContext;
  const batchEnd = context === undefined ? -1 : parseOffset(context.firstOffset) + context.lastOffsetDelta;
  return Math.max(parseOffset(batch.lastOffset()), batchEnd) + 1;
}
