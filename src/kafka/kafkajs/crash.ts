import { TidemarkError } from '../../errors.ts';
import { kafkaError } from '../errors.ts';

/** Why a kafkajs consumer ended. */
export function crashError(error: Error, topic: string): TidemarkError {
  const names = [error.name, (error.cause as Error | undefined)?.name];
  if (names.includes('RangeError') && error.message.includes('call stack')) {
    return new TidemarkError(
      'E-KAFKA-CAPABILITY',
      `a record batch of ${topic} holds more records than kafkajs can decode (about 100,000)`,
      { cause: error },
    );
  }
  return kafkaError(error, `reading topic ${topic}`);
}

export function silentEnd(what: string): TidemarkError {
  return new TidemarkError('E-KAFKA-UNREACHABLE', what);
}
