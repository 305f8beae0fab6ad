import { Backoff, type Random } from '../cluster/backoff.ts';
import { KafkaFault } from '../cluster/fault.ts';
import { pause } from '../cluster/pause.ts';
import type { GroupCoordinator } from './coordinator.ts';
import { groupError } from './groupFault.ts';
import type { CommittedPosition } from './membership.ts';
import { fetchOffsets } from './offsets.ts';

/** How long committed offsets are asked for again before the caller is told that they cannot be had. */
const RETRY_FOR_MS = 10_000;

/**
 * Asks until the group's committed offsets are stable: an open transaction ends by itself, at its timeout at the latest
 * (KIP-447). Throws a TidemarkError: `retry` when the coordinator cannot be reached for a while, or when it `isOver`.
 */
export async function fetchStableOffsets(
  coordinator: GroupCoordinator,
  topic: string,
  partitions: readonly number[],
  { random, isOver }: { random: Random; isOver: () => boolean },
): Promise<Map<number, CommittedPosition>> {
  if (partitions.length === 0) return new Map();
  const backoff = new Backoff({ firstMs: 50, maxMs: 1_000, random });
  const giveUpAtMs = performance.now() + RETRY_FOR_MS;
  for (;;) {
    try {
      return await fetchOffsets(coordinator, topic, partitions);
    } catch (thrown) {
      const error = groupError(thrown, `reading the committed offsets of group ${coordinator.group}`);
      const type = thrown instanceof KafkaFault ? thrown.type : '';
      const unstable = type === 'UNSTABLE_OFFSET_COMMIT';
      if (error.disposition !== 'retry' || isOver()) throw error;
      if (!unstable && performance.now() > giveUpAtMs) throw error;
      if (!unstable && type !== 'COORDINATOR_LOAD_IN_PROGRESS') coordinator.forget();
    }
    await pause(backoff.next());
  }
}
