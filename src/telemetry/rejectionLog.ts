import type { ErrorCode } from '../errors.ts';
import { BoundedRate } from './boundedRate.ts';
import type { SourcePosition } from './events.ts';
import type { Log } from './log.ts';

/** Rejections logged per code in each window; all are counted. */
const LOGGED = 10;
const WINDOW_MS = 10_000;

/** Tells of rejected events at a bounded rate, and of those that were held back by their number. */
export class RejectionLog {
  readonly #log: Log;
  readonly #monotonicMs: () => number;
  readonly #rate = new BoundedRate(LOGGED, WINDOW_MS);

  constructor(log: Log, monotonicMs: () => number) {
    this.#log = log;
    this.#monotonicMs = monotonicMs;
  }

  tell(
    code: ErrorCode,
    detail: string,
    at: SourcePosition,
    id: string | undefined,
    traceId: string | undefined,
  ): void {
    if (!this.#rate.allows(code, this.#monotonicMs())) return;
    const trace = traceId === undefined ? {} : { trace_id: traceId };
    this.#log.warn(
      { event: 'eventRejected', code, at, id, ...trace },
      `${at} goes to the dead-letter topic: ${detail}`,
    );
  }

  /** Of windows that are over, or of all. */
  tellSuppressed(all: boolean): void {
    for (const { key, count } of this.#rate.takeSuppressed(this.#monotonicMs(), all)) {
      this.#log.warn(
        { event: 'eventsRejected', code: key, count },
        `${count} more events rejected with ${key}`,
      );
    }
  }
}
