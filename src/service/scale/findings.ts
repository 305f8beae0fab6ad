/** Partitions that more replicas do not help, and what does. */
import { catalogue } from '../../errors.ts';
import type { GroupReport, MemberReport, PartitionReport } from '../group/report.ts';
import { counted, duration, figure, percent } from '../words.ts';
import type { HotKey, HotPartition, StuckPartition } from './advice.ts';

/** Of all that waits: a partition with as much has the lag, and the others have none to speak of. */
const MOST_OF_THE_LAG = 0.8;
/** Of all that arrives, and times what a partition would get of an even load: so much in one is no accident. */
const SKEWED_SHARE = 0.5;
const SKEWED_TIMES = 3;
/** Times what a partition would get of an even load: where all get more than one replica scores, the model is slow and none is hot. */
const UNEVEN_TIMES = 1.5;
/** Of what one replica can score: with less in it, nobody needs to know. */
const LEAST_LOAD = 0.05;

export function isStuck({ state, stopped }: PartitionReport): boolean {
  return state === 'stuck' || stopped !== null;
}

export function findStuck({ members, partitions }: GroupReport): StuckPartition[] {
  return partitions.filter(isStuck).map((partition) => {
    const owner = members.find(({ memberId }) => memberId === partition.owner);
    return {
      partition: partition.partition,
      lag: partition.lag ?? 0,
      stillSeconds: partition.stillSeconds,
      owner: owner === undefined ? 'nobody' : memberName(owner),
      ...whyStuck(partition, owner, partitions),
    };
  });
}

/** A member, for people: its static name, or client and host. */
function memberName({ instanceId, clientId, host }: MemberReport): string {
  return instanceId ?? `${clientId} on ${host}`;
}

function whyStuck(
  { partition, stopped, openTransaction, stillSeconds, lag }: PartitionReport,
  owner: MemberReport | undefined,
  partitions: readonly PartitionReport[],
): { what: string; todo: string } {
  if (stopped !== null)
    return {
      what: `partition ${partition} is stopped (${stopped.code}): ${stopped.message}`,
      todo: catalogue[stopped.code].action,
    };
  const still = `partition ${partition} has not moved for ${duration(stillSeconds)} with ${counted(lag ?? 0, 'event')} waiting`;
  if (openTransaction)
    return {
      what: `${still}: they belong to a transaction that is still open`,
      todo: 'Find the producer that began it, or end it: kafka-transactions.sh find-hanging, then abort.',
    };
  const others = partitions.some(
    (other) =>
      other.partition !== partition && other.owner === owner?.memberId && (other.progressPerSecond ?? 0) > 0,
  );
  const by = owner === undefined ? '' : ` by ${memberName(owner)}`;
  return {
    what: `${still}, ${others ? `though others are moved on${by}` : `held${by}, which is alive`}`,
    todo: `Look at that replica: /readyz and tidemark_partition_stopped say why it reads no further, its log has the code.`,
  };
}

/** @param serviceRate null when it is not known: then only where the lag is can tell */
export function findHot(
  { partitions }: GroupReport,
  serviceRate: number | null,
  keys: ReadonlyMap<number, HotKey | null>,
): HotPartition[] {
  const moving = partitions.filter((partition) => !isStuck(partition));
  const lag = moving.reduce((sum, partition) => sum + (partition.lag ?? 0), 0);
  const arrival = moving.reduce((sum, partition) => sum + (partition.arrivalPerSecond ?? 0), 0);
  const othersKeepUp = moving.filter(({ state }) => state === 'behind').length === 1;
  return moving.flatMap((partition) => {
    const own = partition.lag ?? 0;
    const perSecond = partition.arrivalPerSecond ?? 0;
    // One that keeps up proves that a replica can do as much.
    const isBehind = partition.state === 'behind';
    const share = arrival === 0 ? 0 : perSecond / arrival;
    const isUneven = moving.length === 1 || share >= UNEVEN_TIMES / moving.length;
    const tooMuch = isBehind && isUneven && serviceRate !== null && perSecond > serviceRate;
    const hasTheLag = partitions.length > 1 && isBehind && othersKeepUp && own >= lag * MOST_OF_THE_LAG;
    const isSkewed =
      partitions.length > 1 &&
      share >= Math.max(SKEWED_SHARE, Math.min(1, SKEWED_TIMES / partitions.length)) &&
      serviceRate !== null &&
      perSecond >= serviceRate * LEAST_LOAD;
    if (!tooMuch && !hasTheLag && !isSkewed) return [];
    const key = keys.get(partition.partition);
    return [
      {
        partition: partition.partition,
        lag: own,
        arrivalPerSecond: perSecond,
        arrivalShare: Math.round(share * 1000) / 1000,
        ...(key === undefined ? {} : { key }),
        what: whyHot(partition, { tooMuch, hasTheLag, serviceRate, lag, share }, key),
        todo: whatToDo(key),
      },
    ];
  });
}

function whyHot(
  { partition, lag, arrivalPerSecond }: PartitionReport,
  all: { tooMuch: boolean; hasTheLag: boolean; serviceRate: number | null; lag: number; share: number },
  key: HotKey | null | undefined,
): string {
  const perSecond = arrivalPerSecond ?? 0;
  const gets = `gets ${figure(perSecond)} events/s, ${percent(all.share)} of all that arrive`;
  const load = all.tooMuch
    ? `${gets}, and the one replica that reads it scores ${figure(all.serviceRate ?? 0)}/s at most`
    : all.hasTheLag
      ? `has ${percent((lag ?? 0) / all.lag)} of all that waits, while the others keep up`
      : `${gets}; it is scored in time still, but by one replica alone`;
  const named =
    key == null
      ? ''
      : `; ${percent(key.share)} of its latest records have the key ${JSON.stringify(key.key)}`;
  return `partition ${partition} is hot: it ${load}${named}`;
}

function whatToDo(key: HotKey | null | undefined): string {
  const rest = 'More replicas do not help, as only one reads a partition; a faster model does.';
  if (key === undefined) return `${rest} Look whether most of its records have one key.`;
  if (key === null) return `${rest} More partitions spread its keys.`;
  return `${rest} Let the producer spread this key over several (a suffix), or filter it out upstream.`;
}
