/** What an event costs Tidemark when it comes from, and goes to, more partitions. */
import { type Arena, measure } from './contest.ts';
import { tidemark } from './contestants.ts';
import type { Outcome } from './job.ts';
import { runLine } from './runLine.ts';
import { rotated, type Spread, spreadOf } from './statistics.ts';

const PARTITIONERS = ['source', 'key'] as const;

export interface SweepPoint {
  readonly partitioner: 'source' | 'key';
  readonly partitions: number;
  readonly runs: readonly Outcome[];
  readonly eventsPerSecond: Spread;
  /** With the time that the brokers take for it: they open files for each partition that is written for the first time. */
  readonly microsPerEvent: Spread;
  /** User and system time, start-up included. */
  readonly cpuMicrosPerEvent: Spread;
  readonly maxRssMiB: Spread;
  /** Time to that of the least costly number of partitions with the same partitioner; of medians. */
  readonly relativeCost: number;
  /** The same of CPU time, which leaves out what the brokers take. */
  readonly relativeCpu: number;
}

/** @param arenas one for each number of partitions, their topics filled */
export async function sweep(arenas: readonly Arena[], rounds: number): Promise<SweepPoint[]> {
  const points = PARTITIONERS.flatMap((partitioner) =>
    arenas.map((arena) => ({ arena, partitioner, runs: [] as Outcome[] })),
  );
  // Brokers take long over the first record of a partition; that is paid once in a topic's life, and not by the measured runs.
  for (const point of points) await runOf(point, 'uncounted', ' that does not count');
  for (let round = 1; round <= rounds; round++) {
    for (const point of rotated(points, round - 1)) {
      point.runs.push(await runOf(point, `${round}`, `, round ${round} of ${rounds}`));
    }
  }
  const measured = points.map(({ arena, partitioner, runs }) => ({
    partitioner,
    partitions: arena.partitions,
    runs,
    eventsPerSecond: spreadOf(runs.map(({ scored, seconds }) => scored / seconds)),
    microsPerEvent: spreadOf(runs.map(({ scored, seconds }) => (seconds / scored) * 1e6)),
    cpuMicrosPerEvent: spreadOf(runs.map(({ scored, cpuSeconds }) => (cpuSeconds / scored) * 1e6)),
    maxRssMiB: spreadOf(runs.map(({ maxRssMiB }) => maxRssMiB)),
  }));
  return measured.map((point) => ({
    ...point,
    relativeCost: relative(point, measured, (each) => each.microsPerEvent.median),
    relativeCpu: relative(point, measured, (each) => each.cpuMicrosPerEvent.median),
  }));
}

type Point = Pick<SweepPoint, 'partitioner'> & { readonly arena: Arena };

/** Runs of the same point write to the same topic, which is emptied between them. */
async function runOf({ arena, partitioner }: Point, run: string, which: string): Promise<Outcome> {
  const { partitions, ground, onProgress } = arena;
  const label = `${partitioner}-${partitions}`;
  const output = ground.topicNamed(`swept-${label}`);
  const { outcome } = await measure(tidemark, `${label}-${run}`, arena, { partitioner, output });
  onProgress(`${runLine(label, outcome)}${which}`);
  return outcome;
}

type Costed = Pick<SweepPoint, 'partitioner' | 'microsPerEvent' | 'cpuMicrosPerEvent'>;

function relative(point: Costed, all: readonly Costed[], costOf: (point: Costed) => number): number {
  const same = all.filter(({ partitioner }) => partitioner === point.partitioner);
  return costOf(point) / Math.min(...same.map(costOf));
}
