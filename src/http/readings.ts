import { catalogue } from '../telemetry/catalogue/catalogue.ts';
import type { Declared, MetricType } from '../telemetry/catalogue/declare.ts';
import { LATENCY_PARTS } from '../telemetry/catalogue/outcomes.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { RoomName } from './api/replica.ts';
import type { Histogram } from './histogram.ts';

export type MetricsRegistry = Pick<Metrics['registry'], 'getMetricsAsJSON'>;

interface Sample {
  readonly metricName?: string;
  readonly labels: Readonly<Partial<Record<string, string | number>>>;
  readonly value: number;
}

type Labels<Label extends string = string> = Readonly<Partial<Record<Label, string>>>;

/** All metrics at one moment, by their names, as a scrape would get them: what the console says is what Prometheus is told. */
export class Readings {
  readonly #samples: ReadonlyMap<string, readonly Sample[]>;

  private constructor(samples: ReadonlyMap<string, readonly Sample[]>) {
    this.#samples = samples;
  }

  static async of(registry: MetricsRegistry): Promise<Readings> {
    const metrics = (await registry.getMetricsAsJSON()) as readonly {
      name: string;
      values?: readonly Sample[];
    }[];
    return new Readings(new Map(metrics.map(({ name, values }) => [name, values ?? []])));
  }

  /** One value; undefined when nothing has been told of it. */
  value<Label extends string>(
    metric: Declared<MetricType, Label>,
    labels?: Labels<Label>,
  ): number | undefined {
    return this.#of(metric).find((sample) => has(sample, labels))?.value;
  }

  /** Values by what `label` says. */
  by<Label extends string>(metric: Declared<MetricType, Label>, label: Label): Map<string, number> {
    return new Map(
      this.#of(metric).flatMap(({ labels, value }) =>
        labels[label] === undefined ? [] : [[String(labels[label]), value] as const],
      ),
    );
  }

  histogram<Label extends string>(
    metric: Declared<'histogram', Label>,
    labels?: Labels<Label>,
  ): Histogram | undefined {
    const { name } = metric;
    const samples = this.#of(metric).filter((sample) => has(sample, labels));
    const buckets = samples.filter(({ metricName }) => metricName === `${name}_bucket`);
    if (buckets.length === 0) return undefined;
    const of = (suffix: string) => samples.find(({ metricName }) => metricName === name + suffix)?.value ?? 0;
    return {
      bounds: buckets.flatMap(({ labels: { le } }) => (le === '+Inf' ? [] : [Number(le)])),
      counts: buckets.map(({ value }, at) => value - (buckets[at - 1]?.value ?? 0)),
      sum: of('_sum'),
      count: of('_count'),
    };
  }

  #of({ name }: Declared<MetricType, string>): readonly Sample[] {
    return this.#samples.get(name) ?? [];
  }
}

function has(sample: Sample, labels: Labels = {}): boolean {
  return Object.entries(labels).every(([name, value]) => String(sample.labels[name]) === value);
}

/** What is compared over time. */
export interface Snapshot {
  readonly atMs: number;
  readonly scored: number;
  readonly deadLettered: number;
  readonly skipped: number;
  readonly deliveredBytes: number;
  readonly event: Histogram | undefined;
  readonly arrival: Histogram | undefined;
  readonly rooms: Readonly<Partial<Record<RoomName, Histogram>>>;
  readonly batchRows: Histogram | undefined;
  readonly lagRecords: ReadonlyMap<string, number>;
  readonly lagSeconds: ReadonlyMap<string, number>;
  readonly committed: ReadonlyMap<string, number>;
  readonly isPaused: boolean;
}

export function snapshot(readings: Readings, atMs: number): Snapshot {
  const outcomes = readings.by(catalogue.events, 'outcome');
  const rooms: Partial<Record<RoomName, Histogram>> = {};
  for (const part of LATENCY_PARTS) {
    const read = readings.histogram(catalogue.latencyParts, { part });
    if (read !== undefined) rooms[part] = read;
  }
  const paused = readings.by(catalogue.paused, 'reason');
  return {
    atMs,
    scored: outcomes.get('scored') ?? 0,
    deadLettered: outcomes.get('dead_lettered') ?? 0,
    skipped: outcomes.get('skipped') ?? 0,
    deliveredBytes: readings.value(catalogue.deliveredBytes) ?? 0,
    event: readings.histogram(catalogue.eventLatency),
    arrival: readings.histogram(catalogue.arrivalLatency),
    rooms,
    batchRows: readings.histogram(catalogue.batchRows),
    lagRecords: readings.by(catalogue.lagRecords, 'partition'),
    lagSeconds: readings.by(catalogue.lagSeconds, 'partition'),
    committed: readings.by(catalogue.committedOffset, 'partition'),
    isPaused: [...paused.values()].some((value) => value === 1),
  };
}
