/**
 * Numbers of records within one partition and one producer epoch (KIP-98): 0, 1, 2, ... up to 2^31 - 1, and then 0 again. At a
 * hundred thousand records a second a partition gets there within six hours.
 */
const SEQUENCES = 2 ** 31;

/** The number that comes `count` after `sequence`. */
export function sequenceAfter(sequence: number, count: number): number {
  return (sequence + count) % SEQUENCES;
}

/** How many numbers after `from` comes `to`. */
export function sequenceDistance(from: number, to: number): number {
  return (to - from + SEQUENCES) % SEQUENCES;
}

/** Under whose name records are numbered. Another id or epoch begins at 0. */
export interface ProducerIdentity {
  readonly producerId: number;
  readonly producerEpoch: number;
}
