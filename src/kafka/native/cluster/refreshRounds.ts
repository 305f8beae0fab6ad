import type { ClientLog } from '../../connection.ts';
import { Backoff, type Random } from './backoff.ts';
import { KafkaFault } from './fault.ts';
import { pause } from './pause.ts';

export interface Outcome {
  /** The cluster looks different now. */
  readonly changed: boolean;
  /** What is wrong with single topics. */
  readonly faults: ReadonlyMap<string, KafkaFault>;
}

export interface RoundOptions {
  /** Asks one broker; `again` when the last answer brought nothing new and is not old: another broker may know more. */
  readonly ask: (topics: readonly string[], again: boolean) => Promise<Outcome>;
  /** How long after an answer the next question comes by itself. */
  readonly maxAgeMs: number;
  readonly random: Random;
  readonly log: ClientLog;
}

/** So long after the last request the next one is not part of the same trouble. */
const QUIET_MS = 5_000;

/**
 * When metadata is asked for: everybody who wants to know shares one request, and the next begins only when the last has
 * ended. Requests that bring nothing new, or nothing at all, come at growing distances.
 */
export class RefreshRounds {
  readonly #ask: RoundOptions['ask'];
  readonly #maxAgeMs: number;
  readonly #log: ClientLog;
  readonly #backoff: Backoff;
  readonly #closing = new AbortController();
  readonly #tracked = new Set<string>();
  #running: Promise<unknown> = Promise.resolve();
  #next: Promise<Outcome> | undefined;
  #soon = false;
  #notBeforeMs = 0;
  #lastMs = Number.NEGATIVE_INFINITY;
  #again = false;
  #ageing: NodeJS.Timeout | undefined;

  constructor({ ask, maxAgeMs, random, log }: RoundOptions) {
    this.#ask = ask;
    this.#maxAgeMs = maxAgeMs;
    this.#log = log;
    this.#backoff = new Backoff({ firstMs: 50, maxMs: 1_000, random });
  }

  async refresh(topics: readonly string[]): Promise<void> {
    for (const topic of topics) this.#tracked.add(topic);
    this.#next ??= this.#round();
    const { faults } = await this.#next;
    for (const topic of topics) {
      const fault = faults.get(topic);
      if (fault !== undefined) throw fault;
    }
  }

  refreshSoon(topics: readonly string[]): void {
    for (const topic of topics) this.#tracked.add(topic);
    if (this.#soon || this.#closing.signal.aborted) return;
    this.#soon = true;
    void this.refresh([]).then(
      () => {
        this.#soon = false;
      },
      (thrown: unknown) => {
        this.#soon = false;
        if (this.#closing.signal.aborted) return;
        this.#log('warn', 'metadata could not be refreshed', { reason: String(thrown) });
        this.refreshSoon([]);
      },
    );
  }

  close(): void {
    this.#closing.abort();
    clearTimeout(this.#ageing);
  }

  async #round(): Promise<Outcome> {
    // The one under way may have been asked before what the caller saw happened.
    await this.#running.catch(() => {});
    await pause(this.#notBeforeMs - performance.now(), this.#closing.signal);
    this.#next = undefined;
    if (this.#closing.signal.aborted) throw new KafkaFault('CLOSED', 'the client was closed');
    clearTimeout(this.#ageing);
    const round = this.#ask([...this.#tracked], this.#again);
    this.#running = round;
    try {
      const outcome = await round;
      this.#after(outcome.changed);
      return outcome;
    } catch (thrown) {
      this.#after(false);
      throw thrown;
    }
  }

  #after(changed: boolean): void {
    const nowMs = performance.now();
    if (changed || nowMs - this.#lastMs > QUIET_MS) this.#backoff.reset();
    this.#lastMs = nowMs;
    this.#again = !changed;
    this.#notBeforeMs = nowMs + (changed ? 0 : this.#backoff.next());
    if (this.#closing.signal.aborted) return;
    // Not for its own sake: it must not keep a process alive that has nothing else to do.
    this.#ageing = setTimeout(() => this.#age(), this.#maxAgeMs).unref();
  }

  #age(): void {
    this.#again = false;
    this.refreshSoon([]);
  }
}
