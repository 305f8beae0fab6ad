/** Results with one of everything, for what is made of them. */
import type { CostPoint, CostReport } from '../../bench/harness/costs.ts';
import type { Results } from '../../bench/harness/results.ts';
import { type Spread, spreadOf } from '../../bench/harness/statistics.ts';

const one = spreadOf([1]);
const around = (median: number): Spread => ({ median, least: median * 0.9, most: median * 1.2 });

const cost = (whole: number) => ({ whole: around(whole), decode: one, score: one, encode: one });

function point(dimension: CostPoint['dimension'], label: string, ratio: number): CostPoint {
  return { dimension, label, isBase: ratio === 1, toBase: around(ratio), ...cost(500 * ratio) };
}

const costs: CostReport = {
  rounds: 3,
  base: '15 columns',
  card: cost(450),
  points: [
    point('columns', '15', 1),
    point('columns', '1,000', 10),
    point('payload', '100 B', 1),
    point('batch', '4,096', 1),
    point('model', 'a < b & c', 7.5),
  ],
};

function standing(name: 'tidemark' | 'java' | 'kafkajs', title: string, behind: number) {
  const runs: never[] = [];
  return {
    name,
    title,
    runs,
    eventsPerSecond: one,
    cpuMicrosPerEvent: one,
    maxRssMiB: one,
    behind: around(behind),
  };
}

const stage = (name: 'decode' | 'produce', nanos: number) => ({
  name,
  nanos: one,
  cpuNanos: spreadOf([nanos]),
});
const share = { sumEventsPerSecond: one, share: one };

function swept(partitioner: 'source' | 'key', partitions: number, eventsPerSecond: number) {
  const rest = {
    runs: [],
    microsPerEvent: one,
    cpuMicrosPerEvent: one,
    maxRssMiB: one,
    relativeCost: 1,
    relativeCpu: 1,
  };
  return { partitioner, partitions, eventsPerSecond: spreadOf([eventsPerSecond]), ...rest };
}

const setting = { machine: '2 virtual cores', pinning: 'pinned', rounds: 5, events: 1_000_000 };

export const contestResults: Results = {
  ...setting,
  partitions: 4,
  standings: [
    standing('tidemark', 'Tidemark', 1),
    standing('java', 'plain Java consumer', 3.6),
    standing('kafkajs', 'kafkajs + avsc', 15.3),
  ],
  stages: { stages: [stage('decode', 100), stage('produce', 300)], ofTime: share, ofCpu: share },
  costs,
  leftOut: ['python is left out: no python3 was found on the PATH: install it.'],
};

export const sweepResults: Results = {
  ...setting,
  points: [swept('source', 1, 200_000), swept('source', 1_000, 100_000), swept('key', 1, 400_000)],
};

/** Of a machine where no broker can be had. */
export const costResults: Results = {
  machine: '2 virtual cores',
  pinning: 'pinned',
  rounds: 3,
  costs,
  leftOut: ['Everything that goes through a broker is left out. Install Java.'],
};
