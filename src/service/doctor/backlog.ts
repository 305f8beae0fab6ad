/** What the group has still to read: how much, how old, and whether it becomes less. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { PipelineConfig } from '../../config/pipelineConfig.ts';
import type { GroupInspector } from '../../kafka/inspect/group.ts';
import { type GroupLook, groupStateOf } from '../../kafka/inspect/groupLook.ts';
import type { ClusterInspector } from '../../kafka/inspect/inspector.ts';
import { logPlaces } from '../../kafka/inspect/logs.ts';
import { present } from '../../kafka/inspect/present.ts';
import type { ThereTopic } from '../../kafka/inspect/topics.ts';
import { GroupHistory } from '../group/history.ts';
import type { GroupReport } from '../group/report.ts';
import { isUndecided, stuckAfterMs } from '../group/stuck.ts';
import { ServiceRates } from '../scale/serviceRate.ts';
import { oldestUnread } from './oldestUnread.ts';

/** Long enough to see commits, short enough to wait for. */
const LEAST_WATCH_MS = 3_000;
const LONGEST_WATCH_MS = 10_000;
/** While some partition stands still, up to so long: whether it is stuck shows by then, unless commits are rare. */
const MOST_WATCH_MS = 15_000;
/** More than there is time for. */
const MOST_LOOKS = 20;

export interface PartitionBacklog {
  readonly partition: number;
  readonly low: number;
  readonly end: number;
  /** Undefined when the group has committed nothing here. */
  readonly committed: number | undefined;
  readonly lag: number;
  /** When the first unread record was written, by its timestamp (epoch milliseconds); undefined without one. */
  readonly oldestMs: number | undefined;
  /** Records a second, while it was watched. */
  readonly arriving: number;
  readonly leaving: number;
}

export interface Backlog {
  /** Those of which a leader told where they end. */
  readonly partitions: readonly PartitionBacklog[];
  /** What `top` and `/scale` would say of the same looks. */
  readonly report: GroupReport;
  /** Events a second that one member scores; null when it is not known. */
  readonly serviceRate: number | null;
  /** 0 when nothing was ever written, and so nothing was watched. */
  readonly watchedMs: number;
  /** When the last look was taken, epoch milliseconds. */
  readonly nowMs: number;
}

/** Throws a TidemarkError when topic or group cannot be asked. */
export async function watchBacklog(
  config: PipelineConfig,
  cluster: ClusterInspector,
  group: GroupInspector,
  topic: ThereTopic,
): Promise<Backlog> {
  const stuckMs = stuckAfterMs(config.commitEveryMs);
  const history = new GroupHistory({
    group: config.kafka.group,
    topic: topic.name,
    windowMs: 2 * MOST_WATCH_MS,
    stuckAfterMs: stuckMs,
    most: MOST_LOOKS,
  });
  const rates = new ServiceRates();
  const begins = new Map<number, number>();
  const lookOnce = async () => {
    const look = await lookAt(config, cluster, group, topic, begins);
    const atMs = performance.now();
    history.add(look, atMs, Date.now());
    const report = history.report(atMs, undefined, new Map());
    rates.measure(report, history, atMs);
    return { atMs, report };
  };
  const first = await lookOnce();
  let last = first;
  // Where nothing was ever written there is nothing to watch.
  if (first.report.partitions.some(({ end }) => end !== null && end > 0)) {
    const watchMs = Math.min(LONGEST_WATCH_MS, Math.max(LEAST_WATCH_MS, 2 * config.commitEveryMs));
    const untilMs = first.atMs + Math.min(stuckMs, MOST_WATCH_MS);
    do {
      await sleep(watchMs);
      last = await lookOnce();
    } while (isUndecided(last.report) && last.atMs < untilMs);
  }
  const { atMs, report } = last;
  const nowMs = Date.now();
  return {
    partitions: backlogsOf(report, await oldestUnread(config, report)),
    report,
    serviceRate: rates.rate(report.members, atMs).perSecond,
    watchedMs: atMs - first.atMs,
    nowMs,
  };
}

/**
 * @param begins where a group without commits begins that does not read from the earliest record: it commits that place before
 *   it reads, so nothing before it will ever wait. Told by the first look.
 */
async function lookAt(
  config: PipelineConfig,
  cluster: ClusterInspector,
  group: GroupInspector,
  { name, partitions }: ThereTopic,
  begins: Map<number, number>,
): Promise<GroupLook> {
  const [{ state, assignor, members }, committed, low, end, stable] = await Promise.all([
    group.describe(),
    group.committedOffsets(partitions.map(({ partition }) => partition)),
    logPlaces(cluster, name, partitions, 'low'),
    logPlaces(cluster, name, partitions, 'end'),
    logPlaces(cluster, name, partitions, 'stable'),
  ]);
  const looks = partitions.map(({ partition, leader }) => {
    const ending = end.get(partition)?.offset;
    if (config.input.start !== 'earliest' && ending !== undefined && !begins.has(partition))
      begins.set(partition, ending);
    const facts = {
      leader,
      low: low.get(partition)?.offset,
      end: ending,
      stable: stable.get(partition)?.offset,
      committed: committed.get(partition) ?? begins.get(partition),
    };
    return { partition, ...present(facts) };
  });
  return {
    group: config.kafka.group,
    topic: name,
    state: groupStateOf(state),
    assignor,
    members,
    partitions: looks.sort((one, other) => one.partition - other.partition),
  };
}

function backlogsOf({ partitions }: GroupReport, oldest: ReadonlyMap<number, number>): PartitionBacklog[] {
  return partitions.flatMap((seen) => {
    const { partition, low, end, committed, lag, arrivalPerSecond, progressPerSecond } = seen;
    if (low === null || end === null || lag === null) return [];
    const rates = { arriving: arrivalPerSecond ?? 0, leaving: progressPerSecond ?? 0 };
    const oldestMs = oldest.get(partition);
    return [{ partition, low, end, committed: committed ?? undefined, lag, oldestMs, ...rates }];
  });
}
