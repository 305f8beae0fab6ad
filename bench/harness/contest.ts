/** Tidemark and its peers in turn, each as a process that scores the same topic from its beginning to its end. */
import { recordsIn } from '../../tools/demo/topicOffsets.ts';
import { disagreement, readSample, type Sample } from './agreement.ts';
import { type Contestant, readyPeer, tidemark } from './contestants.ts';
import type { Ground } from './ground.ts';
import { jobFor, type Outcome, outcomeIn } from './job.ts';
import { reasonIn } from './needs.ts';
import type { BenchOptions } from './options.ts';
import type { Pinning } from './pinning.ts';
import { CommandFailure, prefixed, run, withProfile } from './process.ts';
import { runLine } from './runLine.ts';
import { measureStages, type StageCost, type StageReport, stageReport } from './stageCosts.ts';
import { ratioOf, rotated, type Spread, spreadOf } from './statistics.ts';

/** Records of each partition of a contestant's output that are compared with Tidemark's. */
const COMPARED = 1_000;

export interface Standing {
  readonly name: Contestant['name'];
  readonly title: string;
  readonly runs: readonly Outcome[];
  readonly eventsPerSecond: Spread;
  readonly cpuMicrosPerEvent: Spread;
  readonly maxRssMiB: Spread;
  /** How many times faster Tidemark was in the same round. */
  readonly behind: Spread;
}

export interface Contest {
  readonly standings: readonly Standing[];
  /** Peers that could not run here, and why. */
  readonly leftOut: readonly string[];
  readonly stages: StageReport | undefined;
}

export interface Arena {
  readonly ground: Ground;
  readonly options: BenchOptions;
  readonly pinning: Pinning;
  readonly input: string;
  readonly partitions: number;
  readonly onProgress: (line: string) => void;
}

export async function holdContest(arena: Arena): Promise<Contest> {
  const { ground, options, onProgress } = arena;
  let contestants = [tidemark];
  const leftOut: string[] = [];
  for (const name of options.peers) {
    const peer = await readyPeer(name, { signal: ground.signal, onProgress });
    if (typeof peer === 'string') leftOut.push(`${name} is left out: ${peer}`);
    else contestants.push(peer);
  }
  for (const line of leftOut) onProgress(line);
  // The brokers' code is compiled and what they know of the topic is at hand: not at the first contestant's expense.
  onProgress('One run that does not count ...');
  const first = await measure(tidemark, 'uncounted', arena, { sample: true });
  const runs = new Map(contestants.map(({ name }) => [name, [] as Outcome[]]));
  const stages: StageCost[][] = [];
  for (let round = 1; round <= options.rounds; round++) {
    for (const contestant of rotated(contestants, round - 1)) {
      const measured = await measureOrReason(contestant, round, arena);
      if (typeof measured === 'string') {
        contestants = contestants.filter((other) => other !== contestant);
        leftOut.push(`${contestant.name} is left out: it failed in round ${round}: ${measured}`);
        onProgress(leftOut.at(-1)!);
        continue;
      }
      runs.get(contestant.name)!.push(measured.outcome);
      onProgress(`${round}/${options.rounds}  ${runLine(contestant.name, measured.outcome)}`);
      if (round === 1) requireAgreement(contestant.name, first.sample!, measured.sample!);
    }
    if (options.stages) stages.push(await stagesOf(arena, round));
  }
  const ours = speeds(runs.get('tidemark')!);
  return {
    standings: contestants.map((each) => standingOf(each, runs.get(each.name)!, ours)),
    leftOut,
    stages: options.stages ? stageReport(stages, ours) : undefined,
  };
}

/** A run that counts; in a sentence why there is none when a peer's process failed, which takes nothing from the others. */
async function measureOrReason(
  contestant: Contestant,
  round: number,
  arena: Arena,
): Promise<Measured | string> {
  try {
    return await measure(contestant, `${round}`, arena, { sample: round === 1 });
  } catch (error) {
    if (contestant === tidemark || !(error instanceof CommandFailure)) throw error;
    return reasonIn(error.message);
  }
}

function stagesOf(
  { ground, options, pinning, input, partitions }: Arena,
  round: number,
): Promise<StageCost[]> {
  const { events, client } = options;
  return measureStages(ground, { input, partitions, round, events, client, pinned: pinning.measured });
}

function standingOf(
  { name, title }: Contestant,
  runs: readonly Outcome[],
  ours: readonly number[],
): Standing {
  return {
    name,
    title,
    runs,
    eventsPerSecond: spreadOf(speeds(runs)),
    cpuMicrosPerEvent: spreadOf(runs.map(({ cpuSeconds, scored }) => (cpuSeconds / scored) * 1e6)),
    maxRssMiB: spreadOf(runs.map(({ maxRssMiB }) => maxRssMiB)),
    behind: ratioOf(ours, speeds(runs)),
  };
}

function speeds(runs: readonly Outcome[]): number[] {
  return runs.map(({ scored, seconds }) => scored / seconds);
}

function requireAgreement(name: string, ours: Sample, theirs: Sample): void {
  const found = disagreement(ours, theirs);
  if (found !== undefined) throw new Error(`${name} does not publish what Tidemark does: ${found}`);
}

export interface Measuring {
  /** Whether some of what it wrote is to be read back. */
  readonly sample?: boolean;
  readonly partitioner?: 'key' | 'source';
  /** A topic that an earlier run wrote to, or that is made and stays; without it, one of the run's own. */
  readonly output?: string;
}

interface Measured {
  readonly outcome: Outcome;
  readonly sample: Sample | undefined;
}

/** One run of one contestant, with a group of its own; rejects unless it wrote every event once. */
export async function measure(
  contestant: Contestant,
  label: string,
  arena: Arena,
  { sample = false, partitioner, output }: Measuring,
): Promise<Measured> {
  const { ground, options, pinning, input, partitions } = arena;
  const { signal } = ground;
  const name = ground.topicNamed(`${contestant.name}-${label}`);
  const { client } = options;
  const pipeline = await ground.newPipeline({ input, partitions, run: name, output, client, partitioner });
  const job = await jobFor(pipeline, { ground, events: options.events });
  const command = contestant.command(job, pipeline);
  const profiled = withProfile(command, options.cpuProf, `${contestant.name}-${label}`);
  const outcome = outcomeIn(await run(prefixed(pinning.measured, profiled), ground.env, signal));
  const written = await recordsIn(pipeline.output, ground.admin);
  if (outcome.scored !== options.events || written !== options.events) {
    throw new Error(
      `${contestant.name} says ${outcome.scored} and wrote ${written} of ${options.events} events`,
    );
  }
  const read = sample ? await readSample(ground, pipeline.output, COMPARED) : undefined;
  await (output === undefined ? ground.forget(pipeline) : ground.empty(pipeline));
  return { outcome, sample: read };
}
