import { KafkaFault } from '../native/cluster/fault.ts';

/** Errors of parts of an answer come with an answer that is whole all the same. */
export async function whole<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (thrown) {
    const response = thrown instanceof KafkaFault ? thrown.response : undefined;
    if (response === undefined) throw thrown;
    return response as T;
  }
}
