import { Counter, collectDefaultMetrics, Gauge } from 'prom-client';
import { BulkCounter } from './bulkCounter.ts';
import { BulkHistogram, type HistogramSeries } from './bulkHistogram.ts';
import { catalogue } from './catalogue/catalogue.ts';
import { type Declared, type LabelValues, PIPELINE_LABEL } from './catalogue/declare.ts';
import { LATENCY_PARTS } from './catalogue/outcomes.ts';
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
  const metrics = {
    registry,
    sloP99Ms,
    ...outcomeMetrics(make, sloP99Ms),
    ...modelMetrics(make),
    ...partitionMetrics(make),
    ...serviceMetrics(make),
    ...groupMetrics(make),
  };
  if (isProcess) {
    new LoopDelay(registry, catalogue.loopDelay);
    collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: SELDOM_MS });
    for (const { name } of registry.getMetricsAsArray())
      if (LEFT_OUT.test(name)) registry.removeSingleMetric(name);
  }
  make.gauge(catalogue.buildInfo).set({ version: options.version, node: process.versions.node }, 1);
  return metrics;
}

function outcomeMetrics(make: Maker, sloP99Ms: number | undefined) {
  const parts = make.histogram(catalogue.latencyParts, TIME);
  const bounds = partBounds(sloP99Ms);
  const hasSlo = sloP99Ms !== undefined;
  if (hasSlo) make.gauge(catalogue.sloP99).set(sloP99Ms / 1000);
  return {
    events: make.counter(catalogue.events),
    skips: make.counter(catalogue.skips),
    rejections: make.counter(catalogue.rejections),
    batches: make.counter(catalogue.batches),
    batchRows: make.histogram(catalogue.batchRows).series(ROW_BOUNDS),
    deliveredBytes: make.counter(catalogue.deliveredBytes),
    eventLatency: make.histogram(catalogue.eventLatency, TIME).series(latencyBounds(sloP99Ms)),
    arrivalLatency: make.histogram(catalogue.arrivalLatency, TIME).series(latencyBounds(sloP99Ms)),
    latencyParts: Object.fromEntries(
      LATENCY_PARTS.map((part) => [part, parts.series(bounds, { part })]),
    ) as Record<(typeof LATENCY_PARTS)[number], HistogramSeries>,
    sloBreaches: hasSlo ? make.counter(catalogue.sloBreaches) : undefined,
  };
}

function modelMetrics(make: Maker) {
  return {
    modelInfo: make.gauge(catalogue.modelInfo),
    modelOutput: make.histogram(catalogue.modelOutput),
    decisions: make.bulkCounter(catalogue.decisions),
    featureMissing: make.bulkCounter(catalogue.featureMissing),
    featureUnknown: make.bulkCounter(catalogue.featureUnknown),
    outputNotFinite: make.bulkCounter(catalogue.outputNotFinite),
  };
}

function partitionMetrics(make: Maker) {
  return {
    lagRecords: make.gauge(catalogue.lagRecords),
    lagSeconds: make.gauge(catalogue.lagSeconds),
    committedOffset: make.gauge(catalogue.committedOffset),
    endOffset: make.gauge(catalogue.endOffset),
    commitsRefused: make.counter(catalogue.commitsRefused),
    leases: make.gauge(catalogue.leases),
    generation: make.gauge(catalogue.generation),
    stopped: make.gauge(catalogue.stopped),
  };
}

function serviceMetrics(make: Maker) {
  return {
    state: make.gauge(catalogue.state),
    paused: make.gauge(catalogue.paused),
    pausedSeconds: make.counter(catalogue.pausedSeconds),
    inFlightBytes: make.gauge(catalogue.inFlightBytes),
    inFlightBytesLimit: make.gauge(catalogue.inFlightBytesLimit),
    inFlightEvents: make.gauge(catalogue.inFlightEvents),
    tracedEvents: make.counter(catalogue.tracedEvents),
    traceSpans: make.counter(catalogue.traceSpans),
    warnings: make.counter(catalogue.warnings),
    schemasLoaded: make.counter(catalogue.schemasLoaded),
    schemasUnusable: make.counter(catalogue.schemasUnusable),
    pipelineInfo: make.gauge(catalogue.pipelineInfo),
  };
}

function groupMetrics(make: Maker) {
  return {
    groupMembers: make.gauge(catalogue.groupMembers),
    groupLag: make.gauge(catalogue.groupLag),
    groupArrivalRate: make.gauge(catalogue.groupArrivalRate),
    replicasWanted: make.gauge(catalogue.replicasWanted),
    replicaServiceRate: make.gauge(catalogue.replicaServiceRate),
  };
}

/** Makes what the catalogue declares. */
class Maker {
  readonly #registry: ScrapedRegistry;

  constructor(registry: ScrapedRegistry) {
    this.#registry = registry;
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
