import { setTimeout as delay } from 'node:timers/promises';
import type { Admin } from 'kafkajs';
import type { Emitter } from './emitter.ts';
import { between, quantile, Recent, type Totals, totalsOf } from './figures.ts';
import type { Join } from './join.ts';
import type { Buckets } from './replicaMetrics.ts';
import type { Replica, Replicas } from './replicas.ts';
import type { Latency, ShownReplica, Snapshot } from './snapshot.ts';
import { lagOf } from './topicOffsets.ts';
import type { World } from './worlds/world.ts';

/** What "now" means for rates, and for latencies, which need more events to be steady. */
const RATE_OVER_MS = 2_000;
const LATENCY_OVER_MS = 5_000;
/** How long the view may stand still for Kafka to tell the lag. */
const LAG_PATIENCE_MS = 1_000;
const POINT_EVERY_MS = 1_000;
const MOST_POINTS = 600;

export interface Watching {
  readonly world: World;
  readonly version: string;
  readonly group: string;
  readonly topic: string;
  readonly admin: Admin;
  readonly replicas: Replicas;
  readonly emitter: Emitter;
  readonly join: Join;
  /** How much of all is emitted, 0 to 1; undefined when it goes on until it is stopped. */
  readonly share: () => number | undefined;
}

/** Looks at replicas and at Kafka, and makes what is shown of it. */
export class Watch {
  readonly #options: Watching;
  readonly #beganMs = performance.now();
  readonly #atStart: Totals;
  readonly #recent = new Recent(2 * LATENCY_OVER_MS);
  readonly #rates = new Rates();
  #lag: readonly number[] = [];
  #lagIsNow = false;
  #past: Snapshot['past'] = [];
  #pointAtMs = Number.NEGATIVE_INFINITY;

  /** Replicas have been scraped before: what they did until now is not counted. */
  constructor(options: Watching) {
    this.#options = options;
    this.#atStart = totalsOf(options.replicas.all.map(({ metrics }) => metrics));
    this.#recent.add(this.#beganMs, this.#atStart);
  }

  /** Whether the group had committed everything when last looked at, and Kafka said so. */
  get caughtUp(): boolean {
    return this.#lagIsNow && this.behind === 0;
  }

  /** Events that the group has not committed, when last looked at. */
  get behind(): number {
    return this.#lag.reduce((sum, records) => sum + records, 0);
  }

  get elapsedMs(): number {
    return performance.now() - this.#beganMs;
  }

  /** From the first event to now. */
  get soFar(): { readonly done: Totals; readonly latency: Latency | undefined } {
    const done = between(this.#atStart, this.#totals());
    return { done, latency: latencyOf(done.latency) };
  }

  async look(): Promise<Snapshot> {
    const { replicas, group, topic, admin } = this.#options;
    await replicas.scrape();
    // While the broker does not answer, what was known last stands.
    const lag = await Promise.race([
      lagOf(group, topic, admin).catch(() => undefined),
      delay(LAG_PATIENCE_MS, undefined),
    ]);
    this.#lagIsNow = lag !== undefined;
    this.#lag = lag ?? this.#lag;
    const nowMs = performance.now();
    this.#recent.add(nowMs, this.#totals());
    const snapshot = this.#snapshot(nowMs);
    if (nowMs - this.#pointAtMs >= POINT_EVERY_MS) this.#addPoint(nowMs, snapshot);
    return { ...snapshot, past: this.#past };
  }

  #totals(): Totals {
    return totalsOf(this.#options.replicas.all.map(({ metrics }) => metrics));
  }

  #addPoint(nowMs: number, { scored, latency }: Snapshot): void {
    this.#pointAtMs = nowMs;
    const point = { perSecond: scored.perSecond, p99Ms: latency?.p99Ms ?? 0 };
    this.#past = [...this.#past.slice(1 - MOST_POINTS), point];
  }

  #snapshot(nowMs: number): Snapshot {
    const { world, version, emitter, join, share, replicas } = this.#options;
    const rate = (name: string, total: number) => this.#rates.of(name, total, nowMs);
    const batches = this.#recent.last(RATE_OVER_MS)?.done;
    const late = this.#recent.last(LATENCY_OVER_MS)?.done;
    const scored = this.soFar.done.scored;
    return {
      pipeline: world.name,
      model: `${world.name} ${version}`,
      elapsedMs: this.elapsedMs,
      simulatedMs: emitter.simulatedMs,
      share: share(),
      emitted: { events: emitter.emitted, perSecond: rate('emitted', emitter.emitted) },
      scored: { events: scored, perSecond: rate('scored', scored) },
      latency: late && latencyOf(late.latency),
      lag: this.#lag,
      batches: shareOfBatches(batches),
      decisions: world.decisions.map(({ name, tone }) => ({
        name,
        tone,
        events: join.decisions.get(name) ?? 0,
      })),
      replicas: replicas.all.map((replica) => shown(replica, rate)),
      flagged: join.flagged,
      past: this.#past,
    };
  }
}

/** How fast counts grow. */
class Rates {
  readonly #seen = new Map<string, { readonly atMs: number; readonly total: number }[]>();

  /** A second, over the last `RATE_OVER_MS`. */
  of(name: string, total: number, nowMs: number): number {
    const seen = (this.#seen.get(name) ?? []).filter(({ atMs }) => atMs >= nowMs - RATE_OVER_MS);
    seen.push({ atMs: nowMs, total });
    this.#seen.set(name, seen);
    const first = seen[0]!;
    return first.atMs === nowMs ? 0 : (1000 * (total - first.total)) / (nowMs - first.atMs);
  }
}

function shown(replica: Replica, rate: (name: string, total: number) => number): ShownReplica {
  const { number, pid, url, state, metrics } = replica;
  const perSecond = rate(`replica ${number}`, metrics?.scored ?? 0);
  if (state === 'ended' || metrics === undefined) {
    return { number, pid, url, state, leases: 0, perSecond: 0, pausedBy: [] };
  }
  return { number, pid, url, state, leases: metrics.leases, perSecond, pausedBy: metrics.pausedBy };
}

function shareOfBatches(done: Totals | undefined): Snapshot['batches'] {
  if (done === undefined || done.batches === 0) return { rows: 0, closed: new Map() };
  const all = [...done.closed.values()].reduce((sum, batches) => sum + batches, 0);
  return {
    rows: done.batchRows / done.batches,
    closed: new Map([...done.closed].map(([reason, batches]) => [reason, batches / all])),
  };
}

function latencyOf(buckets: Buckets): Latency | undefined {
  const p50 = quantile(buckets, 0.5);
  const p99 = quantile(buckets, 0.99);
  return p50 === undefined || p99 === undefined ? undefined : { p50Ms: 1000 * p50, p99Ms: 1000 * p99 };
}
