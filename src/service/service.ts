import type { PipelineConfig } from '../config/pipelineConfig.ts';
import { redact } from '../config/redact.ts';
import { asTidemarkError, TidemarkError } from '../errors.ts';
import { ClusterView } from '../kafka/inspect/clusterView.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';
import type { SeekTarget } from '../pipeline/ports.ts';
import type { LifeState } from '../telemetry/events.ts';
import type { HealthReport } from '../telemetry/health.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Share } from '../telemetry/tally.ts';
import { assemblePipeline } from './assembly.ts';
import { systemClock } from './clock.ts';
import { kafkaConnection } from './connections.ts';
import { Control } from './control/control.ts';
import { controlOverHttp } from './control/overHttp.ts';
import type { GroupReport } from './group/report.ts';
import { type WatchedGroup, watchGroup } from './group/watchGroup.ts';
import { startLastResort } from './lastResort.ts';
import { type Observability, observe } from './observability.ts';
import { Pauses } from './pauses.ts';
import { Resources } from './resources.ts';
import type { ScaleAdvice } from './scale/advice.ts';
import { serve } from './serving.ts';
import { endsNow, whenEndReached } from './untilEnd.ts';
import { version } from './version.ts';

/** What closing connections and leaving the group may take once the work is done. */
const CLOSE_TIMEOUT_MS = 5_000;

export interface ServiceOptions {
  /** Ends when the group has scored up to the end that every partition had at the start. */
  readonly untilEnd: boolean;
  /** What was found in the configuration that its author should know. */
  readonly warnings?: readonly string[];
  /** Whether metrics and health are served, as `http` of the configuration says. */
  readonly http: boolean;
  /** Whether the process's own memory and CPU are among the metrics. */
  readonly processMetrics: boolean;
  /** Whether the process is killed when its main thread stands still for longer than the watchdog allows. */
  readonly killWhenStuck: boolean;
  /** Instead of lines on standard error. */
  readonly logger?: Logger | undefined;
}

/** Thrown out of start-up when the process is told to stop before the pipeline runs. */
class StoppedEarly extends Error {}

/**
 * The life of a process that runs one pipeline: starting, running, paused(why), draining(until), stopped(why). Start-up order
 * does not matter: what is missing is waited for, visibly; only what waiting cannot cure stops the process.
 */
export class Service {
  readonly #config: PipelineConfig;
  readonly #options: ServiceOptions;
  readonly #pauses: Pauses;
  readonly #observability: Observability;
  readonly #stopping = new AbortController();
  /** Ends the start, whatever it waits for. What comes later the pipeline tells. */
  readonly #fault = Promise.withResolvers<never>();
  readonly #group: WatchedGroup;
  #pipeline: Pipeline | undefined;
  #control: Control | undefined;
  /** Starting is over: from here on the state is that of the pipeline. */
  #isOn = false;
  #drainTimer: NodeJS.Timeout | undefined;
  #endReached = false;
  /** Why it is paused, as it was told last; empty before it runs. */
  #told: string | undefined = '';

  constructor(config: PipelineConfig, options: ServiceOptions) {
    this.#config = config;
    this.#options = options;
    // `run` tells it; before and after `run` it is nobody's unhandled rejection.
    this.#fault.promise.catch(() => {});
    this.#pauses = new Pauses((what, isDown) => {
      // A registry that is down holds up only blocks that wait for it, and those the watchdog does not count.
      if (what === 'registry') return;
      if (isDown) this.#pipeline?.dependencyDown(what);
      else this.#pipeline?.dependencyUp(what);
      this.#tellPause();
    });
    this.#observability = observe(config, version, this.#pauses, {
      logger: options.logger,
      processMetrics: options.processMetrics,
    });
    this.#group = watchGroup(config, this.#observability);
  }

  /**
   * Runs until stopped, or with `untilEnd` until the end is reached. Rejects with the TidemarkError that ended it.
   * @returns this process's share of the work
   */
  async run(): Promise<Share> {
    const { telemetry, tally } = this.#observability;
    const resources = new Resources();
    let why = 'drained';
    try {
      const pipeline = await this.#unlessStopped(() => this.#start(resources));
      const ended = this.#options.untilEnd ? this.#drainAtEnd(pipeline, resources) : undefined;
      await pipeline.run();
      this.#control?.steering.left();
      // A drain that was commanded, or a source that ended, did not reach the end that is watched for.
      this.#stopping.abort();
      await ended;
      await this.#control?.told();
      const [unread] = this.#observability.health.stoppedPartitions.values();
      if (this.#endReached && unread !== undefined) throw unread;
    } catch (cause) {
      why = 'stopped before the pipeline ran';
      if (!(cause instanceof StoppedEarly)) {
        const error = asTidemarkError(cause);
        why = error.code;
        telemetry.fatal(error);
        this.#control?.steering.left(error.code);
        await this.#control?.told();
        throw error;
      }
    } finally {
      clearTimeout(this.#drainTimer);
      this.#stopping.abort();
      await resources.close(CLOSE_TIMEOUT_MS);
      telemetry.stateChanged({ kind: 'stopped', why });
    }
    return tally.share();
  }

  /** Resolves once events are being scored for the first time, or would be if there were any. */
  get ready(): Promise<void> {
    return this.#observability.health.firstReady;
  }

  /** What /healthz and /readyz say. */
  health(): { alive: HealthReport; ready: HealthReport } {
    const { health } = this.#observability;
    return { alive: health.alive(), ready: health.ready() };
  }

  /** What /metrics says. */
  metrics(): Promise<string> {
    return this.#observability.metrics.registry.metrics();
  }

  /** What Kafka says of the whole group. */
  group(): GroupReport {
    return this.#group.observer.report();
  }

  /** How many replicas the group needs and why; undefined before it was looked at twice. */
  scale(): ScaleAdvice | undefined {
    const advice = this.#group.observer.advice();
    const command = this.#control?.steering.why;
    if (advice === undefined || command === undefined) return advice;
    return { ...advice, reason: `Nothing is scored, as asked ${command}. ${advice.reason}` };
  }

  /** Whether the end that `untilEnd` waits for was reached before anything else ended the run. */
  get endReached(): boolean {
    return this.#endReached;
  }

  /** Drains: finishes and commits what is in hand within `kafka.drain_timeout`, then `run` resolves. */
  stop(): void {
    if (this.#stopping.signal.aborted) return;
    this.#stopping.abort();
    this.#drain();
  }

  /** A fault from outside of the pipeline, such as an exception nobody caught: `run` rejects with it. */
  fail(cause: unknown): void {
    this.#fault.reject(cause);
    this.#pipeline?.fail(cause);
  }

  #drain(): void {
    if (this.#pipeline === undefined || this.#drainTimer !== undefined) return;
    this.#control?.steering.leaving();
    const { drainTimeoutMs } = this.#config.kafka;
    this.#observability.telemetry.stateChanged({ kind: 'draining', untilMs: Date.now() + drainTimeoutMs });
    const late = new TidemarkError(
      'E-DRAIN-TIMEOUT',
      `the work in hand took longer than ${drainTimeoutMs} ms`,
    );
    this.#drainTimer = setTimeout(() => this.#pipeline?.fail(late), drainTimeoutMs);
    this.#pipeline.drain();
  }

  async #start(resources: Resources): Promise<Pipeline> {
    const { telemetry, log } = this.#observability;
    const { watchdogMs } = this.#config;
    const { signal } = this.#stopping;
    telemetry.stateChanged({ kind: 'starting' });
    log.debug({ config: redact(this.#config) }, 'configuration, defaults filled in');
    for (const warning of this.#options.warnings ?? []) telemetry.warned('E-CONFIG', warning);
    if (this.#options.killWhenStuck) resources.defer(startLastResort(watchdogMs));
    if (this.#options.http) {
      await serve(this.#config, this.#observability, resources, {
        group: () => this.group(),
        scale: () => this.scale(),
        ...controlOverHttp(this.#config, resources),
      });
    }
    resources.defer(() => this.#group.watch.stop());
    this.#group.watch.start();
    const pipeline = await assemblePipeline(this.#config, this.#observability, resources, signal);
    if (signal.aborted) throw new StoppedEarly();
    this.#pipeline = pipeline;
    await this.#hearCommands(pipeline, resources);
    if (signal.aborted) throw new StoppedEarly();
    this.#isOn = true;
    this.#tellPause();
    return pipeline;
  }

  /** Before it joins: what the group was told may be that nobody joins, or that nothing is taken. */
  async #hearCommands(pipeline: Pipeline, resources: Resources): Promise<void> {
    const { telemetry, log } = this.#observability;
    const { control } = this.#config;
    if (control === undefined) return;
    const steered = {
      pause: () => pipeline.pause(),
      resume: () => pipeline.resume(),
      holds: (partition: number) => pipeline.holds(partition),
      seek: (partition: number, to: SeekTarget) => pipeline.seek(partition, to),
      drain: () => this.#drain(),
      setLogLevel: (level: string) => {
        log.level = level;
      },
    };
    this.#control = new Control(this.#config, control, {
      steered,
      telemetry,
      changed: () => this.#tellPause(),
    });
    resources.defer(() => this.#control?.stop());
    await this.#control.begin();
  }

  async #drainAtEnd(pipeline: Pipeline, resources: Resources): Promise<void> {
    const { kafka, input } = this.#config;
    const cluster = new ClusterView(kafkaConnection(this.#config));
    resources.defer(() => cluster.close());
    const group = cluster.group(kafka.group, input.topic);
    const watch = {
      ends: () => cluster.ends(input.topic),
      committed: (partitions: readonly number[]) => group.committedOffsets(partitions),
      clock: systemClock,
      signal: this.#stopping.signal,
      stoppedPartitions: this.#observability.health.stoppedPartitions,
    };
    try {
      const ends = await endsNow(watch);
      if (ends !== undefined) await whenEndReached(ends, watch);
      if (this.#stopping.signal.aborted) return;
      this.#endReached = true;
      this.#drain();
    } catch (cause) {
      pipeline.fail(cause);
    }
  }

  #tellPause(): void {
    const command = this.#control?.steering.why;
    // Standing by is a pause as well; other pauses of a process that starts are part of its start.
    if ((!this.#isOn && command === undefined) || this.#drainTimer !== undefined) return;
    const why = command ?? this.#pauses.why;
    if (why === this.#told) return;
    this.#told = why;
    this.#setState(why === undefined ? { kind: 'running' } : { kind: 'paused', why });
  }

  #setState(state: LifeState): void {
    this.#observability.telemetry.stateChanged(state);
  }

  #unlessStopped<T>(start: () => Promise<T>): Promise<T> {
    const { signal } = this.#stopping;
    return new Promise((resolve, reject) => {
      const stop = () => reject(new StoppedEarly());
      if (signal.aborted) {
        stop();
        return;
      }
      signal.addEventListener('abort', stop);
      this.#fault.promise.catch(reject);
      start()
        .then(resolve, reject)
        .finally(() => signal.removeEventListener('abort', stop));
    });
  }
}
