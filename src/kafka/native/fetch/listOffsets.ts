import { listOffsetsV6, listOffsetsV7 } from '@platformatic/kafka';
import { parseOffset } from '../../offset.ts';
import type { BrokerLink } from '../cluster/brokerLink.ts';
import { faultOfCode, type KafkaFault } from '../cluster/fault.ts';
import { wholeAnswer } from '../cluster/wholeAnswer.ts';

const LIST_OFFSETS = 2;
const TIMEOUT_MS = 10_000;
const CONSUMER = -1;

/** What ListOffsets takes for a time to mean a place; NEWEST is the record with the greatest timestamp (KIP-734). */
export const LATEST = -1n;
export const EARLIEST = -2n;
export const NEWEST = -3n;

export const READ_UNCOMMITTED = 0;
export const READ_COMMITTED = 1;

export interface OffsetQuestion {
  readonly topic: string;
  readonly partitions: readonly { readonly partitionIndex: number; readonly currentLeaderEpoch: number }[];
  /** Epoch milliseconds, for the first record that is not older; or one of the places. */
  readonly timestamp: bigint;
  readonly isolation: typeof READ_UNCOMMITTED | typeof READ_COMMITTED;
}

export interface LogPlace {
  readonly offset: number;
  /** Epoch milliseconds; -1 where the place has none. */
  readonly timestampMs: number;
}

/** What one broker says of partitions that it leads: a place, or the fault of a partition. Throws a KafkaFault. */
export async function listOffsets(
  link: Pick<BrokerLink, 'version' | 'api'>,
  { topic, partitions, timestamp, isolation }: OffsetQuestion,
): Promise<Map<number, LogPlace | KafkaFault>> {
  const least = timestamp === NEWEST ? 7 : 6;
  const api = link.version(LIST_OFFSETS, least, 7) === 7 ? listOffsetsV7.api : listOffsetsV6.api;
  const asked = partitions.map((partition) => ({ ...partition, timestamp }));
  const { topics } = await wholeAnswer(
    link.api(api, TIMEOUT_MS, CONSUMER, isolation, [{ name: topic, partitions: asked }]),
  );
  return new Map(
    topics.flatMap((answered) =>
      answered.partitions.map((partition) => [
        partition.partitionIndex,
        partition.errorCode === 0
          ? { offset: parseOffset(String(partition.offset)), timestampMs: Number(partition.timestamp) }
          : faultOfCode(partition.errorCode, `the offsets of ${topic}/${partition.partitionIndex}`),
      ]),
    ),
  );
}
