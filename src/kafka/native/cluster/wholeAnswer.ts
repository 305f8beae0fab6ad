import { KafkaFault } from './fault.ts';

/**
 * A codec throws an answer that has an error anywhere in it. Where errors of topics, partitions or groups come with an answer that
 * is whole all the same, this gives the answer, and its caller looks at the codes in it.
 */
export async function wholeAnswer<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (thrown) {
    const response = thrown instanceof KafkaFault ? thrown.response : undefined;
    if (response === undefined) throw thrown;
    return response as T;
  }
}
