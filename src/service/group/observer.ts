import { asTidemarkError, type TidemarkError } from '../../errors.ts';
import type { GroupLook } from '../../kafka/inspect/groupLook.ts';
import type { Clock, TopicReader } from '../../pipeline/ports.ts';
import type { HotKey, ScaleAdvice } from '../scale/advice.ts';
import { ScaleAdviser, type ScaleOptions } from '../scale/adviser.ts';
import { commonestKey } from '../scale/hotKey.ts';
import { type Effort, ServiceRates } from '../scale/serviceRate.ts';
import { duration } from '../words.ts';
import { GroupHistory, type HistoryOptions } from './history.ts';
import type { GroupReport } from './report.ts';

export interface ObserverParts {
  readonly view: { look(): Promise<GroupLook>; close(): Promise<void> };
  readonly history: HistoryOptions;
  readonly scale: ScaleOptions;
  readonly clock: Pick<Clock, 'now' | 'monotonicMs'>;
  /** A reader of the topic that joins no group; made when a partition is hot and its keys are asked for. */
  readonly newReader: () => Promise<TopicReader>;
  /** Where events are scored in this process. */
  readonly own?: OwnShare;
}

/** This process's share of the work. */
export interface OwnShare {
  readonly held: ReadonlySet<number>;
  /** Partitions that it holds but reads no further. */
  readonly stopped: ReadonlyMap<number, TidemarkError>;
  effort(): Effort;
}

const NONE_STOPPED: ReadonlyMap<number, TidemarkError> = new Map();
/** Keys are read again after so long. */
const KEYS_FOR_MS = 60_000;

/** Looks at a group when it is told to, and knows what follows from the looks so far. */
export class GroupObserver {
  readonly #parts: ObserverParts;
  readonly #history: GroupHistory;
  readonly #rates = new ServiceRates();
  readonly #adviser: ScaleAdviser;
  /** Of hot partitions; at most one for each. */
  readonly #keys = new Map<number, HotKey | null>();
  /** When they were read last, whatever came of it; of the last minute. */
  readonly #keysAtMs = new Map<number, number>();
  #readingKeys: Promise<void> | undefined;
  readonly #closing = new AbortController();
  #fault: TidemarkError | undefined;
  #advice: ScaleAdvice | undefined;

  constructor(parts: ObserverParts) {
    this.#parts = parts;
    this.#history = new GroupHistory(parts.history);
    this.#adviser = new ScaleAdviser(parts.scale);
  }

  /** Throws the TidemarkError of a look that failed; what was known before stays. */
  async look(): Promise<GroupLook> {
    const { view, clock, own } = this.#parts;
    try {
      const look = await view.look();
      const nowMs = clock.monotonicMs();
      this.#history.add(look, nowMs, clock.now());
      this.#fault = undefined;
      const share = own === undefined ? undefined : { held: own.held, effort: own.effort() };
      this.#rates.measure(this.report(), this.#history, nowMs, share);
      this.#advise();
      return look;
    } catch (thrown) {
      this.#fault = asTidemarkError(thrown);
      throw this.#fault;
    }
  }

  report(): GroupReport {
    const stopped = this.#parts.own?.stopped ?? NONE_STOPPED;
    return this.#history.report(this.#parts.clock.monotonicMs(), this.#fault, stopped);
  }

  /** Undefined before the second look, as rates come of two. */
  advice(): ScaleAdvice | undefined {
    const [advice, fault] = [this.#advice, this.#fault];
    if (advice === undefined || fault === undefined) return advice;
    const since = duration((this.#parts.clock.now() - (this.report().lookedAtMs ?? 0)) / 1000);
    const stale = `As of ${since} ago, because the group cannot be looked at now (${fault.code}).`;
    return { ...advice, reason: `${stale} ${advice.reason}` };
  }

  /** Reads the latest keys of the partition that is hottest, if one is and they were not read within a minute; never throws. */
  readHotKeys(): Promise<void> {
    this.#readingKeys ??= this.#readHotKeys().finally(() => {
      this.#readingKeys = undefined;
    });
    return this.#readingKeys;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#parts.view.close();
    await this.#readingKeys;
  }

  #advise(): void {
    const report = this.report();
    if (report.arrivalPerSecond === null) return;
    const nowMs = this.#parts.clock.monotonicMs();
    const rate = this.#rates.rate(report.members, nowMs);
    this.#advice = this.#adviser.advise(report, rate, this.#keys, nowMs);
    const hot = new Set(this.#advice.hot.map(({ partition }) => partition));
    for (const partition of this.#keys.keys()) if (!hot.has(partition)) this.#keys.delete(partition);
  }

  async #readHotKeys(): Promise<void> {
    const [hottest] = [...(this.#advice?.hot ?? [])].sort(
      (one, other) => other.arrivalPerSecond - one.arrivalPerSecond || other.lag - one.lag,
    );
    if (hottest === undefined) return;
    const { partition } = hottest;
    const nowMs = this.#parts.clock.monotonicMs();
    const end = this.#history.partition(partition)?.look.end;
    if (end === undefined || this.#closing.signal.aborted) return;
    for (const [read, atMs] of this.#keysAtMs) if (nowMs >= atMs + KEYS_FOR_MS) this.#keysAtMs.delete(read);
    // A read that failed counts too: where it is forbidden, every look would open a reader.
    if (this.#keysAtMs.has(partition)) return;
    this.#keysAtMs.set(partition, nowMs);
    const { newReader } = this.#parts;
    try {
      const key = await commonestKey(await newReader(), partition, end, this.#closing.signal);
      if (key === undefined) return;
      this.#keys.set(partition, key);
    } catch {
      // The partition is hot whether its keys can be read or not.
      return;
    }
    this.#advise();
  }
}
