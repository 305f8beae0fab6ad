import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import { parseDocument } from 'yaml';
import { openPlace, type Place } from '../tools/demo/place.ts';
import { untilServed } from '../tools/stack/served.ts';
import { type Env, run } from './measure.ts';

/** Where a benchmark runs: the brokers and registry of the environment, else the stack that is up, else one of its own. */
export class Ground implements AsyncDisposable {
  readonly place: Place;
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly folder = mkdtempSync(join(tmpdir(), 'tidemark-bench-'));
  /** Of processes that are measured. */
  readonly env: Env;
  /** Topic of events; nobody else's. */
  readonly input = `bench-${randomBytes(4).toString('hex')}`;
  readonly #deadLetters = `${this.input}.dead-letter`;
  readonly #made = new Set<string>();

  private constructor(place: Place) {
    this.place = place;
    this.kafka = new Kafka({ brokers: [...place.brokers], logLevel: logLevel.NOTHING });
    this.admin = this.kafka.admin();
    this.env = {
      TIDEMARK_BROKERS: place.brokers.join(','),
      TIDEMARK_REGISTRY_URL: place.registryUrl,
      BENCH_USAGE: join(this.folder, 'usage.json'),
    };
  }

  static async open(partitions: number): Promise<Ground> {
    quietTimers();
    const { signal } = new AbortController();
    const ground = new Ground(await openPlace({ keep: false, signal, onProgress: console.log }));
    await ground.admin.connect();
    await ground.createTopic(ground.input, partitions);
    return ground;
  }

  async createTopic(topic: string, partitions: number): Promise<void> {
    this.#made.add(topic);
    await this.admin.createTopics({ topics: [{ topic, numPartitions: partitions }], waitForLeaders: false });
    await untilServed(this.admin, topic, partitions);
  }

  /** A pipeline from the input topic to a topic and a group of its own. */
  async newPipeline(output: string, partitions: number): Promise<BenchPipeline> {
    const document = parseDocument(readFileSync('config/card-fraud.yaml', 'utf8'));
    const group = `${output}-scorer`;
    document.setIn(['kafka', 'group'], group);
    document.setIn(['input', 'topic'], this.input);
    document.setIn(['output', 'topic'], output);
    document.setIn(['dead_letter', 'topic'], this.#deadLetters);
    document.setIn(['http', 'port'], 0);
    const file = join(this.folder, 'pipeline.yaml');
    writeFileSync(file, document.toString());
    await this.createTopic(output, partitions);
    this.#made.add(this.#deadLetters);
    const needs = await run(['src/cli/main.ts', 'topics', '-c', file, '--apply', '--json'], this.env);
    return { file, output, group, schemaId: schemaIdOf(`${output}-value`, needs.stdout) };
  }

  async deleteTopics(topics: Iterable<string>): Promise<void> {
    const there = await this.admin.listTopics();
    const left = [...topics].filter((topic) => there.includes(topic));
    if (left.length > 0) await this.admin.deleteTopics({ topics: left });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    rmSync(this.folder, { recursive: true, force: true });
    await this.deleteTopics(this.#made);
    await this.admin.disconnect();
    await this.place.close({ finished: true });
  }
}

export interface BenchPipeline {
  readonly file: string;
  readonly output: string;
  readonly group: string;
  /** Of the scored event. */
  readonly schemaId: number;
}

export function machine(): string {
  const [cpu] = cpus();
  return `${cpus().length} x ${cpu?.model ?? 'unknown'}, Node ${process.version}, broker and client on one machine`;
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
