import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { BulkHistogram } from './bulkHistogram.ts';

export interface MetricsOptions {
  /** Of Tidemark, for tidemark_build_info. */
  readonly version: string;
  /** Events slower than this are counted in tidemark_slo_breaches_total; without it, that metric does not exist. */
  readonly sloP99Ms?: number;
  /** Also the process's own memory, CPU, garbage collection and event loop delay. Default true. */
  readonly processMetrics?: boolean;
}

/** Every metric Tidemark has; docs/metrics.md is generated from the registry. Only telemetry.ts moves them. */
export type Metrics = ReturnType<typeof createMetrics>;

const LATENCY_BOUNDS_MS = [
  1, 2.5, 5, 10, 25, 50, 75, 100, 150, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000, 3_600_000,
];
const WORK_BOUNDS_S = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10,
];
const ROW_BOUNDS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16_384];

export function createMetrics(options: MetricsOptions) {
  const registry = new Registry();
  if (options.processMetrics ?? true) collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Counter<L>({ name: `tidemark_${name}`, help, labelNames, registers });
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Gauge<L>({ name: `tidemark_${name}`, help, labelNames, registers });
  const histogram = (name: string, help: string, buckets: number[]) =>
    new Histogram({ name: `tidemark_${name}`, help, buckets, registers });

  gauge('build_info', 'Always 1; the version of Tidemark and of Node.js.', ['version', 'node']).set(
    { version: options.version, node: process.versions.node },
    1,
  );
  return {
    registry,
    sloP99Ms: options.sloP99Ms,
    ...outcomeMetrics(counter, histogram),
    ...groupMetrics(counter, gauge),
    ...processMetrics(counter, gauge),
    eventLatency: new BulkHistogram(
      registry,
      'tidemark_event_latency_seconds',
      'From the event (or its record’s timestamp: `slo.from`) to the acknowledged outcome.',
      latencyBounds(options.sloP99Ms),
    ),
    sloBreaches:
      options.sloP99Ms === undefined
        ? undefined
        : counter('slo_breaches_total', 'Events that took longer than `slo.p99`.'),
  };
}

type MakeCounter = <L extends string>(name: string, help: string, labels?: readonly L[]) => Counter<L>;
type MakeGauge = <L extends string>(name: string, help: string, labels?: readonly L[]) => Gauge<L>;
type MakeHistogram = (name: string, help: string, buckets: number[]) => Histogram;

function outcomeMetrics(counter: MakeCounter, histogram: MakeHistogram) {
  return {
    events: counter(
      'events_total',
      'Events with an outcome: scored, dead_lettered (both acknowledged) or skipped.',
      ['outcome'],
    ),
    skips: counter('skips_total', 'Events skipped, by reason: tombstone, record-type.', ['reason']),
    rejections: counter('rejections_total', 'Events that could not be read, validated or scored, by code.', [
      'code',
    ]),
    batches: counter('batches_total', 'Batches scored, by why they closed: full, due, drained, ending.', [
      'closed',
    ]),
    batchRows: histogram('batch_rows', 'Rows of each batch.', ROW_BOUNDS),
    batchWait: histogram(
      'batch_wait_seconds',
      'How long the oldest row of each batch waited for it to close.',
      WORK_BOUNDS_S,
    ),
    score: histogram('score_seconds', 'Scoring of each batch by ONNX Runtime.', WORK_BOUNDS_S),
    delivery: histogram(
      'delivery_seconds',
      'From sending a batch to its acknowledgement by all replicas.',
      WORK_BOUNDS_S,
    ),
    deliveredBytes: counter('delivered_bytes_total', 'Bytes of the acknowledged records, as encoded.'),
  };
}

function groupMetrics(counter: MakeCounter, gauge: MakeGauge) {
  return {
    lag: gauge('partition_lag', 'Offsets between the committed one and the end of the partition.', [
      'partition',
    ]),
    committedOffset: gauge('committed_offset', 'The next offset to read, as last committed.', ['partition']),
    commitsRefused: counter(
      'commit_refused_total',
      'Commits the group refused; their records are read again.',
    ),
    leases: gauge('leases', 'Partitions held.'),
    stopped: gauge('partition_stopped', '1 for a partition that is held but read no further, by code.', [
      'partition',
      'code',
    ]),
    generation: gauge('generation', 'Generation of the group in which the last leases were granted.'),
  };
}

function processMetrics(counter: MakeCounter, gauge: MakeGauge) {
  return {
    state: gauge(
      'state',
      '1 for the state the process is in: starting, running, paused, draining, stopped.',
      ['state'],
    ),
    paused: gauge(
      'paused',
      '1 while a dependency (source, sink, registry) is down and what needs it waits.',
      ['dependency'],
    ),
    inFlightBytes: gauge('in_flight_bytes', 'Bytes held between fetch and acknowledgement.'),
    inFlightEvents: gauge('in_flight_events', 'Events held between fetch and acknowledgement.'),
    schemasLoaded: counter('schemas_loaded_total', 'Writer schemas fetched and compiled.'),
    schemasUnusable: counter(
      'schemas_unusable_total',
      'Writer schemas whose events are all rejected, by code.',
      ['code'],
    ),
    warnings: counter('warnings_total', 'Warnings, by code.', ['code']),
    pipelineInfo: gauge('pipeline_info', 'Always 1; what runs.', ['pipeline', 'client', 'delivery']),
    modelInfo: gauge('model_info', 'Always 1; the model that scores.', ['name', 'version', 'digest']),
  };
}

/** The objective is a bound of its own, so that the share of events within it is exact and not interpolated. */
function latencyBounds(sloP99Ms: number | undefined): number[] {
  const bounds = sloP99Ms === undefined ? LATENCY_BOUNDS_MS : [...LATENCY_BOUNDS_MS, sloP99Ms];
  return [...new Set(bounds)].sort((a, b) => a - b);
}
