/**
 * What Tidemark costs and what others do that people write by hand, in one command: `npm run bench`. What is compared, and why
 * that is fair, is in docs/performance.md.
 */
import { givenBy } from '../tools/stack/environment.ts';
import { StackError } from '../tools/stack/errors.ts';
import { drawCharts } from './charts/draw.ts';
import { BenchError } from './harness/benchError.ts';
import { type Arena, holdContest } from './harness/contest.ts';
import { buildTidemark } from './harness/contestants.ts';
import { type CostReport, measureCosts } from './harness/costs.ts';
import { fillTopic } from './harness/fill.ts';
import { Ground, machine } from './harness/ground.ts';
import { machineName } from './harness/machine.ts';
import { type BenchOptions, benchCommand, chosen } from './harness/options.ts';
import { type Pinning, pin } from './harness/pinning.ts';
import { reportText } from './harness/report.ts';
import { type Results, readResults } from './harness/results.ts';
import { soak } from './harness/soak.ts';
import { sweep } from './harness/sweep.ts';
import { contestTargets, soakTargets, sweepTargets } from './harness/targets.ts';

/** For how long the cost of one thing is measured, a round. */
const COST_SECONDS = { usual: 0.3, quick: 0.15 };
/** CPU time is quieter than the time that a broker takes: more rounds would tell no more. */
const MOST_COST_ROUNDS = 3;

interface Asked {
  readonly options: BenchOptions;
  readonly signal: AbortSignal;
  readonly onProgress: (line: string) => void;
}

async function bench(asked: Asked): Promise<Results> {
  const { options, signal, onProgress } = asked;
  if (options.costs === true) return costsAlone(asked, []);
  const ground = await groundOrReason(signal, onProgress);
  if (typeof ground === 'string') {
    if (options.soak !== undefined || options.partitions.length > 1) {
      throw new BenchError(`--soak, and --partitions with several numbers, need a broker. ${ground}`);
    }
    return costsAlone(asked, [
      `Everything that goes through a broker is left out (the peers, fetching, producing, the whole through Kafka). ${ground}`,
    ]);
  }
  const measured = await throughBrokers(ground, asked).finally(() => ground[Symbol.asyncDispose]());
  if (measured.standings === undefined || options.costs === false) return measured;
  return { ...measured, costs: await costs(asked, pin()) };
}

/** Where brokers are to be had; else why not and what to install. */
async function groundOrReason(
  signal: AbortSignal,
  onProgress: (line: string) => void,
): Promise<Ground | string> {
  try {
    return await Ground.open(signal, onProgress);
  } catch (error) {
    // Whoever names brokers wants to see those; whoever names none gets what runs without.
    if (!(error instanceof StackError) || givenBy(process.env).brokers !== undefined) throw error;
    onProgress(`No broker: ${error.message}`);
    return error.message;
  }
}

async function costsAlone(asked: Asked, leftOut: readonly string[]): Promise<Results> {
  const { options, onProgress } = asked;
  const pinning = pin();
  const name = options.machine ?? machineName();
  onProgress(`${name}; ${pinning.note}`);
  if (options.costs === false) throw new BenchError(`Nothing is left to measure. ${leftOut.join(' ')}`);
  const measured = await costs(asked, pinning);
  return { machine: name, pinning: pinning.note, rounds: options.rounds, costs: measured, leftOut };
}

function costs({ options, signal, onProgress }: Asked, pinning: Pinning): Promise<CostReport> {
  const seconds = options.quick ? COST_SECONDS.quick : COST_SECONDS.usual;
  const rounds = Math.min(options.rounds, MOST_COST_ROUNDS);
  return measureCosts({ rounds, seconds, pinned: pinning.measured, signal, onProgress });
}

async function throughBrokers(ground: Ground, { options, signal, onProgress }: Asked): Promise<Results> {
  const { events, rounds, partitions: counts, client, soak: minutes } = options;
  await buildTidemark(signal);
  const pinning = pin(ground.pids);
  const facts = { machine: options.machine ?? machine(), pinning: pinning.note, events, rounds };
  onProgress(`${facts.machine}; ${facts.pinning}`);
  const [partitions] = counts as [number];
  if (minutes !== undefined) {
    const soaked = await soak({ ground, pinning, partitions, minutes, client, onProgress });
    return { ...facts, partitions, ...soaked, targets: soakTargets(soaked) };
  }
  const arenas: Arena[] = [];
  for (const count of counts) {
    const input = ground.topicNamed(`transactions-${count}`);
    const { brokers, registryUrl } = ground;
    await ground.createTopic(input, count);
    await fillTopic({ brokers, registryUrl, topic: input, partitions: count, events, signal, onProgress });
    arenas.push({ ground, options, pinning, input, partitions: count, onProgress });
  }
  if (arenas.length > 1) {
    const points = await sweep(arenas, rounds);
    return { ...facts, points, targets: sweepTargets(points) };
  }
  const contest = await holdContest(arenas[0]!);
  return { ...facts, partitions, ...contest, targets: contestTargets(contest) };
}

const interrupt = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => interrupt.abort());
const options = chosen(benchCommand().parse());
const { signal } = interrupt;
const onProgress = (line: string) => console.error(line);
try {
  const saved = options.from?.map((file) => readResults(file, options.machine));
  const all = saved ?? [await bench({ options, signal, onProgress })];
  if (options.json) console.log(JSON.stringify(all.length === 1 ? all[0] : all, undefined, 2));
  else console.log(`\n${all.map(reportText).join('\n\n')}`);
  if (options.charts !== undefined) {
    for (const line of await drawCharts(all, options.charts)) onProgress(line);
  }
} catch (error) {
  const expected = error instanceof BenchError || error instanceof StackError;
  console.error(signal.aborted ? 'Stopped; nothing is left behind.' : expected ? error.message : error);
  process.exitCode = signal.aborted ? 130 : 1;
}
process.exit();
