/** What is to be reached, and whether it was. */
import type { Contest } from './contest.ts';
import type { PeerName } from './contestants.ts';
import type { Soak } from './soak.ts';
import type { SweepPoint } from './sweep.ts';

export interface Target {
  readonly what: string;
  readonly wanted: string;
  readonly measured: string;
  readonly met: boolean;
}

/** How many times faster than each peer, by the median of the rounds. */
const FASTER: Record<PeerName, number> = { java: 3, python: 6, kafkajs: 9, streams: 10 };
/** Of the events a second that the stages alone would allow, one after another. */
const SHARE_OF_STAGES = 0.8;
const MAX_MEGABYTES = 256;
/** Between the least and the most costly number of partitions. */
const MAX_RELATIVE_COST = 1.5;
/** Of what is resident, over the time in which growth is looked for: less is no more than the noise of a collector. */
const GROWTH_SHARE = 0.02;
const BYTES_PER_MIB = 1024 * 1024;

export function contestTargets({ standings, stages }: Contest): Target[] {
  const targets: Target[] = [];
  for (const { name, behind } of standings) {
    if (name === 'tidemark') continue;
    const times = FASTER[name];
    targets.push({
      what: `faster than ${name}`,
      wanted: `${times} x`,
      measured: `${behind.median.toFixed(1)} x`,
      met: behind.median >= times,
    });
  }
  if (stages !== undefined) {
    const { median } = stages.ofTime.share;
    targets.push({
      what: 'of what the stages alone allow',
      wanted: percent(SHARE_OF_STAGES),
      measured: percent(median),
      met: median >= SHARE_OF_STAGES,
    });
  }
  const ours = standings.find(({ name }) => name === 'tidemark');
  return ours === undefined ? targets : [...targets, memoryTarget(ours.maxRssMiB.most)];
}

/** With `key` a batch goes to all partitions, however few rows there are for each: that is told, and no target. */
export function sweepTargets(points: readonly SweepPoint[]): Target[] {
  const ofSource = points.filter(({ partitioner }) => partitioner === 'source');
  const target = (what: string, costs: readonly number[]): Target => {
    const most = Math.max(...costs);
    return {
      what: `${what} of an event over all numbers of partitions, source`,
      wanted: `${MAX_RELATIVE_COST} x`,
      measured: `${most.toFixed(2)} x`,
      met: most <= MAX_RELATIVE_COST,
    };
  };
  return [
    target(
      'time',
      ofSource.map(({ relativeCost }) => relativeCost),
    ),
    target(
      'CPU time',
      ofSource.map(({ relativeCpu }) => relativeCpu),
    ),
  ];
}

export function soakTargets({ peakMiB, growth }: Soak): Target[] {
  const { mibPerMinute, minutes, residentMiB } = growth;
  const grows = mibPerMinute * minutes > residentMiB * GROWTH_SHARE;
  return [
    memoryTarget(peakMiB),
    {
      what: `memory over the last ${minutes.toFixed(1)} minutes`,
      wanted: 'flat',
      measured: `${grows ? 'GROWS by' : 'flat:'} ${mibPerMinute.toFixed(2)} MiB a minute`,
      met: !grows,
    },
  ];
}

function memoryTarget(peakMiB: number): Target {
  const megabytes = (peakMiB * BYTES_PER_MIB) / 1e6;
  return {
    what: 'peak memory',
    wanted: `${MAX_MEGABYTES} MB`,
    measured: `${megabytes.toFixed(0)} MB`,
    met: megabytes < MAX_MEGABYTES,
  };
}

function percent(value: number): string {
  return `${Math.round(value * 100)} %`;
}
