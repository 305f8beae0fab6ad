/**
 * Events per second of `tidemark run --until-end` against a consumer written by hand (bench/baseline.ts), as processes, in turn,
 * on the same topic. Run: node bench/pipeline.ts [--events N] [--rounds N] [--partitions N] [--cpu-prof DIR]
 */
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { produceTransactions } from '../tools/demo/produce.ts';
import { recordsIn } from '../tools/demo/readTopic.ts';
import { transactions } from '../tools/simulator/simulate.ts';
import type { BaselineJob } from './baseline.ts';
import { type BenchPipeline, Ground, machine } from './ground.ts';
import { type Measured, run } from './measure.ts';

type Contestant = 'tidemark' | 'baseline';

const SEED = 1;
const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '200000' },
    rounds: { type: 'string', default: '3' },
    partitions: { type: 'string', default: '4' },
    'cpu-prof': { type: 'string' },
  },
});
const events = Number(values.events);
const rounds = Number(values.rounds);
const partitions = Number(values.partitions);

function commandOf(contestant: Contestant, ground: Ground, pipeline: BenchPipeline): string[] {
  if (contestant === 'tidemark') return ['src/cli/main.ts', 'run', '-c', pipeline.file, '--until-end'];
  const { brokers, registryUrl } = ground.place;
  const { output, group, schemaId } = pipeline;
  const job: BaselineJob = { brokers, registryUrl, input: ground.input, output, group, schemaId };
  return ['bench/baseline.ts', JSON.stringify(job)];
}

function profileFlags(contestant: Contestant, round: number): string[] {
  const folder = values['cpu-prof'];
  if (folder === undefined) return [];
  return ['--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-name=${contestant}-${round}.cpuprofile`];
}

/** One run of one of them, with a group and an output topic of its own. */
async function measure(contestant: Contestant, round: number, ground: Ground): Promise<Measured> {
  const output = `${ground.input}.${contestant}-${round}`;
  const pipeline = await ground.newPipeline(output, partitions);
  const args = [...profileFlags(contestant, round), ...commandOf(contestant, ground, pipeline)];
  const measured = (await run(args, ground.env)).measured();
  const written = await recordsIn(output, ground.admin);
  if (written !== events) throw new Error(`${contestant} wrote ${written} of ${events} scored events`);
  await ground.deleteTopics([output]);
  console.log(runLine(contestant, measured));
  return measured;
}

function runLine(contestant: Contestant, { eventsPerSecond, cpuSeconds, maxRssMiB }: Measured): string {
  const facts = [
    `${eventsPerSecond} events/s`,
    `${((cpuSeconds / events) * 1e6).toFixed(1)} us of CPU an event`,
    `${maxRssMiB.toFixed(0)} MiB`,
    `load ${loadavg()[0]!.toFixed(1)}`,
  ];
  return `${contestant.padEnd(9)} ${facts.map((fact) => fact.padStart(16)).join('  ')}`;
}

function ratioLine(name: string, ratios: readonly number[]): string {
  const sorted = [...ratios].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  const [shown, least, most] = [median, sorted[0]!, sorted.at(-1)!].map((ratio) => ratio.toFixed(2));
  return `${name}: median ${shown}, min ${least}, max ${most} of ${ratios.length} rounds`;
}

async function main(): Promise<void> {
  console.log(machine());
  console.log(`${events} events, ${partitions} partitions, ${rounds} rounds in turn`);
  await using ground = await Ground.open(partitions);
  await produceTransactions({
    kafka: ground.kafka,
    registryUrl: ground.place.registryUrl,
    topic: ground.input,
    transactions: transactions(events, SEED),
    signal: new AbortController().signal,
    onProgress: () => {},
  });
  const speed: number[] = [];
  const cpu: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    const ours = await measure('tidemark', round, ground);
    const theirs = await measure('baseline', round, ground);
    speed.push(ours.eventsPerSecond / theirs.eventsPerSecond);
    cpu.push(theirs.cpuSeconds / ours.cpuSeconds);
  }
  console.log(ratioLine('events/s, ours to theirs', speed));
  console.log(ratioLine('CPU time, start-up included, theirs to ours', cpu));
}

await main();
process.exit();
