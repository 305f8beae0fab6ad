import type { TidemarkError } from '../errors.ts';
import { BoundedRate } from './boundedRate.ts';
import { bugOf, factsOf } from './faultFacts.ts';
import type { Log } from './log.ts';

/** Failed requests logged per code in each window: whoever asks may ask as often as he likes. */
const LOGGED = 5;
const WINDOW_MS = 60_000;

/** Tells of requests that this process failed to answer, at a bounded rate. */
export class RequestLog {
  readonly #log: Log;
  readonly #monotonicMs: () => number;
  readonly #rate = new BoundedRate(LOGGED, WINDOW_MS);

  constructor(log: Log, monotonicMs: () => number) {
    this.#log = log;
    this.#monotonicMs = monotonicMs;
  }

  failed(path: string, cause: TidemarkError): void {
    if (!this.#rate.allows(cause.code, this.#monotonicMs())) return;
    this.#log.error(
      { event: 'requestFailed', path, ...factsOf(cause), ...bugOf(cause) },
      `${path} was not answered: ${cause.message}`,
    );
  }
}
