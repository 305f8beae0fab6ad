/** Where the logs of a topic begin and end, how large they are, and how new. */
import { describeLogDirsV4 } from '@platformatic/kafka';
import { faultOfCode, KafkaFault } from '../native/cluster/fault.ts';
import { wholeAnswer } from '../native/cluster/wholeAnswer.ts';
import {
  EARLIEST,
  LATEST,
  type LogPlace,
  listOffsets,
  NEWEST,
  READ_COMMITTED,
  READ_UNCOMMITTED,
} from '../native/fetch/listOffsets.ts';
import type { ClusterInspector } from './inspector.ts';
import type { PartitionFacts } from './topics.ts';

const TIMEOUT_MS = 10_000;
const ANY_EPOCH = -1;
/** `stable`: no open transaction has records before it (KIP-98). */
const PLACES = {
  low: { timestamp: EARLIEST, isolation: READ_UNCOMMITTED },
  end: { timestamp: LATEST, isolation: READ_UNCOMMITTED },
  stable: { timestamp: LATEST, isolation: READ_COMMITTED },
  newest: { timestamp: NEWEST, isolation: READ_UNCOMMITTED },
} as const;

/** By partition. Those whose leader cannot be asked are absent: reachability is told elsewhere. */
export async function logPlaces(
  cluster: ClusterInspector,
  topic: string,
  partitions: readonly PartitionFacts[],
  place: keyof typeof PLACES,
): Promise<ReadonlyMap<number, LogPlace>> {
  const found = new Map<number, LogPlace>();
  await eachLeader(partitions, async (nodeId, led) => {
    const question = {
      topic,
      partitions: led.map((partitionIndex) => ({ partitionIndex, currentLeaderEpoch: ANY_EPOCH })),
      ...PLACES[place],
    };
    const told = await cluster.at(nodeId, `finding offsets of ${topic}`, (link) =>
      listOffsets(link, question),
    );
    // A log without records has no newest.
    for (const [partition, at] of told)
      if (!(at instanceof KafkaFault) && at.offset >= 0) found.set(partition, at);
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
      const { errorCode, results } = await wholeAnswer(link.api(describeLogDirsV4.api, TIMEOUT_MS, asked));
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
