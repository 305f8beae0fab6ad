import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Admin, type ITopicConfig, Kafka, logLevel } from 'kafkajs';
import { parseDocument } from 'yaml';
import { givenBy } from '../../tools/stack/environment.ts';
import { untilServed } from '../../tools/stack/served.ts';
import { type Stack, startStack } from '../../tools/stack/stack.ts';
import { readState } from '../../tools/stack/state.ts';
import { machineName } from './machine.ts';
import { run } from './process.ts';

export interface PipelineChoice {
  readonly input: string;
  /** A name that nobody else has; of the group, and of the output topic unless that is given. */
  readonly run: string;
  /** Is made if it is not there. */
  readonly output?: string | undefined;
  readonly partitions: number;
  readonly partitioner?: 'key' | 'source' | undefined;
  /** Default: the configuration's. */
  readonly client?: string | undefined;
  readonly outputConfig?: ITopicConfig['configEntries'];
}

export interface BenchPipeline {
  readonly file: string;
  readonly output: string;
  readonly group: string;
  /** Of the scored event. */
  readonly schemaId: number;
}

/** Where a benchmark runs: the brokers and registry of the environment, else a stack of its own. */
export class Ground implements AsyncDisposable {
  readonly brokers: readonly string[];
  readonly registryUrl: string;
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly folder: string;
  readonly signal: AbortSignal;
  /** Of measured processes. */
  readonly env: Readonly<Record<string, string>>;
  /** Process ids of brokers and registry that are this benchmark's own. */
  readonly pids: readonly number[];
  readonly #stack: Stack;
  /** Brokers and registry end with the benchmark, and what it made with them. */
  readonly #isOurs: boolean;
  readonly #name = `bench-${randomBytes(4).toString('hex')}`;
  readonly #topics = new Set<string>();
  /** Also those of topics that were deleted meanwhile. */
  readonly #subjects = new Set<string>();
  readonly #groups = new Set<string>();

  private constructor(stack: Stack, isOurs: boolean, folder: string, signal: AbortSignal) {
    this.#stack = stack;
    this.#isOurs = isOurs;
    this.folder = folder;
    this.signal = signal;
    this.brokers = stack.brokers;
    this.registryUrl = stack.registryUrl;
    this.kafka = new Kafka({ brokers: [...stack.brokers], logLevel: logLevel.NOTHING });
    this.admin = this.kafka.admin();
    this.env = { TIDEMARK_BROKERS: stack.brokers.join(','), TIDEMARK_REGISTRY_URL: stack.registryUrl };
    this.pids = stack.wasUp ? [] : Object.values(readState(stackFolder(folder))?.pids ?? {});
  }

  static async open(signal: AbortSignal, onProgress: (line: string) => void): Promise<Ground> {
    quietTimers();
    const folder = mkdtempSync(join(tmpdir(), 'tidemark-bench-'));
    mkdirSync(stackFolder(folder));
    let stack: Stack | undefined;
    try {
      const given = givenBy(process.env);
      stack = await startStack({
        stateDir: stackFolder(folder),
        ports: 'free',
        given,
        signal,
        onProgress,
      });
      const ground = new Ground(stack, Object.keys(given).length === 0, folder, signal);
      await ground.admin.connect();
      return ground;
    } catch (error) {
      await stack?.stop();
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** A topic name that nobody else has. */
  topicNamed(what: string): string {
    return `${this.#name}.${what}`;
  }

  async createTopic(
    topic: string,
    partitions: number,
    configEntries: ITopicConfig['configEntries'] = [],
  ): Promise<void> {
    this.#topics.add(topic);
    this.#subjects.add(`${topic}-value`);
    const topics = [{ topic, numPartitions: partitions, configEntries }];
    await this.admin.createTopics({ topics, waitForLeaders: false, timeout: 60_000 });
    await untilServed(this.admin, topic, partitions);
  }

  /** A pipeline with a group of its own. */
  async newPipeline(choice: PipelineChoice): Promise<BenchPipeline> {
    const { input, run: name, output = name, partitions, partitioner, client } = choice;
    const document = parseDocument(readFileSync('config/card-fraud.yaml', 'utf8'));
    const group = `${name}-scorer`;
    const deadLetters = this.topicNamed('dead-letter');
    document.setIn(['kafka', 'group'], group);
    if (client !== undefined) document.setIn(['kafka', 'client'], client);
    document.setIn(['input', 'topic'], input);
    document.setIn(['output', 'topic'], output);
    if (partitioner !== undefined) document.setIn(['output', 'partitioner'], partitioner);
    document.setIn(['dead_letter', 'topic'], deadLetters);
    document.setIn(['http', 'port'], 0);
    const file = join(this.folder, `${name}.yaml`);
    writeFileSync(file, document.toString());
    this.#topics.add(deadLetters);
    this.#groups.add(group);
    if (!this.#topics.has(output)) await this.createTopic(output, partitions, choice.outputConfig);
    const args = ['src/cli/main.ts', 'topics', '-c', file, '--apply', '--json'];
    const needs = await run({ file: process.execPath, args }, this.env, this.signal);
    return { file, output, group, schemaId: schemaIdOf(`${output}-value`, needs) };
  }

  /** Deletes what a run wrote, so that the next one finds the brokers as this one did. */
  async forget({ output }: BenchPipeline): Promise<void> {
    this.#topics.delete(output);
    await this.admin.deleteTopics({ topics: [output] });
  }

  /** Deletes the records that a run wrote; the files they were in stay open, and the next run finds them so. */
  async empty({ output }: BenchPipeline): Promise<void> {
    const ends = await this.admin.fetchTopicOffsets(output);
    const partitions = ends.map(({ partition, high }) => ({ partition, offset: high }));
    await this.admin.deleteTopicRecords({ topic: output, partitions });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isOurs) await this.#cleanUp();
    await this.admin.disconnect().catch(() => {});
    await this.#stack.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #cleanUp(): Promise<void> {
    const deletions: Promise<unknown>[] = [this.#deleteTopics(), this.admin.deleteGroups([...this.#groups])];
    for (const subject of this.#subjects) deletions.push(this.#deleteSubject(subject));
    // What cannot be deleted must not cost what was measured.
    await Promise.allSettled(deletions);
  }

  async #deleteTopics(): Promise<void> {
    const there = await this.admin.listTopics();
    const left = [...this.#topics].filter((topic) => there.includes(topic));
    if (left.length > 0) await this.admin.deleteTopics({ topics: left });
  }

  /** For good: a registry first marks a subject as deleted, and then deletes what is marked. One that is not there is as well. */
  async #deleteSubject(subject: string): Promise<void> {
    const url = `${this.registryUrl}/subjects/${encodeURIComponent(subject)}`;
    await fetch(url, { method: 'DELETE' });
    await fetch(`${url}?permanent=true`, { method: 'DELETE' });
  }
}

export function machine(): string {
  return `${machineName()}, client and broker on one machine`;
}

function stackFolder(folder: string): string {
  return join(folder, 'stack');
}

/** From `tidemark topics --json`, whose detail of a subject ends with its id. */
function schemaIdOf(subject: string, needs: string): number {
  const found = (JSON.parse(needs) as { name: string; detail: string }[]).find(
    ({ name }) => name === subject,
  );
  const id = Number(/as id (\d+)$/.exec(found?.detail ?? '')?.[1]);
  if (Number.isNaN(id)) throw new Error(`no schema id for ${subject} in ${needs}`);
  return id;
}

/** kafkajs arms timers with negative delays (tulios/kafkajs#1751), of which Node would tell. */
function quietTimers(): void {
  process.removeAllListeners('warning');
  process.on('warning', (warning) => {
    if (warning.name !== 'TimeoutNegativeWarning') console.error(`${warning.name}: ${warning.message}`);
  });
}
