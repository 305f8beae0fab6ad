import { TidemarkError } from '../errors.ts';

/**
 * An offset or timestamp as Kafka's clients print it, as a number. Throws E-KAFKA-OFFSET beyond 2^53: a rounded offset
 * would commit past records that were never read.
 */
export function parseOffset(text: string): number {
  const offset = Number(text);
  if (text === '' || !Number.isSafeInteger(offset)) {
    throw new TidemarkError('E-KAFKA-OFFSET', `offset ${text} cannot be held exactly`);
  }
  return offset;
}
