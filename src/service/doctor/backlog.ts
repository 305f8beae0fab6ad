/** What the group has still to read: how much, how old, and whether it becomes less. */
import type { PipelineConfig } from '../../config/pipelineConfig.ts';
import type { GroupInspector } from '../../kafka/inspect/group.ts';
import type { ClusterInspector } from '../../kafka/inspect/inspector.ts';
import { logPlaces } from '../../kafka/inspect/logs.ts';
import type { ThereTopic } from '../../kafka/inspect/topics.ts';
import type { TopicReaderEvents } from '../../pipeline/ports.ts';
import { newTopicReader } from '../client.ts';

/** Long enough to see commits, short enough to wait for. */
const LEAST_WATCH_MS = 3_000;
const LONGEST_WATCH_MS = 10_000;
const READ_TIMEOUT_MS = 5_000;

export interface PartitionBacklog {
  readonly partition: number;
  /** Where the group goes on: its committed offset, or the one where a new group begins. */
  readonly position: number;
  readonly isCommitted: boolean;
  readonly low: number;
  readonly end: number;
  readonly lag: number;
  /** When the first unread record was written, by its timestamp (epoch milliseconds); undefined without one. */
  readonly oldestMs: number | undefined;
  /** Records a second, while it was watched. */
  readonly arriving: number;
  readonly leaving: number;
}

export interface Backlog {
  readonly partitions: readonly PartitionBacklog[];
  readonly watchedMs: number;
  /** When the look was taken, epoch milliseconds. */
  readonly nowMs: number;
}

interface Look {
  readonly atMs: number;
  readonly low: ReadonlyMap<number, number>;
  readonly end: ReadonlyMap<number, number>;
  readonly committed: ReadonlyMap<number, number>;
}

/** Throws a TidemarkError when topic or group cannot be asked. */
export async function watchBacklog(
  config: PipelineConfig,
  cluster: ClusterInspector,
  group: GroupInspector,
  topic: ThereTopic | undefined,
): Promise<Backlog> {
  if (topic === undefined) return { partitions: [], watchedMs: 0, nowMs: Date.now() };
  const first = await look(cluster, group, topic);
  const watchMs = Math.min(LONGEST_WATCH_MS, Math.max(LEAST_WATCH_MS, 2 * config.commitEveryMs));
  const waiting = [...first.end].some(([partition, end]) => end > positionIn(config, first, partition));
  const written = [...first.end.values()].some((end) => end > 0);
  // Where nothing waits and nothing was ever written there is nothing to watch.
  if (waiting || written) await new Promise((resolve) => setTimeout(resolve, watchMs));
  const second = waiting || written ? await look(cluster, group, topic) : first;
  const oldest = await oldestUnread(config, second);
  const seconds = Math.max(0.001, (second.atMs - first.atMs) / 1_000);
  const partitions = [...second.end].map(([partition, end]) => {
    const position = positionIn(config, second, partition);
    const before = positionIn(config, first, partition);
    return {
      partition,
      position,
      isCommitted: second.committed.has(partition),
      low: second.low.get(partition) ?? 0,
      end,
      lag: Math.max(0, end - Math.max(position, second.low.get(partition) ?? 0)),
      oldestMs: oldest.get(partition),
      arriving: Math.max(0, end - (first.end.get(partition) ?? end)) / seconds,
      leaving: Math.max(0, position - before) / seconds,
    };
  });
  return {
    partitions: partitions.sort((one, other) => one.partition - other.partition),
    watchedMs: second.atMs - first.atMs,
    nowMs: Date.now(),
  };
}

async function look(
  cluster: ClusterInspector,
  group: GroupInspector,
  { name, partitions }: ThereTopic,
): Promise<Look> {
  const numbers = partitions.map(({ partition }) => partition);
  const [low, end, committed] = await Promise.all([
    logPlaces(cluster, name, partitions, 'low'),
    logPlaces(cluster, name, partitions, 'end'),
    group.committedOffsets(numbers),
  ]);
  const offsets = (places: typeof low) => new Map([...places].map(([at, { offset }]) => [at, offset]));
  return { atMs: performance.now(), low: offsets(low), end: offsets(end), committed };
}

/** A new group that starts at a time or at the end has no backlog before it has begun. */
function positionIn(config: PipelineConfig, { low, end, committed }: Look, partition: number): number {
  const start = config.input.start === 'earliest' ? low.get(partition) : end.get(partition);
  return committed.get(partition) ?? start ?? 0;
}

/** The timestamp of the first record that each partition with a backlog has for its reader. */
async function oldestUnread(config: PipelineConfig, seen: Look): Promise<ReadonlyMap<number, number>> {
  const from = new Map(
    [...seen.end].flatMap(([partition, end]) => {
      const at = Math.max(positionIn(config, seen, partition), seen.low.get(partition) ?? 0);
      return at < end ? [[partition, at] as const] : [];
    }),
  );
  const oldest = new Map<number, number>();
  if (from.size === 0) return oldest;
  // What an open transaction holds back ages like everything else.
  const uncommitted = { ...config, kafka: { ...config.kafka, isolation: 'read_uncommitted' as const } };
  const unreadable = new Set<number>();
  const events: TopicReaderEvents = {
    paused: () => {},
    resumed: () => {},
    stopped: (partition) => unreadable.add(partition),
    failed: () => void reader.stop(),
  };
  const reader = newTopicReader(uncommitted, config.input.topic, events);
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
