import type { TidemarkError } from '../../errors.ts';
import type { GroupLook, MemberLook, PartitionLook } from '../../kafka/inspect/groupLook.ts';
import { PartitionHistory } from './partitionHistory.ts';
import type { GroupReport, MemberReport, PartitionReport, PartitionState } from './report.ts';

export interface HistoryOptions {
  readonly group: string;
  readonly topic: string;
  /** What rates are taken over. */
  readonly windowMs: number;
  /** Events that wait without progress for so long make a partition stuck. */
  readonly stuckAfterMs: number;
  /** Looks that are kept. */
  readonly most: number;
}

/** Whatever is seldom committed seems to wait for as long; this many seconds' worth of events are no backlog. */
export const KEEPING_UP_SECONDS = 10;

type StoppedPartitions = ReadonlyMap<number, TidemarkError>;

/** The last looks at a group, and what follows from them. Bounded: so many looks at each partition that the topic has. */
export class GroupHistory {
  readonly #options: HistoryOptions;
  readonly #partitions = new Map<number, PartitionHistory>();
  #look: GroupLook | undefined;
  #members: readonly MemberLook[] = [];
  #lookedAtMs: number | null = null;
  #looks = 0;

  constructor(options: HistoryOptions) {
    this.#options = options;
  }

  get windowMs(): number {
    return this.#options.windowMs;
  }

  /** How many looks there were. */
  get looks(): number {
    return this.#looks;
  }

  partition(number: number): PartitionHistory | undefined {
    return this.#partitions.get(number);
  }

  /** @param atMs a clock that never runs backwards; `epochMs` is when that is for people */
  add(look: GroupLook, atMs: number, epochMs: number): void {
    this.#looks++;
    this.#look = look;
    this.#lookedAtMs = epochMs;
    this.#members = look.state === 'rebalancing' ? this.#withKnownShares(look.members) : look.members;
    const owners = new Map(
      this.#members.flatMap(({ memberId, partitions }) =>
        partitions.map((partition) => [partition, memberId] as const),
      ),
    );
    // A topic that was made anew may have fewer.
    for (const number of this.#partitions.keys())
      if (number >= look.partitions.length) this.#partitions.delete(number);
    for (const partition of look.partitions)
      this.#of(partition).add(partition, owners.get(partition.partition), atMs);
  }

  report(nowMs: number, fault: TidemarkError | undefined, stopped: StoppedPartitions): GroupReport {
    const { group, topic, windowMs } = this.#options;
    const partitions = [...this.#partitions.values()].map((history) =>
      this.#reported(history, nowMs, stopped),
    );
    const total = totals(partitions);
    const windows = [...this.#partitions.values()].map(
      (history) => history.rates(windowMs)?.overSeconds ?? 0,
    );
    return {
      group,
      topic,
      state: this.#look?.state ?? 'unknown',
      assignor: this.#look?.assignor ?? '',
      lookedAtMs: this.#lookedAtMs,
      fault: fault === undefined ? null : { code: fault.code, message: fault.message },
      windowSeconds: rounded(Math.max(0, ...windows)),
      members: this.#members.map((member) => memberReport(member, partitions)),
      partitions,
      ...total,
      drainSeconds: drainSeconds(total),
    };
  }

  #of({ partition }: PartitionLook): PartitionHistory {
    const known = this.#partitions.get(partition);
    if (known !== undefined) return known;
    const made = new PartitionHistory(partition, this.#options.most);
    this.#partitions.set(partition, made);
    return made;
  }

  /** While members join, the coordinator tells nobody's partitions; who was there before mostly still has its own. */
  #withKnownShares(members: readonly MemberLook[]): readonly MemberLook[] {
    const before = new Map(this.#members.map((member) => [member.memberId, member.partitions]));
    return members.map((member) =>
      member.partitions.length > 0 ? member : { ...member, partitions: before.get(member.memberId) ?? [] },
    );
  }

  #reported(history: PartitionHistory, nowMs: number, stopped: StoppedPartitions): PartitionReport {
    const { look, owner, lag } = history;
    const { partition, leader, low, end, stable, committed } = look;
    const rates = history.rates(this.#options.windowMs);
    const waited = history.waited();
    const fault = stopped.get(partition);
    return {
      partition,
      state: this.#stateOf(history, nowMs),
      leader: leader ?? null,
      low: low ?? null,
      end: end ?? null,
      committed: committed ?? null,
      lag: lag ?? null,
      lagSeconds: waited === undefined ? null : rounded(waited.seconds),
      lagSecondsIsLeast: waited?.isLeast ?? false,
      arrivalPerSecond: rates === undefined ? null : rounded(rates.arrivalPerSecond),
      progressPerSecond: rates === undefined ? null : rounded(rates.progressPerSecond),
      stillSeconds: rounded(history.stillSeconds(nowMs)),
      openTransaction:
        stable !== undefined && end !== undefined && end > stable && (committed ?? low ?? 0) >= stable,
      owner: owner ?? null,
      stopped: fault === undefined ? null : { code: fault.code, message: fault.message },
    };
  }

  #stateOf(history: PartitionHistory, nowMs: number): PartitionState {
    const { lag, owner } = history;
    if (lag === undefined) return 'unknown';
    if (owner === undefined) return this.#look?.state === 'rebalancing' ? 'unknown' : 'no-owner';
    if (lag > 0 && history.stillSeconds(nowMs) * 1000 >= this.#options.stuckAfterMs) return 'stuck';
    const rates = history.rates(this.#options.windowMs);
    if (rates === undefined) return lag === 0 ? 'keeping-up' : 'unknown';
    const { arrivalPerSecond, progressPerSecond } = rates;
    if (lag === 0 && arrivalPerSecond === 0) return 'idle';
    const most = Math.max(arrivalPerSecond, progressPerSecond) * KEEPING_UP_SECONDS;
    return lag <= most ? 'keeping-up' : 'behind';
  }
}

type Totals = Pick<GroupReport, 'lag' | 'arrivalPerSecond' | 'progressPerSecond'>;

function totals(partitions: readonly PartitionReport[]): Totals {
  const known = partitions.filter(({ arrivalPerSecond }) => arrivalPerSecond !== null);
  const sum = (of: (partition: PartitionReport) => number | null) =>
    rounded(known.reduce((total, partition) => total + (of(partition) ?? 0), 0));
  return {
    lag: partitions.reduce((total, { lag }) => total + (lag ?? 0), 0),
    arrivalPerSecond: known.length === 0 ? null : sum((partition) => partition.arrivalPerSecond),
    progressPerSecond: known.length === 0 ? null : sum((partition) => partition.progressPerSecond),
  };
}

function drainSeconds({ lag, arrivalPerSecond, progressPerSecond }: Totals): number | null {
  if (lag === 0) return 0;
  const gain = (progressPerSecond ?? 0) - (arrivalPerSecond ?? 0);
  return gain > 0 ? rounded(lag / gain) : null;
}

function memberReport(member: MemberLook, partitions: readonly PartitionReport[]): MemberReport {
  const { memberId, instanceId, clientId, host } = member;
  const own = partitions.filter(({ partition }) => member.partitions.includes(partition));
  return {
    memberId,
    instanceId: instanceId ?? null,
    clientId,
    host,
    partitions: member.partitions,
    ...totals(own),
  };
}

/** To thousandths: nobody reads more, and JSON stays short. */
function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
