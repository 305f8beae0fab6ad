/** An expected fault of a benchmark: the message says what is wrong and what to do about it. */
export class BenchError extends Error {
  override readonly name = 'BenchError';
}
