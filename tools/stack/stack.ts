/** Apache Kafka and a Confluent-compatible schema registry on loopback ports, for development, tests and the demo. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Artifacts, findArtifacts } from './artifacts.ts';
import { DockerRoad, dockerAnswers } from './dockerRoad.ts';
import { StackError } from './errors.ts';
import { JavaRoad } from './javaRoad.ts';
import { type PlanOptions, partsOf, planStack } from './plan.ts';
import { brokerServes, registryAnswers } from './ready.ts';
import { indexOfBroker, type Part, type Road } from './road.ts';
import { readState, removeState, type StackPlan, type StackState, writeState } from './state.ts';
import { waitFor } from './wait.ts';

const START_DEADLINE_MS = 120_000;
/** Where Apicurio Registry speaks the Confluent API. */
const CONFLUENT_PATH = '/apis/ccompat/v7';

export interface StackOptions extends PlanOptions {
  /** Holds pids, logs and data. Default: a temporary folder that `stop` removes. */
  readonly stateDir?: string;
  /** Whether the stack stays up when this process ends. Default: no. */
  readonly outlives?: boolean;
  readonly onProgress?: (line: string) => void;
  /**
   * Aborting ends `startStack` and whatever it has started. Without it SIGINT, SIGTERM and SIGHUP end the stack and this
   * process; with it the caller minds them.
   */
  readonly signal?: AbortSignal;
}

export interface Stack {
  /** Whether `startStack` found it up and started nothing. */
  readonly wasUp: boolean;
  /** host:port of the plaintext listeners. */
  readonly brokers: readonly string[];
  /** Base URL of the Confluent-compatible API. */
  readonly registryUrl: string;
  /** host:port of the SASL_PLAINTEXT listeners; empty without `sasl`. */
  readonly saslBrokers: readonly string[];
  /** Brokers and the PEM certificate to trust; undefined without `tls`. */
  readonly tls: { readonly brokers: readonly string[]; readonly ca: string } | undefined;
  /** Ends every process; deletes the data unless told to keep it. */
  stop(options?: { keep?: boolean }): Promise<void>;
  /** `index` counts from 0, as in `brokers`. Returns when it has ended. */
  stopBroker(index: number): Promise<void>;
  /** Ends a broker without any shutdown (SIGKILL). */
  killBroker(index: number): Promise<void>;
  /** Returns when the broker is back in the cluster. */
  startBroker(index: number): Promise<void>;
  stopRegistry(): Promise<void>;
  startRegistry(): Promise<void>;
}

const listening = (ports: readonly (number | undefined)[]) =>
  ports.filter((port) => port !== undefined).map((port) => `localhost:${port}`);

function stateOf(plan: StackPlan, given: PlanOptions['given'], pids: Record<string, number>): StackState {
  return {
    version: 1,
    plan,
    brokers: given?.brokers ?? listening(plan.brokers.map((broker) => broker.plain)),
    registryUrl: given?.registryUrl ?? `http://localhost:${plan.registryPort}${CONFLUENT_PATH}`,
    pids,
  };
}

function roadOf(folder: string, state: StackState, options: StackOptions): Road {
  if (state.plan.road === 'docker') {
    return new DockerRoad({ plan: state.plan, outlives: options.outlives ?? false });
  }
  let artifacts: Promise<Artifacts> | undefined;
  return new JavaRoad({
    folder,
    plan: state.plan,
    pids: state.pids,
    findArtifacts: () => {
      artifacts ??= findArtifacts(process.env, options.onProgress ?? (() => {}), options.signal);
      return artifacts;
    },
    changed: (pids) => writeState(folder, { ...state, pids }),
  });
}

/** Waits until parts serve, watching that their processes live. */
async function untilServing(parts: readonly Part[], road: Road, state: StackState, signal?: AbortSignal) {
  const serving = async (part: Part) => {
    if (!(await road.isUp(part))) {
      throw new StackError(`${part} ended while it was starting. ${await road.explain(part)}`);
    }
    if (part === 'registry') return registryAnswers(state.registryUrl);
    const index = indexOfBroker(part);
    return brokerServes(state.brokers[index]!, index + 1);
  };
  const wait = async (part: Part) => {
    try {
      await waitFor(() => serving(part), part, START_DEADLINE_MS, {
        everyMs: 100,
        ...(signal && { signal }),
      });
    } catch (error) {
      if (error instanceof StackError || signal?.aborted) throw error;
      throw new StackError(`${part} did not come up. ${await road.explain(part)}`, { cause: error });
    }
  };
  await Promise.all(parts.map(wait));
}

function stackFrom(folder: string, state: StackState, road: Road, wasUp: boolean): Stack {
  const { plan } = state;
  const broker = (index: number): Part => {
    if (plan.brokers[index] === undefined) throw new RangeError(`The stack has no broker ${index}.`);
    return `broker-${index + 1}`;
  };
  const start = async (part: Part) => {
    await road.start([part]);
    await untilServing([part], road, state);
  };
  const certified = road instanceof JavaRoad && plan.brokers.some((ports) => ports.tls !== undefined);
  return {
    wasUp,
    brokers: state.brokers,
    registryUrl: state.registryUrl,
    saslBrokers: listening(plan.brokers.map((ports) => ports.sasl)),
    tls: certified
      ? { brokers: listening(plan.brokers.map((ports) => ports.tls)), ca: road.certificate() }
      : undefined,
    stop: async (options) => {
      await downStack(folder, options);
    },
    stopBroker: async (index) => road.stop(broker(index), 'orderly'),
    killBroker: async (index) => road.stop(broker(index), 'kill'),
    startBroker: async (index) => start(broker(index)),
    stopRegistry: () => road.stop('registry', 'orderly'),
    startRegistry: () => start('registry'),
  };
}

/**
 * Leaves nothing running when this process ends without having stopped its stack. A caller that gave an abort signal minds
 * the signals of the system itself; `exit` follows.
 */
function stopWithThisProcess(road: JavaRoad, cleanUp: () => void, mindSignals: boolean): () => void {
  const signals = mindSignals ? (['SIGINT', 'SIGTERM', 'SIGHUP'] as const) : [];
  const onExit = () => {
    road.killNow();
    cleanUp();
  };
  const onSignal = (signal: NodeJS.Signals) => {
    onExit();
    release();
    process.kill(process.pid, signal);
  };
  const release = () => {
    process.off('exit', onExit);
    for (const signal of signals) process.off(signal, onSignal);
  };
  process.on('exit', onExit);
  for (const signal of signals) process.on(signal, onSignal);
  return release;
}

async function partsUp(road: Road, plan: StackPlan): Promise<Part[]> {
  const parts = partsOf(plan);
  const up = await Promise.all(parts.map((part) => road.isUp(part)));
  return parts.filter((_, index) => up[index]);
}

/** A stack that is wholly up and is what was asked for; what is half up is ended, its data kept. */
async function alreadyUp(folder: string, options: StackOptions): Promise<Stack | undefined> {
  const state = readState(folder);
  if (!state) return undefined;
  const road = roadOf(folder, state, options);
  const up = await partsUp(road, state.plan);
  if (up.length === 0) return undefined;
  if (up.length < partsOf(state.plan).length) {
    await road.down(true);
    return undefined;
  }
  const wanted = options.given?.brokers ? 0 : (options.brokers ?? 1);
  if (state.plan.brokers.length !== wanted) {
    throw new StackError(
      `A stack of ${state.plan.brokers.length} broker(s) is up, not of ${wanted}; end it first with \`npm run stack -- down\`.`,
    );
  }
  await untilServing(up, road, state, options.signal);
  return stackFrom(folder, state, road, true);
}

/**
 * Starts what is not given and waits until it serves. Brokers and registry that `given` names are used as they are.
 * @throws StackError with one sentence on what to do: a taken port, a missing Java, a download that failed.
 */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const temporary = options.stateDir === undefined;
  const folder = temporary ? mkdtempSync(join(tmpdir(), 'tidemark-stack-')) : resolve(options.stateDir!);
  const found = await alreadyUp(folder, options);
  if (found) return found;
  const kept = readState(folder)?.plan;
  const road = (kept?.road ?? ((await dockerAnswers()) ? 'docker' : 'java')) satisfies StackPlan['road'];
  const plan = await planStack(options, road, kept);
  const state = stateOf(plan, options.given, {});
  const parts = partsOf(plan);
  if (parts.length === 0) return stackFrom(folder, state, roadOf(folder, state, options), true);

  const runner = roadOf(folder, state, options);
  const cleanUp = () => {
    if (temporary) rmSync(folder, { recursive: true, force: true });
  };
  // Containers that are not to outlive this process are removed by testcontainers' Ryuk.
  const release =
    options.outlives || !(runner instanceof JavaRoad)
      ? () => {}
      : stopWithThisProcess(runner, cleanUp, options.signal === undefined);
  try {
    writeState(folder, state);
    await runner.start(parts);
    options.onProgress?.(`Starting ${parts.join(', ')} ...`);
    await untilServing(parts, runner, state, options.signal);
  } catch (error) {
    await runner.down(kept !== undefined);
    release();
    cleanUp();
    throw options.signal?.aborted ? options.signal.reason : error;
  }
  const stack = stackFrom(folder, state, runner, false);
  return {
    ...stack,
    stop: async (stop) => {
      await runner.down(stop?.keep ?? false);
      release();
      cleanUp();
    },
  };
}

export interface StackStatus {
  readonly state: 'up' | 'partly up' | 'down';
  readonly road: StackPlan['road'] | undefined;
  readonly brokers: readonly string[];
  readonly registryUrl: string | undefined;
  readonly parts: Readonly<Record<string, 'up' | 'down'>>;
}

/** What a state folder tells of its stack, and whether that still runs. */
export async function statusOf(stateDir: string): Promise<StackStatus> {
  const folder = resolve(stateDir);
  const state = readState(folder);
  if (!state) return { state: 'down', road: undefined, brokers: [], registryUrl: undefined, parts: {} };
  const parts = partsOf(state.plan);
  const up = await partsUp(roadOf(folder, state, {}), state.plan);
  const whole = up.length === parts.length ? 'up' : 'partly up';
  return {
    state: up.length === 0 ? 'down' : whole,
    road: state.plan.road,
    brokers: state.brokers,
    registryUrl: state.registryUrl,
    parts: Object.fromEntries(parts.map((part) => [part, up.includes(part) ? 'up' : 'down'])),
  };
}

/** Ends the stack of a state folder. @returns false when there was none. */
export async function downStack(stateDir: string, options: { keep?: boolean } = {}): Promise<boolean> {
  const folder = resolve(stateDir);
  const state = readState(folder);
  if (!state) return false;
  await roadOf(folder, state, {}).down(options.keep ?? false);
  if (!options.keep) removeState(folder);
  return true;
}
