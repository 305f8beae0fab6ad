import type { Context } from '@opentelemetry/api';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import {
  BatchSpanProcessor,
  type ReadableSpan,
  type Span,
  type SpanExporter,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace';

/** Ended spans that wait for the collector at most, some 2 kB each; what ends beyond is dropped. */
const MAX_WAITING = 2048;
const MAX_BATCH = 512;
/** Soon enough that who looks for an event finds it, rarely enough that a collector is not asked for every one. */
const EVERY_MS = 1000;
const MAX_CHARACTERS = 200;

export interface SpanCounts {
  spansExported(count: number): void;
  spansLost(count: number, why: string): void;
}

/**
 * Spans on their way to the collector, in a queue that does not grow. The library has such a queue but drops from it without
 * telling how many, so this one is in front of it and never lets it fill.
 */
export class SpanExport implements SpanProcessor {
  readonly #batches: BatchSpanProcessor;
  readonly #counts: SpanCounts;
  #waiting = 0;
  /** Handed over, without an answer yet. */
  #exporting = 0;
  #overflowed = 0;
  #isGivenUp = false;

  constructor(exporter: SpanExporter, counts: SpanCounts) {
    this.#counts = counts;
    this.#batches = new BatchSpanProcessor({
      exporter: {
        export: (spans, done) => this.#export(exporter, spans, done),
        shutdown: () => exporter.shutdown(),
      },
      maxQueueSize: MAX_WAITING,
      maxExportBatchSize: MAX_BATCH,
      scheduledDelayMillis: EVERY_MS,
    });
  }

  onStart(span: Span, parent: Context): void {
    this.#batches.onStart(span, parent);
  }

  onEnd(span: ReadableSpan): void {
    if (this.#waiting >= MAX_WAITING) {
      this.#overflowed++;
      return;
    }
    this.#waiting++;
    this.#batches.onEnd(span);
  }

  forceFlush(): Promise<void> {
    return this.#batches.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.#batches.shutdown();
  }

  /** Nobody waits for the collector any more: counts as lost what it has not taken. */
  giveUp(): void {
    const lost = this.#waiting + this.#exporting + this.#overflowed;
    this.#isGivenUp = true;
    if (lost > 0) this.#counts.spansLost(lost, 'the collector did not take them before the end');
  }

  #export(exporter: SpanExporter, spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    this.#waiting -= spans.length;
    this.#exporting += spans.length;
    // A full queue is always being emptied, so that nothing is left untold.
    if (this.#overflowed > 0 && !this.#isGivenUp) {
      this.#counts.spansLost(this.#overflowed, 'they ended faster than the collector takes them');
      this.#overflowed = 0;
    }
    exporter.export(spans, (result) => {
      this.#exporting -= spans.length;
      if (!this.#isGivenUp) this.#tell(spans.length, result);
      done(result);
    });
  }

  #tell(count: number, { code, error }: ExportResult): void {
    if (code === ExportResultCode.SUCCESS) this.#counts.spansExported(count);
    else this.#counts.spansLost(count, reasonOf(error));
  }
}

/** Shortened, as it may hold what a collector answered. */
function reasonOf(error: Error | undefined): string {
  const { code } = (error ?? {}) as { code?: unknown };
  const status = typeof code === 'number' ? `HTTP ${code} ` : '';
  return `${status}${error?.message || 'the collector did not take them'}`.slice(0, MAX_CHARACTERS);
}
