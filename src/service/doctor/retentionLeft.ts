/** When a log deletes what is not read yet, if everything goes on as it was seen. */
import type { PartitionBacklog } from './backlog.ts';

/**
 * By time. A record goes when it is `keepMs` old, at the earliest. The group's place in the log's time moves on by what it reads
 * over how densely the unread records were written; what is left shrinks where that is less than a second a second.
 */
export function timeLeft(
  { lag, oldestMs, leaving }: Pick<PartitionBacklog, 'lag' | 'oldestMs' | 'leaving'>,
  keepMs: number,
  nowMs: number,
): { readonly ageMs: number; readonly leftMs: number } {
  const ageMs = Math.max(0, nowMs - (oldestMs ?? nowMs));
  const gapMs = Math.max(0, keepMs - ageMs);
  const writtenPerSecond = ageMs === 0 ? 0 : lag / (ageMs / 1_000);
  const pace = writtenPerSecond === 0 ? 1 : leaving / writtenPerSecond;
  return { ageMs, leftMs: pace >= 1 ? Number.POSITIVE_INFINITY : gapMs / (1 - pace) };
}

/** By bytes: a partition's oldest records go when what came after them fills `keepBytes`. */
export function bytesLeft(
  {
    lag,
    low,
    end,
    arriving,
    leaving,
  }: Pick<PartitionBacklog, 'lag' | 'low' | 'end' | 'arriving' | 'leaving'>,
  logBytes: number,
  keepBytes: number,
): { readonly unreadBytes: number; readonly leftMs: number } {
  const perRecord = end > low ? logBytes / (end - low) : 0;
  const unreadBytes = lag * perRecord;
  const growth = (arriving - leaving) * perRecord;
  if (growth <= 0) return { unreadBytes, leftMs: Number.POSITIVE_INFINITY };
  return { unreadBytes, leftMs: (Math.max(0, keepBytes - unreadBytes) / growth) * 1_000 };
}
