import { TidemarkError } from '../errors.ts';
import type { SeekTarget } from '../pipeline/ports.ts';

/** Where a group that has committed nothing begins. */
export type StartPosition = 'earliest' | 'latest' | { readonly timestampMs: number };
/** What happens when the offset to read is no longer, or not yet, in the log. */
export type OutOfRange = 'stop' | 'earliest' | 'latest';

/**
 * What kafkajs commits by itself when a fetch is out of range and the topic was subscribed from the beginning. A group that
 * never committed reads as -1, so -2 says that the real offset was overwritten before it could be put back.
 */
export const OVERWRITTEN = -2;

export interface PartitionOffsets {
  readonly topic: string;
  readonly partition: number;
  /** The first offset in the log and the one after the last. */
  readonly low: number;
  readonly end: number;
  /** Where `latest` is when not at the end: behind it lie records of open transactions, which read_committed is still to see. */
  readonly stableEnd?: number;
}

export interface ChosenPosition {
  readonly offset: number;
  /**
   * The group has to hold this offset before anything is read: another `latest` or another look at the clock would skip
   * what arrived in between.
   */
  readonly commitFirst: boolean;
  /** Records were skipped or will be read again because the offset was out of range. */
  readonly outOfRange: boolean;
}

/** Where reading begins. `atTime` is the offset for `start.timestampMs`. An error when the policy is to stop. */
export function startingPosition(
  offsets: PartitionOffsets,
  committed: number | undefined,
  start: StartPosition,
  atTime: number | undefined,
  policy: OutOfRange,
): ChosenPosition | TidemarkError {
  if (committed === OVERWRITTEN) return outOfRange(offsets, undefined, policy);
  if (committed !== undefined) return positionInLog(offsets, committed, policy);
  if (start === 'earliest') return { offset: offsets.low, commitFirst: false, outOfRange: false };
  const latest = offsets.stableEnd ?? offsets.end;
  const offset = start === 'latest' ? latest : (atTime ?? latest);
  return { offset, commitFirst: true, outOfRange: false };
}

/** `wanted` when the log has it, else what the policy says. */
export function positionInLog(
  offsets: PartitionOffsets,
  wanted: number,
  policy: OutOfRange,
): ChosenPosition | TidemarkError {
  if (wanted >= offsets.low && wanted <= offsets.end) {
    return { offset: wanted, commitFirst: false, outOfRange: false };
  }
  return outOfRange(offsets, wanted, policy);
}

/** Progress within a lease only moves forward; a log that ends before it is another topic of the same name. */
export function neverBack(
  chosen: ChosenPosition | TidemarkError,
  { topic, partition, low, end }: PartitionOffsets,
  position: number,
): ChosenPosition | TidemarkError {
  if (chosen instanceof TidemarkError || chosen.offset >= position) return chosen;
  const log = `${topic}/${partition} holds [${low}, ${end}) and was read up to ${position}`;
  return new TidemarkError(
    'E-KAFKA-OUT-OF-RANGE',
    `${log}: it was made anew; a restart begins where input.out_of_range says`,
  );
}

/** What the policy says about an offset that cannot be read: undefined where it is not known any more. `why` ends the message. */
export function outOfRange(
  { topic, partition, low, end, stableEnd = end }: PartitionOffsets,
  wanted: number | undefined,
  policy: OutOfRange,
  why = '',
): ChosenPosition | TidemarkError {
  if (policy !== 'stop') {
    // The end moves: a crash before the first commit would find another one, and skip what arrived in between.
    const latest = policy === 'latest';
    return { offset: latest ? stableEnd : low, commitFirst: latest, outOfRange: true };
  }
  const where = `${topic}/${partition}`;
  const committed =
    wanted === undefined ? 'the group’s offset was out of range and is lost' : `the group is at ${wanted}`;
  const message = `${where}: ${committed}, the log holds [${low}, ${end})${why}`;
  return new TidemarkError('E-KAFKA-OUT-OF-RANGE', message);
}

export interface Standing {
  /** The next offset to read; undefined where it is not known. */
  readonly at: number | undefined;
  /** Where the batch ends that cannot be read, by the word of its header. */
  readonly unreadableEnd?: number | undefined;
  /** The offset for the time that is asked for. */
  readonly atTime?: number | undefined;
}

/** Where a command moves a partition; a sentence that says why not when the log does not have that place. */
export function soughtPosition(
  { low, end, stableEnd = end }: PartitionOffsets,
  to: SeekTarget,
  { at, unreadableEnd, atTime }: Standing,
): number | string {
  if (to === 'earliest') return low;
  if (to === 'latest') return stableEnd;
  if ('timestampMs' in to) return atTime ?? stableEnd;
  if ('offset' in to) {
    const { offset, forward = false } = to;
    if (forward && at !== undefined && offset < at)
      return `it stands at ${at} already: going back to ${offset} is \`seek\``;
    return offset >= low && offset <= end
      ? offset
      : `offset ${offset} is not in the log, which holds [${low}, ${end})`;
  }
  if (at === undefined) return 'where it stands is not known yet; move it to an offset instead';
  // Of a log that has been cut, what was to be skipped is gone already.
  const from = Math.max(at, low);
  const counted = from + to.skip;
  // A broker hands out whole batches: the next offset of a batch that cannot be read cannot be read either.
  const behind =
    unreadableEnd !== undefined && unreadableEnd > counted && unreadableEnd <= end ? unreadableEnd : counted;
  if (behind <= end) return behind;
  return `there are ${Math.max(0, end - from)} offsets to skip: it stands at ${at}, and the log ends at ${end}`;
}
