/** Where the logs of a topic begin and end, how large they are, and how new. */
import { describeLogDirsV4, listOffsetsV7 } from '@platformatic/kafka';
import { faultOfCode } from '../native/cluster/fault.ts';
import { parseOffset } from '../offset.ts';
import type { ClusterInspector } from './inspector.ts';
import type { PartitionFacts } from './topics.ts';
import { whole } from './whole.ts';

const TIMEOUT_MS = 10_000;
const CONSUMER = -1;
const ANY_EPOCH = -1;
const READ_UNCOMMITTED = 0;
const READ_COMMITTED = 1;

/** What ListOffsets takes for a time to mean a place; `newest` is the record with the greatest timestamp (KIP-734). */
const PLACES = {
  low: { timestamp: -2n, isolation: READ_UNCOMMITTED },
  end: { timestamp: -1n, isolation: READ_UNCOMMITTED },
  stableEnd: { timestamp: -1n, isolation: READ_COMMITTED },
  newest: { timestamp: -3n, isolation: READ_UNCOMMITTED },
} as const;

export interface LogPlace {
  readonly offset: number;
  /** Epoch milliseconds; -1 where the place has none. */
  readonly timestampMs: number;
}

/** By partition. Those whose leader cannot be asked are absent: reachability is told elsewhere. */
export async function logPlaces(
  cluster: ClusterInspector,
  topic: string,
  partitions: readonly PartitionFacts[],
  place: keyof typeof PLACES,
): Promise<ReadonlyMap<number, LogPlace>> {
  const { timestamp, isolation } = PLACES[place];
  const doing = `finding offsets of ${topic}`;
  const found = new Map<number, LogPlace>();
  await eachLeader(partitions, async (nodeId, led) => {
    const asked = led.map((partitionIndex) => ({ partitionIndex, currentLeaderEpoch: ANY_EPOCH, timestamp }));
    const topics = [{ name: topic, partitions: asked }];
    const answer = await cluster.at(nodeId, doing, (link) =>
      whole(link.api(listOffsetsV7.api, TIMEOUT_MS, CONSUMER, isolation, topics)),
    );
    for (const answered of answer.topics.flatMap((entry) => entry.partitions))
      if (answered.errorCode === 0 && answered.offset >= 0n)
        found.set(answered.partitionIndex, {
          offset: parseOffset(String(answered.offset)),
          timestampMs: Number(answered.timestamp),
        });
  });
  return found;
}

/** Bytes of each partition's log on its leader. Needs Describe on the cluster; throws a TidemarkError. */
export async function logBytes(
  cluster: ClusterInspector,
  topic: string,
  partitions: readonly PartitionFacts[],
): Promise<ReadonlyMap<number, number>> {
  const doing = `reading the sizes of ${topic}`;
  const found = new Map<number, number>();
  await eachLeader(partitions, async (nodeId, led) => {
    await cluster.at(nodeId, doing, async (link) => {
      const asked = [{ name: topic, partitions: led }];
      const { errorCode, results } = await whole(link.api(describeLogDirsV4.api, TIMEOUT_MS, asked));
      if (errorCode !== 0) throw faultOfCode(errorCode, link.broker);
      for (const { partitionIndex, partitionSize, isFutureKey } of results.flatMap(({ topics }) =>
        topics.flatMap((entry) => entry.partitions),
      ))
        if (!isFutureKey) found.set(partitionIndex, Number(partitionSize));
    });
  });
  return found;
}

/** Asks the leaders at once; of those that do not answer nothing is known, unless none does. */
export async function eachLeader(
  partitions: readonly PartitionFacts[],
  ask: (nodeId: number, led: number[]) => Promise<void>,
): Promise<void> {
  const byLeader = Map.groupBy(
    partitions.filter(({ leader }) => leader !== undefined),
    ({ leader }) => leader!,
  );
  const asking = [...byLeader].map(([nodeId, led]) =>
    ask(
      nodeId,
      led.map(({ partition }) => partition),
    ),
  );
  const outcomes = await Promise.allSettled(asking);
  const failed = outcomes.filter((outcome) => outcome.status === 'rejected');
  if (failed.length > 0 && failed.length === outcomes.length) throw failed[0]!.reason;
}
