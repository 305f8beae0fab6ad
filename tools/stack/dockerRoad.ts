/** Runs the stack's parts as the containers of docker-compose.yml, which publishes them on loopback only. */
import { join } from 'node:path';
import type { ContainerRuntimeClient } from 'testcontainers';
import { StackError } from './errors.ts';
import type { Part, Road } from './road.ts';
import type { StackPlan } from './state.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const COMPOSE_FILE = 'docker-compose.yml';
const PING_TIMEOUT_MS = 3_000;
const ORDERLY_END_S = 20;

/** The engine's client, when the engine itself answers in time; a client without its daemon does not count. */
async function engine(): Promise<ContainerRuntimeClient | undefined> {
  const { getContainerRuntimeClient } = await import('testcontainers');
  const patience = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => patience.resolve(undefined), PING_TIMEOUT_MS);
  const found = async () => {
    const client = await getContainerRuntimeClient();
    await client.container.dockerode.ping();
    return client;
  };
  try {
    return await Promise.race([found().catch(() => undefined), patience.promise]);
  } finally {
    clearTimeout(timer);
  }
}

export async function dockerAnswers(): Promise<boolean> {
  return (await engine()) !== undefined;
}

/** The variables that docker-compose.yml names. */
function composeEnvironment(plan: StackPlan): Record<string, string> {
  const replicas = plan.brokers.length;
  const ports = plan.brokers.map((broker, index) => [
    `TIDEMARK_BROKER_${index + 1}_PORT`,
    String(broker.plain),
  ]);
  return {
    ...Object.fromEntries(ports),
    TIDEMARK_CLUSTER_ID: plan.clusterId,
    TIDEMARK_VOTERS: plan.brokers.map((_, index) => `${index + 1}@broker-${index + 1}:9093`).join(','),
    TIDEMARK_REPLICAS: String(replicas),
    TIDEMARK_MIN_REPLICAS: String(Math.min(2, replicas)),
    ...(plan.registryPort ? { TIDEMARK_REGISTRY_PORT: String(plan.registryPort) } : {}),
  };
}

export class DockerRoad implements Road {
  readonly #plan: StackPlan;
  readonly #outlives: boolean;

  /** @param options.outlives whether the containers stay when this process ends; otherwise Ryuk removes them. */
  constructor(options: { plan: StackPlan; outlives: boolean }) {
    this.#plan = options.plan;
    this.#outlives = options.outlives;
  }

  async #client(): Promise<ContainerRuntimeClient> {
    const client = await engine();
    if (client) return client;
    throw new StackError('The Docker engine that runs the stack does not answer; start it and try again.');
  }

  /** Finds by the labels that Compose puts on what it starts, so that another command finds it too. */
  async #container(part: Part) {
    const { dockerode } = (await this.#client()).container;
    const label = [`com.docker.compose.project=${this.#plan.mark}`, `com.docker.compose.service=${part}`];
    const [found] = await dockerode.listContainers({ all: true, filters: { label } });
    return found ? { state: found.State, container: dockerode.getContainer(found.Id) } : undefined;
  }

  async isUp(part: Part): Promise<boolean> {
    return (await this.#container(part))?.state === 'running';
  }

  async start(parts: readonly Part[]): Promise<void> {
    const { DockerComposeEnvironment } = await import('testcontainers');
    const environment = new DockerComposeEnvironment(ROOT, COMPOSE_FILE)
      .withProjectName(this.#plan.mark)
      .withEnvironment(composeEnvironment(this.#plan))
      .withProfiles('three')
      .withAutoCleanup(!this.#outlives)
      .withNoRecreate();
    try {
      await environment.up([...parts]);
    } catch (error) {
      throw new StackError(
        `Docker could not start the stack: ${(error as Error).message}; check that the Compose plugin is installed and the images can be pulled, or stop the engine to use Java.`,
        { cause: error },
      );
    }
  }

  async stop(part: Part, how: 'orderly' | 'kill'): Promise<void> {
    const found = await this.#container(part);
    if (found?.state !== 'running') return;
    if (how === 'kill') await found.container.kill();
    else await found.container.stop({ t: ORDERLY_END_S });
  }

  async down(keep: boolean): Promise<void> {
    const client = await this.#client();
    const options = {
      filePath: ROOT,
      files: COMPOSE_FILE,
      projectName: this.#plan.mark,
      composeOptions: ['--profile', 'three'],
      environment: composeEnvironment(this.#plan),
    };
    // Stopped containers hold the data; the next `up` starts them again.
    if (keep) await client.compose.stop(options);
    else await client.compose.down(options, { removeVolumes: true, timeout: 5_000 });
  }

  async explain(part: Part): Promise<string> {
    return `See \`docker compose -p ${this.#plan.mark} logs ${part}\`.`;
  }
}
