import type { Admin } from 'kafkajs';
import { waitFor } from './wait.ts';

/** A broker makes files for each; on a busy machine that takes its time. */
const MS_PER_PARTITION = 100;

/**
 * Waits until the leaders of a new topic serve it. The metadata name a leader before that broker has taken the partition up, and
 * until then it answers NOT_LEADER (on which kafkajs gives up): only an answer about the partition's log tells.
 */
export async function untilServed(admin: Admin, topic: string, partitions: number): Promise<void> {
  const serves = async () => {
    const ends = await admin.fetchTopicOffsets(topic).catch(() => []);
    return ends.length === partitions;
  };
  await waitFor(serves, `the leaders of ${topic} to serve it`, 30_000 + MS_PER_PARTITION * partitions);
}
