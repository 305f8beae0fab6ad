import { BoundedRate } from './boundedRate.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';

/** Lost spans are logged once in each window. */
const LOSS_WINDOW_MS = 60_000;

/** Counts traced events and what became of their spans, and tells of spans that were lost. */
export class SpanCounts {
  readonly #log: Log;
  readonly #metrics: Pick<Metrics, 'tracedEvents' | 'traceSpans'>;
  readonly #monotonicMs: () => number;
  readonly #lossRate = new BoundedRate(1, LOSS_WINDOW_MS);

  constructor(log: Log, metrics: Pick<Metrics, 'tracedEvents' | 'traceSpans'>, monotonicMs: () => number) {
    this.#log = log;
    this.#metrics = metrics;
    this.#monotonicMs = monotonicMs;
  }

  traced(traced: number, overLimit: number): void {
    this.#metrics.tracedEvents.inc({ outcome: 'traced' }, traced);
    this.#metrics.tracedEvents.inc({ outcome: 'over_limit' }, overLimit);
  }

  exported(count: number): void {
    this.#metrics.traceSpans.inc({ outcome: 'exported' }, count);
  }

  lost(count: number, why: string): void {
    this.#metrics.traceSpans.inc({ outcome: 'lost' }, count);
    // What is held back is in the metric.
    if (!this.#lossRate.allows('spans', this.#monotonicMs())) return;
    this.#log.warn(
      { event: 'spansLost', count },
      `traces are incomplete, scoring goes on: ${count} spans dropped: ${why}`,
    );
  }
}
