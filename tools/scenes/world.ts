import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import type { ScaleAdvice } from '../../src/service/scale/advice.ts';
import { type PipelineFile, writePipelineFile } from '../demo/pipelineFile.ts';
import { type Replica, Replicas } from '../demo/replicas.ts';
import { tidemark } from '../demo/tidemark.ts';
import { cardFraud } from '../demo/worlds/cardFraud.ts';
import { waitFor } from '../stack/wait.ts';
import { Emission } from './emission.ts';
import { Samples } from './samples.ts';
import type { ReplicaSamples, Scene, Setting } from './scene.ts';
import type { Stage } from './stage.ts';

const HTTP_TIMEOUT_MS = 10_000;
/** For what takes a moment on a machine that has time, and longer on one that has none. */
const DEADLINE_MS = 60_000;
const VERSION = '1.0.0';
/** An objective that a loaded machine keeps as well: what is to be seen is what is done to the pipeline, not the machine. */
const OBJECTIVE = '2s';
/** Of a model that takes milliseconds for an event, so many rows at once: it blocks the process while it scores them. */
const SLOW_ROWS = 16;

/** A pipeline that runs: replicas, and events that come. */
export class SceneWorld {
  readonly stage: Stage;
  readonly pipeline: PipelineFile;
  readonly emission: Emission;
  readonly #setting: Setting;
  readonly #killed = new Set<Replica>();
  #replicas: Replicas;

  /** Resolves when all partitions are held and events are scored. */
  static async open({ name, setting }: Scene, stage: Stage): Promise<SceneWorld> {
    const { admin, stack, env, signal, stream } = stage;
    const folder = join(stage.folder, name);
    mkdirSync(folder, { recursive: true });
    const { groups } = await admin.listGroups();
    const taken = new Set([...(await admin.listTopics()), ...groups.map(({ groupId }) => groupId)]);
    const pipeline = writePipelineFile(folder, { pipeline: cardFraud.name, version: VERSION }, taken);
    set(pipeline.path, { 'slo.p99': OBJECTIVE, ...(setting.slowModel ? slow(stage) : {}) });
    const partitions = String(setting.partitions);
    await tidemark(['topics', '-c', pipeline.path, '--apply', '--partitions', partitions], { env, signal });
    const { events, labels } = pipeline.names;
    await admin.createTopics({ topics: [{ topic: labels, numPartitions: 1 }], waitForLeaders: true });
    const { brokers, registryUrl } = stack;
    const emission = new Emission({ brokers, registryUrl, topics: { events, labels }, stream, signal });
    const world = new SceneWorld(stage, pipeline, emission, setting);
    try {
      await emission.open();
      await emission.guardSchemas();
      await world.#begun();
      await emission.change({ rate: setting.rate });
      await world.until('events to be scored', async () =>
        (await world.metrics()).every(
          ({ samples }) => samples.sum('events_total', { outcome: 'scored' }) > 0,
        ),
      );
    } catch (error) {
      await world.close();
      throw error;
    }
    return world;
  }

  private constructor(stage: Stage, pipeline: PipelineFile, emission: Emission, setting: Setting) {
    this.stage = stage;
    this.pipeline = pipeline;
    this.emission = emission;
    this.#setting = setting;
    this.#replicas = new Replicas(setting.replicas, pipeline.path, stage.env);
  }

  /** Those that run. */
  get replicas(): readonly Replica[] {
    return this.#replicas.all.filter(({ state }) => state !== 'ended');
  }

  /** Kills them as a machine would that loses its power. Resolves when they are gone. */
  async kill(replicas: readonly Replica[]): Promise<void> {
    for (const replica of replicas) {
      this.#killed.add(replica);
      process.kill(replica.pid!, 'SIGKILL');
    }
    await this.until('them to be gone', async () => replicas.every(({ state }) => state === 'ended'));
  }

  /** Throws where something ended that nobody ended. */
  check(): void {
    this.emission.check();
    const lost = this.#replicas.all.find(
      (replica) => replica.state === 'ended' && !this.#killed.has(replica),
    );
    if (lost !== undefined) throw lost.fault();
  }

  async metrics(): Promise<ReplicaSamples[]> {
    return Promise.all(
      this.replicas.map(async (replica) => ({
        replica,
        samples: new Samples(await this.#get(replica, 'metrics')),
      })),
    );
  }

  async scale(replica: Replica): Promise<ScaleAdvice> {
    return JSON.parse(await this.#get(replica, 'scale'));
  }

  /** The replica that has a partition. */
  async holderOf(partition: number): Promise<Replica> {
    return this.until(
      `somebody to hold partition ${partition}`,
      async () =>
        (await this.metrics()).find(
          ({ samples }) =>
            samples.value('partition_lag_records', { partition: String(partition) }) !== undefined,
        )?.replica,
    );
  }

  /** Stops all replicas and starts as many with the slow model. */
  async loadSlowModel(): Promise<void> {
    await this.#replicas.stop();
    set(this.pipeline.path, slow(this.stage));
    this.#replicas = new Replicas(this.#setting.replicas, this.pipeline.path, this.stage.env);
    await this.#begun();
  }

  async until<T>(what: string, condition: () => Promise<T | undefined | false>): Promise<T> {
    return waitFor(condition, what, DEADLINE_MS, { everyMs: 250, signal: this.stage.signal });
  }

  async close(): Promise<void> {
    await Promise.all([this.emission.close(), this.#replicas.stop()]);
  }

  async #begun(): Promise<void> {
    await this.#replicas.untilAllHeld(this.#setting.partitions, this.stage.signal);
  }

  async #get({ url }: Replica, path: string): Promise<string> {
    const response = await fetch(`${url}/${path}`, { signal: AbortSignal.timeout(HTTP_TIMEOUT_MS) });
    const text = await response.text();
    if (!response.ok) throw new Error(`/${path} answers ${response.status}: ${text}`);
    return text;
  }
}

function slow({ slowModel }: Stage): Settings {
  return { 'model.package': slowModel, 'batching.max_rows': SLOW_ROWS };
}

type Settings = Readonly<Record<string, string | number>>;

/** Changes keys of a pipeline's file: `slo.p99`. */
function set(file: string, settings: Settings): void {
  const document = parseDocument(readFileSync(file, 'utf8'));
  for (const [key, value] of Object.entries(settings)) document.setIn(key.split('.'), value);
  writeFileSync(file, document.toString());
}
