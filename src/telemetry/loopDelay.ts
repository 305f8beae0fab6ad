import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Metric, Registry } from 'prom-client';
import { LOOP_QUANTILES } from './catalogue/service.ts';

/** How often the event loop is looked at. */
const RESOLUTION_MS = 10;
/** What a quantile is of. The same for everybody who looks, however often they do. */
const WINDOW_MS = 10_000;
const NANOS = 1e9;

interface Delays {
  readonly count: number;
  /** Seconds, by quantile. */
  readonly at: readonly number[];
}

/** How late the event loop is, as a Prometheus summary. */
export class LoopDelay {
  readonly name: string;
  readonly help: string;
  readonly type = 'summary';
  readonly aggregator = 'max';
  readonly #histogram: ReturnType<typeof monitorEventLoopDelay>;
  #last: Delays | undefined;
  #count = 0;
  #sumSeconds = 0;

  constructor(registry: Registry, { name, help }: { name: string; help: string }) {
    this.name = name;
    this.help = help;
    this.#histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    this.#histogram.enable();
    setInterval(() => this.#turn(), WINDOW_MS).unref();
    registry.registerMetric(this as unknown as Metric);
  }

  async get() {
    const { name, help, type, aggregator } = this;
    const now = this.#delays();
    // The window that is over, until the first is; and at once what is worse than it was.
    const last = this.#last ?? now;
    const values = LOOP_QUANTILES.map((quantile, i) => ({
      labels: { quantile } as Record<string, number>,
      value: quantile === 1 ? Math.max(last.at[i]!, now.at[i]!) : last.at[i]!,
      metricName: name,
    }));
    const sum = this.#sumSeconds + this.#windowSeconds();
    values.push({ metricName: `${name}_sum`, labels: {}, value: sum });
    values.push({ metricName: `${name}_count`, labels: {}, value: this.#count + now.count });
    return { name, help, type, values, aggregator };
  }

  reset(): void {
    this.#histogram.reset();
    this.#last = undefined;
    this.#count = 0;
    this.#sumSeconds = 0;
  }

  #turn(): void {
    this.#last = this.#delays();
    this.#count += this.#last.count;
    this.#sumSeconds += this.#windowSeconds();
    this.#histogram.reset();
  }

  #delays(): Delays {
    const { count } = this.#histogram;
    const at = LOOP_QUANTILES.map((q) =>
      count === 0 ? 0 : late(this.#histogram.percentile(q * 100) / NANOS),
    );
    return { count, at };
  }

  #windowSeconds(): number {
    const { count, mean } = this.#histogram;
    return count === 0 ? 0 : late(mean / NANOS) * count;
  }
}

/** Node measures from one look to the next: what is beyond the time between them is delay. */
function late(seconds: number): number {
  return Math.max(0, seconds - RESOLUTION_MS / 1000);
}
