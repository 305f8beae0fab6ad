/** What is shown of a benchmark. */
import type { Contest } from './contest.ts';
import type { CostReport, Dimension, MeasuredCost } from './costs.ts';
import type { Results } from './results.ts';
import type { Look } from './soak.ts';
import type { StageReport } from './stageCosts.ts';
import { spreadOf } from './statistics.ts';
import type { SweepPoint } from './sweep.ts';
import { fixed, shown, table, thousands } from './table.ts';
import type { Target } from './targets.ts';

/** Everything that was found, for people. */
export function reportText(results: Results): string {
  const { standings, stages, points, looks, peakMiB, costs, targets, leftOut = [] } = results;
  return [
    `${results.machine}; ${results.pinning}${settingText(results)}`,
    ...(looks === undefined ? [] : [soakText(looks, peakMiB!)]),
    ...(standings === undefined ? [] : [contestTable(standings)]),
    ...(stages === undefined ? [] : [stagesTable(stages)]),
    ...(points === undefined ? [] : [sweepTable(points)]),
    ...(costs === undefined ? [] : [costsText(costs)]),
    ...(targets === undefined ? [] : [targetsTable(targets)]),
    ...(leftOut.length === 0 ? [] : [leftOut.join('\n')]),
  ].join('\n\n');
}

function settingText({ events, rounds, partitions, points, looks, standings }: Results): string {
  if (looks !== undefined || (standings === undefined && points === undefined)) return '';
  const counts = points === undefined ? [partitions] : [...new Set(points.map((point) => point.partitions))];
  return `\n${events} events, ${counts.join(', ')} partitions, ${rounds} rounds in turn: median (least..most)`;
}

function contestTable(standings: Contest['standings']): string {
  const rows = standings.map(({ title, eventsPerSecond, behind, cpuMicrosPerEvent, maxRssMiB }, place) => [
    title,
    shown(eventsPerSecond, thousands),
    place === 0 ? '' : shown(behind, (ratio) => `${ratio.toFixed(1)} x`),
    shown(cpuMicrosPerEvent, fixed(1)),
    shown(maxRssMiB, fixed(0)),
  ]);
  const head = ['', 'events/s', 'Tidemark is faster by', 'us of CPU an event', 'peak MiB'];
  return table([head, ...rows]);
}

function stagesTable({ stages, ofTime, ofCpu }: StageReport): string {
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

function sweepTable(points: readonly SweepPoint[]): string {
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

const VARIED: Record<Dimension, string> = {
  columns: 'columns',
  payload: 'carried',
  batch: 'rows of a batch',
  model: 'model',
};

function costsText({ rounds, base, card, points }: CostReport): string {
  const row = (name: string, { whole, decode, score, encode }: MeasuredCost, ratio: string) => [
    name,
    shown(whole, fixed(0)),
    ratio,
    ...[decode, score, encode].map(({ median }) => fixed(0)(median)),
  ];
  const rows = points.map((point) =>
    row(
      `${VARIED[point.dimension]}: ${point.label}`,
      point,
      point.isBase ? '' : shown(point.toBase, (ratio) => `${ratio.toFixed(2)} x`),
    ),
  );
  const head = ['', 'ns of CPU an event', 'to the base', 'decode alone', 'score alone', 'encode alone'];
  return [
    `What an event costs between a source and a sink in memory, without Kafka; ${rounds} rounds in turn: median (least..most).`,
    `The base: ${base}.`,
    '',
    table([head, row('card payments of the demo', card, ''), ...rows]),
  ].join('\n');
}

function soakText(looks: readonly Look[], peakMiB: number): string {
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
