import type { GroupReport, PartitionReport } from '../group/report.ts';
import { counted, duration, figure, percent } from '../words.ts';
import type { HotKey, HotPartition, ScaleAdvice, ScaleBecause, StuckPartition } from './advice.ts';
import { findHot, findStuck, isStuck } from './findings.ts';
import { type Need, replicasNeeded, UTILISATION } from './need.ts';
import type { ServiceRate } from './serviceRate.ts';
import { SteadyNumber } from './steady.ts';

export interface ScaleOptions {
  readonly drainInMs: number;
  readonly maxReplicas?: number;
}

interface Asked {
  readonly replicas: number;
  readonly need: Need | undefined;
  /** Nothing moves in any partition where events wait. */
  readonly standsStill: boolean;
}

/** Advises how many replicas a group needs, after each look at it. Keeps what the last 5 min asked for and nothing else. */
export class ScaleAdviser {
  readonly #options: ScaleOptions;
  readonly #steady = new SteadyNumber();

  constructor(options: ScaleOptions) {
    this.#options = options;
  }

  /**
   * @param report of at least two looks, as rates come of those
   * @param keys the commonest key of hot partitions, where they were read
   */
  advise(
    report: GroupReport,
    rate: ServiceRate,
    keys: ReadonlyMap<number, HotKey | null>,
    nowMs: number,
  ): ScaleAdvice {
    const stuck = findStuck(report);
    const hot = findHot(report, rate.perSecond, keys);
    const asked = this.#ask(report, rate);
    // What stays as it is follows from no load: it must neither wait for its turn nor be remembered as one.
    const isLoad = asked.need !== undefined || report.members.length === 0;
    const wanted = isLoad ? this.#steady.follow(asked.replicas, nowMs) : asked.replicas;
    const because: ScaleBecause = {
      partitions: report.partitions.length,
      serviceRate: rate.perSecond === null ? null : Math.round(rate.perSecond * 10) / 10,
      serviceRateFrom: rate.from,
      arrivalPerSecond: report.arrivalPerSecond ?? 0,
      lag: report.lag,
      drainInSeconds: this.#options.drainInMs / 1000,
      neededPerSecond: asked.need === undefined ? null : Math.round(asked.need.perSecond * 10) / 10,
      utilisation: UTILISATION,
      wantedNow: asked.replicas,
      maxReplicas: this.#options.maxReplicas ?? null,
    };
    const replicas = report.members.length;
    const reason = sentences(report, { wanted, because, asked, stuck, hot });
    return { replicas, wanted, reason, because, stuck, hot };
  }

  #ask(report: GroupReport, { perSecond }: ServiceRate): Asked {
    const { partitions, members } = report;
    const most = Math.max(
      1,
      Math.min(partitions.length, this.#options.maxReplicas ?? Number.POSITIVE_INFINITY),
    );
    const asIs = Math.min(most, Math.max(1, members.length));
    const standsStill = isStandstill(partitions);
    // With nothing measured, or nothing moving, no number is better than the one there is.
    if (perSecond === null || perSecond <= 0 || standsStill)
      return { replicas: asIs, need: undefined, standsStill };
    const need = replicasNeeded({
      demands: partitions
        .filter((partition) => !isStuck(partition))
        .map(({ arrivalPerSecond, lag }) => ({
          arrivalPerSecond: arrivalPerSecond ?? 0,
          lag: lag ?? 0,
        })),
      partitions: partitions.length,
      serviceRate: perSecond,
      drainInSeconds: this.#options.drainInMs / 1000,
    });
    return { replicas: Math.min(most, need.replicas), need, standsStill };
  }
}

/** One partition may be stuck for a reason of its own; when several are and none moves, it is not the partitions. */
function isStandstill(partitions: readonly PartitionReport[]): boolean {
  return (
    partitions.filter(isStuck).length > 1 &&
    partitions.every(({ progressPerSecond }) => (progressPerSecond ?? 0) <= 0)
  );
}

interface Told {
  readonly wanted: number;
  readonly because: ScaleBecause;
  readonly asked: Asked;
  readonly stuck: readonly StuckPartition[];
  readonly hot: readonly HotPartition[];
}

function sentences(report: GroupReport, told: Told): string {
  const { stuck, hot, asked } = told;
  const all = [
    why(report, told),
    limits(told),
    ...(asked.standsStill
      ? [
          'Nothing moves in any partition where events wait: more replicas do not help; /readyz of a replica says what is missing.',
        ]
      : stuck.map(({ what }) => `Left out: ${what}.`)),
    ...hot.map(({ what }) => `${what[0]!.toUpperCase()}${what.slice(1)}. More replicas do not help there.`),
  ];
  return all.filter((sentence) => sentence !== '').join(' ');
}

function why({ members, arrivalPerSecond, lag }: GroupReport, { wanted, because, asked }: Told): string {
  const { serviceRate, drainInSeconds, neededPerSecond, wantedNow } = because;
  const load = `${figure(arrivalPerSecond ?? 0)} events/s arrive, ${figure(lag)} waiting`;
  const number = counted(wanted, 'replica');
  const none = members.length === 0 ? 'No replica is running. ' : '';
  const stay = members.length === 0 ? `No replica is running. Start ${number}` : `Stay at ${number}`;
  if (asked.standsStill) return `${stay}: ${load}.`;
  if (serviceRate === null || neededPerSecond === null)
    return `${stay}: ${load}, and what one replica scores is not known before events wait for one.`;
  const need = `to have it scored in ${duration(drainInSeconds)} takes ${figure(neededPerSecond)}/s, and one replica scores ${figure(serviceRate)}/s, planned at ${percent(UTILISATION)}`;
  const text = `${none}${number}: ${load}; ${need}.`;
  if (wantedNow === wanted) return text;
  return wantedNow > wanted
    ? `${text} The latest look asks for ${wantedNow}, which has to last 20 s.`
    : `${text} The latest look asks for ${wantedNow}; fewer are advised once that has lasted 5 min.`;
}

/** Why there are not more. */
function limits({ because, asked, hot }: Told): string {
  const { need } = asked;
  if (need === undefined) return '';
  const { maxReplicas, partitions, serviceRate } = because;
  if (maxReplicas !== null && need.replicas > maxReplicas)
    return `The load asks for ${need.replicas}; scaling.max_replicas is ${maxReplicas}.`;
  // What is hot says what helps it, and more partitions do not spread one key.
  if (hot.length > 0) return '';
  const most = partitions * (serviceRate ?? 0);
  const shared = counted(partitions, 'partition');
  if (need.perSecond > most)
    return `That is more than ${shared} can share: only more partitions or a faster model help.`;
  if (need.perSecond > most * UTILISATION)
    return `With ${shared} to share that leaves less room than planned: more partitions or a faster model help.`;
  return '';
}
