/** Tells one event: its facts, with its name as `event`, then a sentence for people. */
type Tell = (facts: object, message: string) => void;

/** Where events are told. Loggers of pino and fastify are such, and so is `console`. */
export interface Logger {
  readonly debug: Tell;
  readonly info: Tell;
  readonly warn: Tell;
  readonly error: Tell;
  /** Why the pipeline ended. Default: `error`. */
  readonly fatal?: Tell;
}
