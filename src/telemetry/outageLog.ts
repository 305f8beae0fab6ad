import type { ErrorCode, TidemarkError } from '../errors.ts';
import type { Dependency } from './events.ts';
import { factsOf } from './faultFacts.ts';
import type { Log } from './log.ts';

/** Tells of dependencies that are down, once for each reason, and for how long they were when they are back. */
export class OutageLog {
  readonly #log: Log;
  readonly #monotonicMs: () => number;
  readonly #downSince = new Map<Dependency, { readonly sinceMs: number; code: ErrorCode }>();

  constructor(log: Log, monotonicMs: () => number) {
    this.#log = log;
    this.#monotonicMs = monotonicMs;
  }

  down(what: Dependency, cause: TidemarkError): void {
    const known = this.#downSince.get(what);
    const isNews = known?.code !== cause.code;
    if (known === undefined) this.#downSince.set(what, { sinceMs: this.#monotonicMs(), code: cause.code });
    else known.code = cause.code;
    const facts = { event: 'dependencyDown', dependency: what, ...factsOf(cause) };
    this.#log[isNews ? 'warn' : 'debug'](facts, `${what} is down, waiting: ${cause.message}`);
  }

  /** @returns whether it was down. */
  up(what: Dependency): boolean {
    const known = this.#downSince.get(what);
    if (known === undefined) return false;
    this.#downSince.delete(what);
    const seconds = Math.round((this.#monotonicMs() - known.sinceMs) / 100) / 10;
    this.#log.info(
      { event: 'dependencyUp', dependency: what, seconds },
      `${what} is back after ${seconds} s`,
    );
    return true;
  }
}
