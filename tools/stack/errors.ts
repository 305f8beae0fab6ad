/** An expected fault of the local stack: the message says what is wrong and what to do about it. */
export class StackError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'StackError';
  }
}
