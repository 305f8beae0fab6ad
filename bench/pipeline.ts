/**
 * Events per second of `tidemark run --until-end` against a consumer written by hand (bench/baseline.ts), as processes, in turn,
 * on the same topic. Run: node bench/pipeline.ts [--events N] [--rounds N] [--partitions N] [--cpu-prof DIR]
 * On the brokers and registry of the environment, else of the stack that is up, else of one of its own.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import { parseDocument } from 'yaml';
import { openPlace, type Place } from '../tools/demo/place.ts';
import { produceTransactions } from '../tools/demo/produce.ts';
import { recordsIn } from '../tools/demo/readTopic.ts';
import { transactions } from '../tools/simulator/simulate.ts';
import type { BaselineJob } from './baseline.ts';
import { type Measured, run } from './measure.ts';

const SEED = 1;

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '200000' },
    rounds: { type: 'string', default: '3' },
    partitions: { type: 'string', default: '4' },
    only: { type: 'string', default: '' },
    'cpu-prof': { type: 'string' },
  },
});
const events = Number(values.events);
const rounds = Number(values.rounds);
const partitions = Number(values.partitions);

type Contestant = 'tidemark' | 'baseline';

class Bench {
  readonly #place: Place;
  readonly #kafka: Kafka;
  readonly #admin: Admin;
  readonly #folder = mkdtempSync(join(tmpdir(), 'tidemark-bench-'));
  readonly #input = `bench-${randomBytes(4).toString('hex')}`;
  readonly #made: string[] = [];
  #runs = 0;

  constructor(place: Place) {
    this.#place = place;
    this.#kafka = new Kafka({ brokers: [...place.brokers], logLevel: logLevel.NOTHING });
    this.#admin = this.#kafka.admin();
  }

  async prepare(): Promise<void> {
    await this.#admin.connect();
    await this.#createTopic(this.#input);
    const show = (produced: number) => {
      if (process.stderr.isTTY) process.stderr.write(`\rproduced ${produced} of ${events} `);
    };
    await produceTransactions({
      kafka: this.#kafka,
      registryUrl: this.#place.registryUrl,
      topic: this.#input,
      transactions: transactions(events, SEED),
      signal: new AbortController().signal,
      onProgress: show,
    });
    if (process.stderr.isTTY) process.stderr.write('\n');
  }

  /** One run of one of them, with a group and an output topic of its own. */
  async run(contestant: Contestant): Promise<Measured> {
    const output = `${this.#input}.${contestant}-${++this.#runs}`;
    const file = this.#pipelineFile(output);
    const env = {
      TIDEMARK_BROKERS: this.#place.brokers.join(','),
      TIDEMARK_REGISTRY_URL: this.#place.registryUrl,
      BENCH_USAGE: join(this.#folder, 'usage.json'),
    };
    await this.#createTopic(output);
    const needs = await run(['src/cli/main.ts', 'topics', '-c', file, '--apply', '--json'], env);
    const result = await run(
      [...profileFlags(contestant), ...this.#command(contestant, file, output, needs.stdout)],
      env,
    );
    const written = await recordsIn(output, this.#admin);
    if (written !== events) throw new Error(`${contestant} wrote ${written} of ${events} scored events`);
    await this.#deleteTopics([output]);
    return result.measured();
  }

  async close(): Promise<void> {
    rmSync(this.#folder, { recursive: true, force: true });
    await this.#deleteTopics(this.#made);
    await this.#admin.disconnect();
  }

  #command(contestant: Contestant, file: string, output: string, needs: string): string[] {
    if (contestant === 'tidemark') return ['src/cli/main.ts', 'run', '-c', file, '--until-end'];
    const job: BaselineJob = {
      brokers: this.#place.brokers,
      registryUrl: this.#place.registryUrl,
      input: this.#input,
      output,
      group: `${output}-scorer`,
      schemaId: schemaIdOf(`${output}-value`, needs),
    };
    return ['bench/baseline.ts', JSON.stringify(job)];
  }

  #pipelineFile(output: string): string {
    const document = parseDocument(readFileSync('config/card-fraud.yaml', 'utf8'));
    document.setIn(['kafka', 'group'], `${output}-scorer`);
    document.setIn(['input', 'topic'], this.#input);
    document.setIn(['output', 'topic'], output);
    document.setIn(['dead_letter', 'topic'], `${this.#input}.dead-letter`);
    document.setIn(['http', 'port'], 0);
    const file = join(this.#folder, 'pipeline.yaml');
    writeFileSync(file, document.toString());
    this.#made.push(`${this.#input}.dead-letter`);
    return file;
  }

  async #createTopic(topic: string): Promise<void> {
    this.#made.push(topic);
    await this.#admin.createTopics({
      topics: [{ topic, numPartitions: partitions }],
      waitForLeaders: true,
    });
  }

  async #deleteTopics(topics: readonly string[]): Promise<void> {
    const there = await this.#admin.listTopics();
    const left = [...new Set(topics)].filter((topic) => there.includes(topic));
    if (left.length > 0) await this.#admin.deleteTopics({ topics: left });
  }
}

function profileFlags(contestant: Contestant): string[] {
  const folder = values['cpu-prof'];
  if (folder === undefined) return [];
  return ['--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-name=${contestant}-${Date.now()}.cpuprofile`];
}

/** From `tidemark topics --json`, whose detail of a subject ends with its id. */
function schemaIdOf(subject: string, needs: string): number {
  const found = (JSON.parse(needs) as { name: string; detail: string }[]).find(({ name }) => name === subject);
  const id = Number(/as id (\d+)$/.exec(found?.detail ?? '')?.[1]);
  if (Number.isNaN(id)) throw new Error(`no schema id for ${subject} in ${needs}`);
  return id;
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function ratioLine(name: string, ratios: readonly number[]): string {
  const shown = [median(ratios), Math.min(...ratios), Math.max(...ratios)].map((ratio) => ratio.toFixed(2));
  return `${name.padEnd(26)} median ${shown[0]}, min ${shown[1]}, max ${shown[2]} over ${ratios.length} rounds`;
}

function line(contestant: Contestant, { eventsPerSecond, cpuSeconds, maxRssMiB }: Measured): string {
  const cpuMicros = (cpuSeconds / events) * 1e6;
  const load = loadavg()[0]!.toFixed(1);
  return `${contestant.padEnd(9)} ${String(eventsPerSecond).padStart(7)} events/s  ${cpuMicros.toFixed(1).padStart(5)} us CPU an event  ${maxRssMiB.toFixed(0).padStart(4)} MiB  (load ${load})`;
}

async function main(): Promise<void> {
  const [cpu] = cpus();
  console.log(`${cpus().length} x ${cpu?.model ?? 'unknown'}, Node ${process.version}, broker and client on the same machine`);
  console.log(`${events} events, ${partitions} partitions, ${rounds} rounds in turn`);
  const place = await openPlace({ keep: false, signal: new AbortController().signal, onProgress: console.log });
  const bench = new Bench(place);
  const speed: number[] = [];
  const cpuCost: number[] = [];
  try {
    await bench.prepare();
    for (let round = 0; round < rounds; round++) {
      const ours = await bench.run('tidemark');
      console.log(line('tidemark', ours));
      if (values.only === 'tidemark') continue;
      const theirs = await bench.run('baseline');
      console.log(line('baseline', theirs));
      speed.push(ours.eventsPerSecond / theirs.eventsPerSecond);
      cpuCost.push(theirs.cpuSeconds / ours.cpuSeconds);
    }
  } finally {
    await bench.close();
    await place.close({ finished: true });
  }
  if (speed.length === 0) return;
  console.log(ratioLine('events/s, ours to theirs:', speed));
  console.log(ratioLine('CPU time, theirs to ours:', cpuCost));
}

await main();
process.exit();
