import type { PipelineConfig } from '../../config/pipelineConfig.ts';
import type { TopicReaderEvents } from '../../pipeline/ports.ts';
import { topicReader } from '../client.ts';
import { kafkaConnection } from '../connections.ts';
import type { GroupReport } from '../group/report.ts';

const READ_TIMEOUT_MS = 5_000;

/** The timestamp of the first record that each partition with a backlog has for its reader. */
export async function oldestUnread(
  config: PipelineConfig,
  { topic, partitions }: GroupReport,
): Promise<ReadonlyMap<number, number>> {
  const from = new Map(
    partitions.flatMap(({ partition, end, lag }) =>
      end !== null && lag !== null && lag > 0 ? [[partition, end - lag] as const] : [],
    ),
  );
  const oldest = new Map<number, number>();
  if (from.size === 0) return oldest;
  const unreadable = new Set<number>();
  const events: TopicReaderEvents = {
    paused: () => {},
    resumed: () => {},
    stopped: (partition) => unreadable.add(partition),
    failed: () => void reader.stop(),
  };
  // What an open transaction holds back ages like everything else.
  const reader = topicReader(kafkaConnection(config), { topic, readUncommitted: true }, events);
  const timer = setTimeout(() => void reader.stop(), READ_TIMEOUT_MS);
  try {
    reader.read(from, 1);
    while (oldest.size + unreadable.size < from.size) {
      const block = await reader.next();
      if (block === undefined) break;
      const { partition } = block.lease;
      if (block.count > 0 && !oldest.has(partition)) oldest.set(partition, block.timestamps[0]!);
      reader.release(block);
    }
  } finally {
    clearTimeout(timer);
    await reader.stop();
  }
  return oldest;
}
