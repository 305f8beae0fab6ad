/** What the error of one partition in a Fetch response means for it. */
import { TidemarkError } from '../../../errors.ts';
import { kafkaError } from '../../errors.ts';
import { errorName, faultOfCode } from '../cluster/fault.ts';

export type Refusal =
  /** Somebody else leads it, or the broker has not heard yet that it does: metadata tells. */
  | 'moved'
  /** The broker has no topic of this id (or name): deleted, made anew, or not heard of yet. */
  | 'unknown'
  /** It comes back by itself: a new leader that has to catch up (KIP-207), a broker that starts. */
  | 'later'
  | 'out-of-range'
  /** The broker cannot read its own log there. */
  | 'corrupt'
  /** Waiting does not help. */
  | 'refused';

const MOVED = new Set([
  'NOT_LEADER_OR_FOLLOWER',
  'NOT_LEADER_FOR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'REPLICA_NOT_AVAILABLE',
  // We believe in a leader of the past.
  'FENCED_LEADER_EPOCH',
  // The broker does: it hears of its own election later than others may (KIP-320).
  'UNKNOWN_LEADER_EPOCH',
  'KAFKA_STORAGE_ERROR',
]);
const UNKNOWN = new Set(['UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_ID', 'INCONSISTENT_TOPIC_ID']);

export function refusalOf(errorCode: number): Refusal {
  const error = errorName(errorCode);
  if (MOVED.has(error)) return 'moved';
  if (UNKNOWN.has(error)) return 'unknown';
  if (error === 'OFFSET_OUT_OF_RANGE') return 'out-of-range';
  if (error === 'CORRUPT_MESSAGE') return 'corrupt';
  // Java's consumer asks again, too: it is whatever the broker has no other name for.
  if (error === 'UNKNOWN_SERVER_ERROR') return 'later';
  return faultOfCode(errorCode, '').retriable ? 'later' : 'refused';
}

export function refusalError(errorCode: number, place: string): TidemarkError {
  const doing = `fetching ${place}`;
  if (errorName(errorCode) === 'CORRUPT_MESSAGE')
    return new TidemarkError('E-KAFKA-CORRUPT', `${doing}: the broker cannot read its log there`);
  return kafkaError(faultOfCode(errorCode, doing), doing);
}
