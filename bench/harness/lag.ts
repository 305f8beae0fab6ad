import type { Admin } from 'kafkajs';
import { waitFor } from '../../tools/stack/wait.ts';

const ANSWER_WITHIN_MS = 30_000;

export interface Lag {
  /** Of all partitions. */
  readonly committed: number;
  /** Events between what is committed and the end. */
  readonly lag: number;
}

/** How far a group is in a topic that it reads from its beginning. Waits while the brokers have yet to load the group. */
export async function lagOf(admin: Admin, group: string, topic: string): Promise<Lag> {
  const ends = await admin.fetchTopicOffsets(topic);
  const ask = async () => {
    const found = await admin.fetchOffsets({ groupId: group, topics: [topic] }).catch(() => undefined);
    return found?.[0]?.partitions;
  };
  const positions = await waitFor(ask, `the offsets of ${group}`, ANSWER_WITHIN_MS);
  const committed = positions.reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0);
  return { committed, lag: ends.reduce((sum, { high }) => sum + Number(high), 0) - committed };
}
