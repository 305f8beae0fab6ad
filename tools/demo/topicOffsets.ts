import type { Admin } from 'kafkajs';

/** Records of each partition between what the group has committed and the end, as Kafka itself knows them. */
export async function lagOf(group: string, topic: string, admin: Admin): Promise<number[]> {
  const [ends, [committed]] = await Promise.all([
    admin.fetchTopicOffsets(topic),
    admin.fetchOffsets({ groupId: group, topics: [topic] }),
  ]);
  const offsets = new Map(committed?.partitions.map(({ partition, offset }) => [partition, Number(offset)]));
  return ends
    .toSorted((a, b) => a.partition - b.partition)
    .map(({ partition, high, low }) => {
      const offset = offsets.get(partition) ?? -1;
      // Offset -1: the group has not committed any.
      return Number(high) - (offset < 0 ? Number(low) : offset);
    });
}

/** How many records the partitions of a topic hold. */
export async function recordsIn(topic: string, admin: Admin): Promise<number> {
  const offsets = await admin.fetchTopicOffsets(topic);
  return offsets.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0);
}
