/**
 * What an error of a Produce response says about the batch it was given for. Only errors that a broker finds before it appends
 * are a definite no. All others may be given after it has written: NOT_LEADER_OR_FOLLOWER, for one, also when the leader moved
 * while the broker waited for replicas, and these may have the batch and keep it (DelayedProduce). Whatever is not listed is
 * taken for such a one.
 */
export type Verdict =
  | 'written'
  | 'out-of-order'
  /** A record is to blame: the batch is cut up, until the records that are refused stand alone. */
  | 'too-large'
  | 'record-refused'
  /** Not written, for a reason that passes. */
  | 'not-now'
  /** The broker does not take this producer id, epoch or number. */
  | 'disowned'
  | 'unknown';

const VERDICTS: ReadonlyMap<string, Verdict> = new Map<string, Verdict>([
  ['NONE', 'written'],
  // It was written before, and its place is forgotten (brokers before 2.0; newer ones answer as if it were new).
  ['DUPLICATE_SEQUENCE_NUMBER', 'written'],
  ['OUT_OF_ORDER_SEQUENCE_NUMBER', 'out-of-order'],
  ['MESSAGE_TOO_LARGE', 'too-large'],
  ['RECORD_LIST_TOO_LARGE', 'too-large'],
  ['INVALID_RECORD', 'record-refused'],
  ['INVALID_TIMESTAMP', 'record-refused'],
  ['NOT_ENOUGH_REPLICAS', 'not-now'],
  // The checksum was checked on arrival: bytes changed on the way.
  ['CORRUPT_MESSAGE', 'not-now'],
  ['THROTTLING_QUOTA_EXCEEDED', 'not-now'],
  // Brokers before KIP-360 give up on a producer they have forgotten; newer ones take it at its word.
  ['UNKNOWN_PRODUCER_ID', 'disowned'],
  ['INVALID_PRODUCER_EPOCH', 'disowned'],
  ['PRODUCER_FENCED', 'disowned'],
]);

export function verdictOf(errorType: string): Verdict {
  return VERDICTS.get(errorType) ?? 'unknown';
}
