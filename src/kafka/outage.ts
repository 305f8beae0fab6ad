import { TidemarkError } from '../errors.ts';
import type { SinkEvents } from '../pipeline/ports.ts';
import { kafkaError } from './errors.ts';

const FIRST_BACKOFF_MS = 50;
const MAX_BACKOFF_MS = 2_000;
/** A leader moves within a few tries; telling each move would bury the outages. */
const UNTOLD_MS = 300;

/** One who needs what is down. */
export interface Wait {
  /** Another attempt failed. */
  failed(cause: TidemarkError): void;
  /** It goes on, or was given up. */
  over(): void;
}

/** Tries again while a dependency is down, tells that once for all who wait, and gives up when stopped. */
export class Outage {
  readonly #events: SinkEvents;
  readonly #untoldMs: number;
  /** What to call off when stopped. Callbacks, for races against one lasting promise would never be collected. */
  readonly #calledOff = new Set<() => void>();
  #waiting = 0;
  #told = false;
  #stopped = false;

  constructor(events: SinkEvents, untoldMs = UNTOLD_MS) {
    this.#events = events;
    this.#untoldMs = untoldMs;
  }

  /** Counts one who waits from its first failure on; what is over soon is not told. */
  wait(): Wait {
    let firstFailureMs = 0;
    let counted = false;
    let timer: NodeJS.Timeout | undefined;
    let lastCause: TidemarkError;
    const count = () => {
      counted = true;
      this.#waiting++;
      this.#tell(lastCause);
    };
    return {
      failed: (cause) => {
        lastCause = cause;
        firstFailureMs ||= Date.now();
        if (counted) return;
        // The next attempt may hang for long before it fails.
        if (Date.now() - firstFailureMs < this.#untoldMs) timer ??= setTimeout(count, this.#untoldMs).unref();
        else {
          clearTimeout(timer);
          count();
        }
      },
      over: () => {
        clearTimeout(timer);
        if (counted) this.#over();
        counted = false;
      },
    };
  }

  /**
   * Does `attempt` until it succeeds. Throws its TidemarkError when waiting would not help, and the last cause when stopped.
   * `doing` as in `writing to scores/3`.
   */
  async insist<T>(doing: string, attempt: () => Promise<T>): Promise<T> {
    let backoffMs = FIRST_BACKOFF_MS;
    let cause = new TidemarkError('E-KAFKA-UNREACHABLE', `${doing}: stopped`);
    const wait = this.wait();
    try {
      for (;;) {
        if (this.#stopped) throw cause;
        try {
          return await this.#unlessStopped(attempt(), () => cause);
        } catch (thrown) {
          cause = kafkaError(thrown, doing);
          if (this.#stopped || cause.disposition !== 'retry') throw cause;
        }
        wait.failed(cause);
        await this.#sleep(backoffMs);
        backoffMs = Math.min(backoffMs * 2, MAX_BACKOFF_MS);
      }
    } finally {
      wait.over();
    }
  }

  stop(): void {
    this.#stopped = true;
    for (const callOff of [...this.#calledOff]) callOff();
  }

  #tell(cause: TidemarkError): void {
    if (this.#told || this.#stopped) return;
    this.#told = true;
    this.#events.paused(cause);
  }

  #over(): void {
    this.#waiting--;
    if (this.#waiting > 0 || !this.#told) return;
    this.#told = false;
    if (!this.#stopped) this.#events.resumed();
  }

  #unlessStopped<T>(result: Promise<T>, cause: () => TidemarkError): Promise<T> {
    return new Promise((resolve, reject) => {
      const callOff = () => reject(cause());
      this.#calledOff.add(callOff);
      result.then(resolve, reject).finally(() => this.#calledOff.delete(callOff));
    });
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#calledOff.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.#calledOff.add(wake);
    });
  }
}
