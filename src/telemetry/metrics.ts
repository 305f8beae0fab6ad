import { Counter, collectDefaultMetrics, Gauge } from 'prom-client';
import { BulkCounter } from './bulkCounter.ts';
import { BulkHistogram, type HistogramSeries } from './bulkHistogram.ts';
import { type Declared, type LabelValues, PIPELINE_LABEL } from './catalogue/declare.ts';
import { group } from './catalogue/group.ts';
import { model } from './catalogue/model.ts';
import { LATENCY_PARTS, outcomes } from './catalogue/outcomes.ts';
import { partitions } from './catalogue/partitions.ts';
import { service } from './catalogue/service.ts';
import { latencyBounds, partBounds } from './latencyBounds.ts';
import { LoopDelay } from './loopDelay.ts';
import { ScrapedRegistry } from './scrapedRegistry.ts';

export interface MetricsOptions {
  /** Name of the pipeline: a label of every metric. */
  readonly pipeline: string;
  /** Of Tidemark, for tidemark_build_info. */
  readonly version: string;
  /** Events slower than this are counted in tidemark_slo_breaches_total; without it, that metric does not exist. */
  readonly sloP99Ms?: number;
  /** Also the process's own memory, CPU, garbage collection and event loop delay. Default true. */
  readonly processMetrics?: boolean;
}

/** Every metric Tidemark has, as the catalogue declares them. Only telemetry/ moves them. */
export type Metrics = ReturnType<typeof createMetrics>;

const ROW_BOUNDS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16_384];
/** Times are counted in milliseconds and shown in seconds. One below zero, as clocks differ, must not make the sum fall. */
const TIME = { shownPer: 1000, floor: 0 };

/**
 * prom-client's that are told better here (the delay of the event loop), or by names that Prometheus' own check refuses: gauges
 * that end in _total. Their siblings by type remain.
 */
const LEFT_OUT = /^nodejs_(eventloop_lag_.*|active_(handles|requests|resources)_total)$/;

/** prom-client looks at the event loop whether that is told or not: then seldom. */
const SELDOM_MS = 60_000;

export function createMetrics(options: MetricsOptions) {
  const registry = new ScrapedRegistry();
  registry.setDefaultLabels({ [PIPELINE_LABEL]: options.pipeline });
  const isProcess = options.processMetrics ?? true;
  const make = new Maker(registry);
  const { sloP99Ms } = options;
  const { loopDelay, ...plain } = service;
  const metrics = {
    registry,
    sloP99Ms,
    ...outcomeMetrics(make, sloP99Ms),
    ...modelMetrics(make),
    ...make.all(partitions),
    ...make.all(plain),
    ...make.all(group),
  };
  if (isProcess) {
    new LoopDelay(registry, loopDelay);
    collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: SELDOM_MS });
    for (const { name } of registry.getMetricsAsArray())
      if (LEFT_OUT.test(name)) registry.removeSingleMetric(name);
  }
  metrics.buildInfo.set({ version: options.version, node: process.versions.node }, 1);
  return metrics;
}

function outcomeMetrics(make: Maker, sloP99Ms: number | undefined) {
  const parts = make.histogram(outcomes.latencyParts, TIME);
  const bounds = partBounds(sloP99Ms);
  const hasSlo = sloP99Ms !== undefined;
  if (hasSlo) make.gauge(outcomes.sloP99).set(sloP99Ms / 1000);
  return {
    events: make.counter(outcomes.events),
    skips: make.counter(outcomes.skips),
    rejections: make.counter(outcomes.rejections),
    batches: make.counter(outcomes.batches),
    batchRows: make.histogram(outcomes.batchRows).series(ROW_BOUNDS),
    deliveredBytes: make.counter(outcomes.deliveredBytes),
    eventLatency: make.histogram(outcomes.eventLatency, TIME).series(latencyBounds(sloP99Ms)),
    arrivalLatency: make.histogram(outcomes.arrivalLatency, TIME).series(latencyBounds(sloP99Ms)),
    latencyParts: Object.fromEntries(
      LATENCY_PARTS.map((part) => [part, parts.series(bounds, { part })]),
    ) as Record<(typeof LATENCY_PARTS)[number], HistogramSeries>,
    sloBreaches: hasSlo ? make.counter(outcomes.sloBreaches) : undefined,
  };
}

function modelMetrics(make: Maker) {
  return {
    modelInfo: make.gauge(model.modelInfo),
    modelOutput: make.histogram(model.modelOutput),
    decisions: make.bulkCounter(model.decisions),
    featureMissing: make.bulkCounter(model.featureMissing),
    featureUnknown: make.bulkCounter(model.featureUnknown),
    outputNotFinite: make.bulkCounter(model.outputNotFinite),
  };
}

type Plain = Declared<'counter', string> | Declared<'gauge', string>;

/** What is made of the declarations of a group. */
type Made<Group> = {
  readonly [Name in keyof Group]: Group[Name] extends Declared<'counter', infer Label>
    ? Counter<Label>
    : Group[Name] extends Declared<'gauge', infer Label>
      ? Gauge<Label>
      : never;
};

/** Makes what the catalogue declares. */
class Maker {
  readonly #registry: ScrapedRegistry;

  constructor(registry: ScrapedRegistry) {
    this.#registry = registry;
  }

  /** Every counter and gauge of a group, by the names that the catalogue calls them. */
  all<Group extends Readonly<Record<string, Plain>>>(declared: Group) {
    const made = Object.entries(declared).map(([name, each]) => [
      name,
      each.type === 'counter' ? this.counter(each) : this.gauge(each),
    ]);
    return Object.fromEntries(made) as Made<Group>;
  }

  /** Begins at 0 for every value of its label where those are few and fixed, so that the first increase is seen as one. */
  counter<Label extends string>(declared: Declared<'counter', Label>): Counter<Label> {
    const { name, help, labels } = declared;
    const labelNames = labelsOf(declared);
    const made = new Counter<Label>({ name, help, labelNames, registers: [this.#registry] });
    const [only] = Object.entries<LabelValues>(labels);
    if (labelNames.length === 1 && only !== undefined && typeof only[1] !== 'string') {
      for (const value of only[1]) made.inc({ [only[0]]: value } as Record<Label, string>, 0);
    }
    return made;
  }

  /** Not there until it is set: 0 would be a claim. */
  gauge<Label extends string>(declared: Declared<'gauge', Label>): Gauge<Label> {
    const { name, help } = declared;
    const labelNames = labelsOf(declared);
    const made = new Gauge<Label>({ name, help, labelNames, registers: [this.#registry] });
    if (labelNames.length === 0) made.remove();
    return made;
  }

  histogram(
    { name, help }: Declared<'histogram', string>,
    more: { shownPer?: number; floor?: number } = {},
  ): BulkHistogram {
    return new BulkHistogram(this.#registry, { name, help, ...more });
  }

  bulkCounter<Label extends string>(declared: Declared<'counter', Label>): BulkCounter {
    const { name, help } = declared;
    return new BulkCounter(this.#registry, { name, help, label: labelsOf(declared)[0]! });
  }
}

function labelsOf<Label extends string>({
  labels,
}: {
  labels: Readonly<Record<Label, LabelValues>>;
}): Label[] {
  return Object.keys(labels) as Label[];
}
