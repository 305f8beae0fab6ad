/** What is shown of a benchmark. */
import type { Contest } from './contest.ts';
import type { Soak } from './soak.ts';
import type { StageReport } from './stageCosts.ts';
import { spreadOf } from './statistics.ts';
import type { SweepPoint } from './sweep.ts';
import { fixed, shown, table, thousands } from './table.ts';
import type { Target } from './targets.ts';

export function contestTable({ standings, leftOut }: Contest): string {
  const rows = standings.map(({ title, eventsPerSecond, behind, cpuMicrosPerEvent, maxRssMiB }, place) => [
    title,
    shown(eventsPerSecond, thousands),
    place === 0 ? '' : shown(behind, (ratio) => `${ratio.toFixed(1)} x`),
    shown(cpuMicrosPerEvent, fixed(1)),
    shown(maxRssMiB, fixed(0)),
  ]);
  const head = ['', 'events/s', 'Tidemark is faster by', 'us of CPU an event', 'peak MiB'];
  return [table([head, ...rows]), ...leftOut].join('\n');
}

export function stagesTable({ stages, ofTime, ofCpu }: StageReport): string {
  const rows = stages.map(({ name, nanos, cpuNanos }) => [
    name,
    shown(nanos, fixed(0)),
    shown(cpuNanos, fixed(0)),
  ]);
  const percent = (value: number) => `${Math.round(value * 100)} %`;
  const line = (what: string, { sumEventsPerSecond, share }: StageReport['ofTime']) =>
    `${what} allows ${shown(sumEventsPerSecond, thousands)} events/s; the whole reaches ${shown(share, percent)} of that.`;
  return [
    table([['stage, alone', 'ns an event', 'of which CPU'], ...rows]),
    line('The sum of their CPU time', ofCpu),
    line('With what they wait for the broker, it', ofTime),
  ].join('\n');
}

export function sweepTable(points: readonly SweepPoint[]): string {
  const rows = points.map(({ partitioner, partitions, eventsPerSecond, microsPerEvent, ...point }) => [
    partitioner,
    String(partitions),
    shown(eventsPerSecond, thousands),
    shown(microsPerEvent, fixed(2)),
    `${point.relativeCost.toFixed(2)} x`,
    shown(point.cpuMicrosPerEvent, fixed(2)),
    `${point.relativeCpu.toFixed(2)} x`,
    shown(point.maxRssMiB, fixed(0)),
  ]);
  const head = [
    'partitioner',
    'partitions',
    'events/s',
    'us an event',
    'to the least',
    'us of CPU an event',
    'to the least',
    'peak MiB',
  ];
  return table([head, ...rows]);
}

export function soakText({ looks, peakMiB }: Soak): string {
  const resident = looks.map(({ rssMiB }) => rssMiB);
  const speeds = spreadOf(looks.map(({ eventsPerSecond }) => eventsPerSecond));
  const starved = looks.filter(({ lag }) => lag === 0).length;
  return [
    `${shown(speeds, thousands)} events/s; ${shown(spreadOf(resident), fixed(0))} MiB resident, ${peakMiB.toFixed(0)} MiB at most.`,
    ...(starved === 0 ? [] : [`In ${starved} of ${looks.length} looks nothing waited to be read.`]),
  ].join('\n');
}

export function targetsTable(targets: readonly Target[]): string {
  const rows = targets.map(({ what, wanted, measured, met }) => [what, wanted, measured, met ? 'yes' : 'NO']);
  return table([['target', 'wanted', 'measured', 'met'], ...rows]);
}
