/** What one replica can score, measured and never guessed. */
import { type GroupHistory, KEEPING_UP_SECONDS } from '../group/history.ts';
import type { GroupReport, MemberReport } from '../group/report.ts';
import type { ScaleBecause } from './advice.ts';

export interface ServiceRate {
  /** Events a second; null while nothing is known. */
  readonly perSecond: number | null;
  readonly from: ScaleBecause['serviceRateFrom'];
}

/** What a process has done so far. */
export interface Effort {
  readonly events: number;
  /** Seconds its main thread was at work, which is where it reads, scores and writes. */
  readonly busySeconds: number;
}

interface Measured {
  readonly atMs: number;
  readonly perSecond: number;
}

/** A window tells for so long; what was measured last tells on when nothing came after it. */
const RECENT_MS = 120_000;
/** Less work than this in a window is mostly not about events. */
const LEAST_BUSY = 0.05;

/** The best of the last windows of one kind. */
class Best {
  #measured: Measured[] = [];

  add(perSecond: number, atMs: number): void {
    this.#measured.push({ atMs, perSecond });
    this.#measured = this.#measured.filter((one) => one.atMs > atMs - RECENT_MS);
  }

  get(): number | undefined {
    return this.#measured.length === 0
      ? undefined
      : Math.max(...this.#measured.map(({ perSecond }) => perSecond));
  }

  isRecent(nowMs: number): boolean {
    const last = this.#measured.at(-1);
    return last !== undefined && last.atMs > nowMs - RECENT_MS;
  }
}

/**
 * Measures after each look. While events wait for longer than commits take, what is scored is all that can be scored: this
 * process counts its own, and of other members Kafka tells. Otherwise this process counts how much of its time its events
 * take: it is about what it could score if it had nothing else to do.
 */
export class ServiceRates {
  readonly #backlog = new Best();
  readonly #members = new Best();
  readonly #busy = new Best();
  #before: (Effort & { readonly atMs: number }) | undefined;

  /** @param own what this process holds and has done; absent where nothing is scored, as in `tidemark top` */
  measure(
    report: GroupReport,
    history: GroupHistory,
    atMs: number,
    own?: { readonly held: ReadonlySet<number>; readonly effort: Effort },
  ): void {
    const waiting = (partitions: readonly number[]) => hasBacklog(partitions, report, history);
    const rates = report.members
      .filter((member) => waiting(member.partitions))
      .map((member) => member.progressPerSecond ?? 0);
    if (rates.length > 0) this.#members.add(rates.reduce((sum, rate) => sum + rate, 0) / rates.length, atMs);
    if (own === undefined) return;
    const before = this.#before;
    this.#before = { ...own.effort, atMs };
    if (before === undefined || atMs <= before.atMs) return;
    const events = own.effort.events - before.events;
    const seconds = (atMs - before.atMs) / 1000;
    const busySeconds = own.effort.busySeconds - before.busySeconds;
    if (events <= 0) return;
    if (waiting([...own.held])) this.#backlog.add(events / seconds, atMs);
    if (busySeconds >= LEAST_BUSY * seconds) this.#busy.add(events / busySeconds, atMs);
  }

  /** @param members of the group now: none of them does more than it can */
  rate(members: readonly MemberReport[], nowMs: number): ServiceRate {
    const [backlog, others, busy] = [this.#backlog.get(), this.#members.get(), this.#busy.get()];
    const most = Math.max(0, ...members.map(({ progressPerSecond }) => progressPerSecond ?? 0));
    if (backlog !== undefined && this.#backlog.isRecent(nowMs))
      return { perSecond: backlog, from: 'backlog' };
    if (others !== undefined && this.#members.isRecent(nowMs)) return { perSecond: others, from: 'members' };
    if (busy !== undefined) return { perSecond: Math.max(busy, most), from: 'busy-time' };
    if (others !== undefined) return { perSecond: Math.max(others, most), from: 'members' };
    return { perSecond: null, from: 'none' };
  }
}

/**
 * Whether these partitions had events waiting during the whole window: at its begin and at its end more than commits can be
 * late. A partition that does not move is left out, or its lag would make an idle replica look like a slow one.
 */
function hasBacklog(partitions: readonly number[], report: GroupReport, history: GroupHistory): boolean {
  let progress = 0;
  let before = 0;
  let now = 0;
  for (const partition of partitions) {
    const { progressPerSecond, lag } = report.partitions[partition] ?? {};
    if (!progressPerSecond || progressPerSecond <= 0) continue;
    progress += progressPerSecond;
    before += history.partition(partition)?.lagBefore(history.windowMs) ?? 0;
    now += lag ?? 0;
  }
  return progress > 0 && Math.min(before, now) > (progress * KEEPING_UP_SECONDS) / 2;
}
