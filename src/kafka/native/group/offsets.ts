/** Committed offsets of a group: written under a generation, read as stable ones. */
import {
  offsetCommitV7,
  offsetCommitV8,
  offsetCommitV9,
  offsetFetchV7,
  offsetFetchV8,
  offsetFetchV9,
} from '@platformatic/kafka';
import { parseOffset } from '../../offset.ts';
import type { BrokerLink } from '../cluster/brokerLink.ts';
import { errorName, faultOfCode, KafkaFault } from '../cluster/fault.ts';
import { wholeAnswer } from '../cluster/wholeAnswer.ts';
import type { GroupCoordinator } from './coordinator.ts';
import type { CommittedPosition, GroupPosition, Ownership } from './membership.ts';

const OFFSET_COMMIT = 8;
const OFFSET_FETCH = 9;
/** From the versions on that carry leader epochs and instance ids, and that can require stable offsets (KIP-447). */
const COMMITS = [offsetCommitV7.api, offsetCommitV8.api, offsetCommitV9.api];

const TIMEOUT_MS = 5_000;

interface PartitionCode {
  readonly partitionIndex: number;
  readonly errorCode: number;
}

/** Resolves when every position is committed. Throws the KafkaFault of the first that is not. */
export async function commitOffsets(
  coordinator: GroupCoordinator,
  topic: string,
  { memberId, generation, instanceId }: Ownership,
  positions: readonly GroupPosition[],
): Promise<void> {
  const link = await coordinator.link('commit');
  const api = COMMITS[link.version(OFFSET_COMMIT, 7, 9) - 7];
  const partitions = positions.map(({ partition, offset, leaderEpoch }) => ({
    partitionIndex: partition,
    committedOffset: BigInt(offset),
    committedLeaderEpoch: leaderEpoch,
    committedMetadata: '',
  }));
  const response = await wholeAnswer(
    link.api(api, TIMEOUT_MS, coordinator.group, generation, memberId, instanceId ?? null, [
      { name: topic, partitions },
    ]),
  );
  const answered = response.topics.filter(({ name }) => name === topic).flatMap((entry) => entry.partitions);
  requireEvery(
    positions.map(({ partition }) => partition),
    answered,
    `committing offsets of ${topic}`,
  );
}

/**
 * Where the group is to go on; partitions without a committed offset are absent. Only stable offsets are given: while a
 * transaction that sends offsets is open, this throws UNSTABLE_OFFSET_COMMIT, and asked again later it sees its outcome
 * (KIP-447).
 */
export async function fetchOffsets(
  coordinator: GroupCoordinator,
  topic: string,
  partitions: readonly number[],
): Promise<Map<number, CommittedPosition>> {
  const doing = `reading the committed offsets of ${topic}`;
  const link = await coordinator.link('commit');
  const answered = await askOffsets(link, {
    group: coordinator.group,
    topic,
    partitions,
    requireStable: true,
  });
  requireEvery(partitions, answered, doing);
  const committed = new Map<number, CommittedPosition>();
  for (const { partitionIndex, committedOffset, committedLeaderEpoch } of answered) {
    if (committedOffset >= 0n)
      committed.set(partitionIndex, {
        offset: parseOffset(String(committedOffset)),
        leaderEpoch: committedLeaderEpoch,
      });
  }
  return committed;
}

interface FetchedOffset extends PartitionCode {
  readonly committedOffset: bigint;
  readonly committedLeaderEpoch: number;
}

interface FetchedTopics {
  readonly topics: readonly { readonly name: string; readonly partitions: readonly FetchedOffset[] }[];
  readonly errorCode: number;
}

/** Version 7 asks for one group, later ones for a list of groups. */
interface FetchedOffsets extends Partial<FetchedTopics> {
  readonly groups: readonly (FetchedTopics & { readonly groupId: string })[];
}

interface OffsetQuestion {
  readonly group: string;
  readonly topic: string;
  readonly partitions: readonly number[];
  /** Ends with UNSTABLE_OFFSET_COMMIT where a transaction that sends offsets is open (KIP-447). */
  readonly requireStable: boolean;
}

/** One OffsetFetch, as it is answered; errors of partitions are in it. Throws the KafkaFault of the group. */
export async function askOffsets(
  link: BrokerLink,
  { group, topic, partitions, requireStable }: OffsetQuestion,
): Promise<readonly FetchedOffset[]> {
  const version = link.version(OFFSET_FETCH, 7, 9);
  const apis = [offsetFetchV7.api, offsetFetchV8.api, offsetFetchV9.api];
  const asked = {
    groupId: group,
    memberId: null,
    memberEpoch: -1,
    topics: [{ name: topic, partitionIndexes: [...partitions] }],
  };
  const response: FetchedOffsets = await wholeAnswer(
    link.api(apis[version - 7], TIMEOUT_MS, [asked], requireStable),
  );
  const ofGroup = version === 7 ? response : response.groups.find(({ groupId }) => groupId === group);
  if (ofGroup?.errorCode) throw faultOfCode(ofGroup.errorCode, `reading the offsets of group ${group}`);
  return (ofGroup?.topics ?? []).filter(({ name }) => name === topic).flatMap((entry) => entry.partitions);
}

/** A partition that is missing from a response has no outcome at all, and no error either. */
function requireEvery(asked: readonly number[], answered: readonly PartitionCode[], doing: string): void {
  const codes = new Map(answered.map(({ partitionIndex, errorCode }) => [partitionIndex, errorCode]));
  for (const partition of asked) {
    const code = codes.get(partition);
    const of = `${doing}, partition ${partition}`;
    if (code === undefined)
      throw new KafkaFault('MALFORMED_RESPONSE', `${of}: the broker’s answer does not mention it`);
    if (errorName(code) !== 'NONE') throw faultOfCode(code, of);
  }
}
