/** Where reading begins, and where it goes on when the log no longer has the position: as the configuration says. */
import { TidemarkError } from '../../../errors.ts';
import type { SeekTarget } from '../../../pipeline/ports.ts';
import {
  type ChosenPosition,
  neverBack,
  type OutOfRange,
  OVERWRITTEN,
  outOfRange,
  type PartitionOffsets,
  positionInLog,
  type Standing,
  type StartPosition,
  soughtPosition,
  startingPosition,
} from '../../positions.ts';
import type { LostPosition } from './events.ts';
import { type LogCluster, LogOffsets } from './logOffsets.ts';
import type { LostPlace } from './partition.ts';

export interface PositionSettings {
  readonly topic: string;
  readonly start: StartPosition;
  readonly outOfRange: OutOfRange;
  readonly readUncommitted: boolean;
}

/** A position of the group, with the leader epoch of the record before it (-1 when unknown; KIP-320). */
export interface CommittedPosition {
  readonly offset: number;
  readonly leaderEpoch: number;
}

/** Where to begin: what `Fetcher.add` takes, and whether the group has to hold it first. */
export interface Start extends ChosenPosition {
  readonly leaderEpoch: number;
}

const UNKNOWN_EPOCH = -1;

/** Everything here throws a TidemarkError of disposition `retry` while it cannot be found out. */
export class Positions {
  readonly #settings: PositionSettings;
  readonly #log: LogOffsets;

  constructor(cluster: LogCluster, settings: PositionSettings) {
    this.#settings = settings;
    this.#log = new LogOffsets(cluster, settings.topic);
  }

  /**
   * Where each of `partitions` begins, given what the group has committed. Whether the log still has a committed offset is
   * for the fetch to find out. An error where the policy is to stop; one of disposition `retry` where it cannot be found out, as of a
   * partition without a leader, for which the others need not wait.
   */
  async begin(
    partitions: readonly number[],
    committed: ReadonlyMap<number, CommittedPosition>,
  ): Promise<Map<number, Start | TidemarkError>> {
    const starts = new Map<number, Start | TidemarkError>();
    const unknown: number[] = [];
    for (const partition of partitions) {
      const position = committed.get(partition);
      if (position === undefined || position.offset === OVERWRITTEN) unknown.push(partition);
      else starts.set(partition, { ...position, commitFirst: false, outOfRange: false });
    }
    if (unknown.length === 0) return starts;
    const { start, outOfRange: policy } = this.#settings;
    const ranges = await this.#ranges(unknown);
    const atTime = typeof start === 'object' ? await this.#log.atTime(unknown, start.timestampMs) : undefined;
    for (const [partition, range] of ranges) {
      const overwritten = committed.get(partition)?.offset;
      const timed = atTime?.get(partition);
      if (range instanceof TidemarkError) starts.set(partition, range);
      else if (timed instanceof TidemarkError) starts.set(partition, timed);
      else starts.set(partition, startOf(startingPosition(range, overwritten, start, timed, policy)));
    }
    return starts;
  }

  /**
   * Where a partition goes on whose position was lost. Progress of a lease moves only forward: back it goes only while nothing
   * of the lease was handed out. An error where the policy is to stop, or the way would lead back.
   */
  async resume(partition: number, lost: LostPosition): Promise<Start | TidemarkError> {
    const range = (await this.#ranges([partition])).get(partition)!;
    if (range instanceof TidemarkError) throw range;
    const { outOfRange: policy } = this.#settings;
    const { offset, place, handedOut } = lost;
    const chosen =
      place.kind === 'out-of-range'
        ? positionInLog(range, offset, policy)
        : outOfRange(cutAt(range, place, policy), offset, policy, wordsFor(place));
    return startOf(handedOut ? neverBack(chosen, range, offset) : chosen);
  }

  /** Where a command moves a partition; a sentence that says why not when the log does not have that place. */
  async seek(partition: number, to: SeekTarget, standing: Standing): Promise<number | string> {
    const range = (await this.#ranges([partition])).get(partition)!;
    if (range instanceof TidemarkError) throw range;
    const isTime = typeof to === 'object' && 'timestampMs' in to;
    const atTime = isTime ? (await this.#log.atTime([partition], to.timestampMs)).get(partition) : undefined;
    if (atTime instanceof TidemarkError) throw atTime;
    return soughtPosition(range, to, { ...standing, atTime });
  }

  async #ranges(partitions: readonly number[]): Promise<Map<number, PartitionOffsets | TidemarkError>> {
    const { topic, readUncommitted } = this.#settings;
    const [lows, ends, stableEnds] = await Promise.all([
      this.#log.earliest(partitions),
      this.#log.latest(partitions),
      readUncommitted ? undefined : this.#log.latestStable(partitions),
    ]);
    const ranges = new Map<number, PartitionOffsets | TidemarkError>();
    for (const partition of partitions) {
      const low = lows.get(partition)!;
      const end = ends.get(partition)!;
      const stableEnd = stableEnds?.get(partition) ?? end;
      if (low instanceof TidemarkError) ranges.set(partition, low);
      else if (end instanceof TidemarkError) ranges.set(partition, end);
      else if (stableEnd instanceof TidemarkError) ranges.set(partition, stableEnd);
      else ranges.set(partition, { topic, partition, low, end, stableEnd });
    }
    return ranges;
  }
}

/** Before the place where the log was cut it is the one that was read: that much need not be read again. */
function cutAt(range: PartitionOffsets, place: LostPlace, policy: OutOfRange): PartitionOffsets {
  if (place.kind !== 'truncated' || policy !== 'earliest') return range;
  return { ...range, low: Math.max(range.low, place.endOffset) };
}

function wordsFor(place: LostPlace): string {
  return place.kind === 'truncated'
    ? `, and is another one from ${place.endOffset} on: an unclean leader election cut it`
    : ', and the topic is another one of the same name';
}

function startOf(chosen: ChosenPosition | TidemarkError): Start | TidemarkError {
  return chosen instanceof TidemarkError ? chosen : { ...chosen, leaderEpoch: UNKNOWN_EPOCH };
}
