import type { TidemarkError } from '../errors.ts';
import { catalogue } from '../telemetry/catalogue/catalogue.ts';
import { LATENCY_PARTS } from '../telemetry/catalogue/outcomes.ts';
import type { Chronicle } from '../telemetry/chronicle.ts';
import type { Health, HealthReport } from '../telemetry/health.ts';
import type * as api from './api/replica.ts';
import { between, type Histogram, quantile, shareWithin } from './histogram.ts';
import { History, type Look, SAMPLE_EVERY_MS, secondsBetween } from './history.ts';
import { type MetricsRegistry, Readings, type Snapshot, snapshot } from './readings.ts';

/** What does not change while a process lives. */
export interface ReplicaFacts {
  readonly process: api.ProcessView;
  readonly pipeline: api.PipelineView;
  readonly slo?: { readonly p99Seconds: number; readonly from: 'event' | 'record' };
}

export interface ReplicaParts {
  readonly registry: MetricsRegistry;
  readonly health: Health;
  readonly chronicle: Chronicle;
  readonly facts: ReplicaFacts;
}

/** Looks at this process's own metrics every two seconds and tells what they say. */
export class Replica {
  readonly #parts: ReplicaParts;
  readonly #history = new History();
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: ReplicaParts) {
    this.#parts = parts;
  }

  start(): void {
    const look = () => void this.look(Date.now(), performance.now());
    this.#timer = setInterval(look, SAMPLE_EVERY_MS);
    // A process that is done ends without waiting for the next look.
    this.#timer.unref();
    look();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async look(atMs: number, monotonicMs: number): Promise<void> {
    try {
      this.#history.add({ ...snapshot(await Readings.of(this.#parts.registry), atMs), monotonicMs });
    } catch {
      // A metric that cannot be collected fails /metrics with its reason; here there is a gap.
    }
  }

  /** @param sinceMs only samples of the history after it */
  async view(sinceMs: number): Promise<api.ReplicaView> {
    const { health, chronicle, facts } = this.#parts;
    const readings = await Readings.of(this.#parts.registry);
    const now = snapshot(readings, Date.now());
    const { model } = chronicle;
    return {
      atMs: now.atMs,
      process: facts.process,
      pipeline: facts.pipeline,
      ...(model && { model }),
      state: stateView(chronicle),
      pauses: chronicle.pauses,
      alive: reportView(health.alive()),
      ready: reportView(health.ready()),
      ...this.#slo(readings),
      totals: totalsView(readings, now),
      ...this.#rates(),
      latency: this.#latency(),
      journey: this.#journey(),
      ...this.#batches(readings),
      partitions: this.#partitions(readings, now, health.stoppedPartitions),
      inFlight: inFlightView(readings),
      outputs: outputViews(readings),
      decisions: counted(readings.by(catalogue.decisions, 'decision'), 'decision'),
      features: featureViews(readings),
      eventLoopDelay: [...readings.by(catalogue.loopDelay, 'quantile')].map(([at, seconds]) => ({
        quantile: at,
        seconds,
      })),
      history: this.#history.view(sinceMs),
    };
  }

  #slo(readings: Readings): { slo?: api.SloView } {
    const { slo } = this.#parts.facts;
    if (slo === undefined) return {};
    const breaches = readings.value(catalogue.sloBreaches) ?? 0;
    return { slo: { ...slo, breaches } };
  }

  #rates(): Pick<api.ReplicaView, 'rates'> {
    const moment = this.#history.moment;
    if (moment === undefined) return {};
    const [before, now] = moment;
    const perSecond = (name: 'scored' | 'deadLettered' | 'skipped' | 'deliveredBytes') =>
      (now[name] - before[name]) / secondsBetween(before, now);
    return {
      rates: {
        scored: perSecond('scored'),
        deadLettered: perSecond('deadLettered'),
        skipped: perSecond('skipped'),
        deliveredBytes: perSecond('deliveredBytes'),
      },
    };
  }

  #latency(): api.ReplicaView['latency'] {
    const limit = this.#parts.facts.slo?.p99Seconds;
    const event = latencyView(
      this.#lastMinute(({ event }) => event),
      limit,
    );
    const arrival = latencyView(
      this.#lastMinute(({ arrival }) => arrival),
      undefined,
    );
    return { ...(event && { event }), ...(arrival && { arrival }) };
  }

  #journey(): api.RoomView[] {
    return LATENCY_PARTS.map((room) => {
      const latency = latencyView(
        this.#lastMinute(({ rooms }) => rooms[room]),
        undefined,
      );
      if (latency === undefined) return { room };
      return { room, meanSeconds: latency.meanSeconds, p99Seconds: latency.p99Seconds };
    });
  }

  #batches(readings: Readings): Pick<api.ReplicaView, 'batches'> {
    const rows = this.#lastMinute(({ batchRows }) => batchRows);
    const minute = this.#history.minute;
    if (rows === undefined || rows.count === 0 || minute === undefined) return {};
    const closed = readings.by(catalogue.batches, 'closed');
    return {
      batches: {
        meanRows: rows.sum / rows.count,
        perSecond: rows.count / secondsBetween(...minute),
        closed: counted(closed, 'why'),
      },
    };
  }

  #partitions(
    readings: Readings,
    now: Snapshot,
    stopped: ReadonlyMap<number, TidemarkError>,
  ): api.PartitionView[] {
    const ends = readings.by(catalogue.endOffset, 'partition');
    const moment = this.#history.moment;
    const numbers = new Set(
      [now.lagRecords, now.committed, ends].flatMap((known) => [...known.keys()].map(Number)),
    );
    for (const partition of stopped.keys()) numbers.add(partition);
    return [...numbers]
      .sort((a, b) => a - b)
      .map((partition) => {
        const key = String(partition);
        const cause = stopped.get(partition);
        return defined({
          partition,
          lagRecords: now.lagRecords.get(key),
          lagSeconds: now.lagSeconds.get(key),
          committedOffset: now.committed.get(key),
          endOffset: ends.get(key),
          progressPerSecond: moment && progressOf(key, moment),
          stopped: cause && { code: cause.code, message: cause.message },
        });
      });
  }

  #lastMinute(of: (snapshot: Snapshot) => Histogram | undefined): Histogram | undefined {
    const minute = this.#history.minute;
    const now = minute && of(minute[1]);
    return now && between(of(minute[0]), now);
  }
}

function totalsView(
  readings: Readings,
  { scored, deadLettered, skipped, deliveredBytes }: Snapshot,
): api.TotalsView {
  return {
    scored,
    deadLettered,
    skipped,
    deliveredBytes,
    commitsRefused: readings.value(catalogue.commitsRefused) ?? 0,
    rejections: counted(readings.by(catalogue.rejections, 'code'), 'code'),
    skips: counted(readings.by(catalogue.skips, 'reason'), 'reason'),
  };
}

function inFlightView(readings: Readings): api.ReplicaView['inFlight'] {
  return defined({
    events: readings.value(catalogue.inFlightEvents),
    bytes: readings.value(catalogue.inFlightBytes),
    limitBytes: readings.value(catalogue.inFlightBytesLimit),
  });
}

function outputViews(readings: Readings): api.OutputView[] {
  const notFinite = readings.by(catalogue.outputNotFinite, 'output');
  const views: api.OutputView[] = [];
  for (const output of new Set(readings.by(catalogue.modelOutput, 'output').keys())) {
    const read = readings.histogram(catalogue.modelOutput, { output });
    if (read === undefined) continue;
    const { bounds, counts, sum, count } = read;
    const mean = count === 0 ? undefined : sum / count;
    views.push(defined({ output, bounds, counts, count, mean, notFinite: notFinite.get(output) ?? 0 }));
  }
  return views;
}

function featureViews(readings: Readings): api.FeatureView[] {
  const missing = readings.by(catalogue.featureMissing, 'feature');
  const unknown = readings.by(catalogue.featureUnknown, 'feature');
  return [...new Set([...missing.keys(), ...unknown.keys()])]
    .map((feature) => ({
      feature,
      missing: missing.get(feature) ?? 0,
      unknown: unknown.get(feature) ?? 0,
    }))
    .filter((feature) => feature.missing + feature.unknown > 0)
    .sort((a, b) => b.missing + b.unknown - a.missing - a.unknown);
}

function stateView(chronicle: Chronicle): api.StateView {
  const { state, sinceMs } = chronicle.state;
  return { sinceMs, ...state };
}

function reportView({ ok, reasons, warnings }: HealthReport): api.ReportView {
  return { ok, reasons, warnings };
}

function latencyView(read: Histogram | undefined, limit: number | undefined): api.LatencyView | undefined {
  const [p50Seconds, p99Seconds] = [0.5, 0.99].map((q) => read && quantile(read, q));
  if (read === undefined || p50Seconds === undefined || p99Seconds === undefined) return undefined;
  const { count, sum } = read;
  const withinSlo = limit === undefined ? undefined : shareWithin(read, limit);
  return defined({ count, meanSeconds: sum / count, p50Seconds, p99Seconds, withinSlo });
}

/** Committed offsets per second; undefined when the partition was not held all the time. */
function progressOf(partition: string, [before, now]: readonly [Look, Look]): number | undefined {
  const [from, to] = [before.committed.get(partition), now.committed.get(partition)];
  if (from === undefined || to === undefined) return undefined;
  return (to - from) / secondsBetween(before, now);
}

function counted<Key extends string>(counts: ReadonlyMap<string, number>, key: Key) {
  return [...counts]
    .filter(([, count]) => count > 0)
    .sort(([, a], [, b]) => b - a)
    .map(([value, count]) => ({ [key]: value, count }) as Record<Key, string> & { count: number });
}

type Known<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** Without what is undefined: JSON leaves it out, and so do the types. */
function defined<T extends object>(values: T): Known<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Known<T>;
}
