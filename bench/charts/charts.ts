/** Which charts can be drawn of results, and what is on each: words and numbers, no drawing. */
import type { CostPoint, Dimension } from '../harness/costs.ts';
import type { Results } from '../harness/results.ts';
import type { Spread } from '../harness/statistics.ts';

/** One measured thing of a chart. */
export interface Mark {
  readonly label: string;
  readonly spread: Spread;
  /** Its median as people read it. */
  readonly text: string;
}

interface Chart {
  /** Without its ending. */
  readonly file: string;
  readonly title: string;
  /** How it was measured, then on what machine. */
  readonly notes: readonly string[];
  /** What the values are, with their unit. */
  readonly measure: string;
}

export interface BarChart extends Chart {
  readonly kind: 'bars';
  readonly marks: readonly Mark[];
}

/** Lines over an ordered axis. */
export interface LineChart extends Chart {
  readonly kind: 'lines';
  /** What the labels of the marks are. */
  readonly over: string;
  readonly lines: readonly { readonly name: string; readonly marks: readonly Mark[] }[];
}

export type AnyChart = BarChart | LineChart;

/** Each chart of the first results that hold what it shows. */
export function chartsOf(all: readonly Results[]): AnyChart[] {
  const charts = all.flatMap((results) => [
    ...peersChart(results),
    ...stagesChart(results),
    ...costCharts(results),
    ...partitionsChart(results),
  ]);
  return charts.filter(({ file }, index) => charts.findIndex((other) => other.file === file) === index);
}

function peersChart(results: Results): BarChart[] {
  const peers = results.standings?.filter(({ name }) => name !== 'tidemark') ?? [];
  if (peers.length === 0) return [];
  return [
    {
      kind: 'bars',
      file: 'peers',
      title: 'How many times as fast Tidemark is as what people write by hand',
      notes: [brokerNote(results), results.machine],
      measure: 'Tidemark’s events/s to theirs of the same round (times)',
      marks: peers.map(({ title, behind }) => ({
        label: title,
        spread: behind,
        text: times(behind.median, 1),
      })),
    },
  ];
}

function stagesChart(results: Results): BarChart[] {
  const { stages } = results;
  if (stages === undefined) return [];
  const sum = stages.stages.reduce((total, { cpuNanos }) => total + cpuNanos.median, 0);
  return [
    {
      kind: 'bars',
      file: 'stages',
      title: 'Where the time of an event goes',
      notes: [`each stage alone, through a broker; ${brokerNote(results)}`, results.machine],
      measure: 'CPU time of an event, share of all stages’ (%)',
      marks: stages.stages.map(({ name, cpuNanos }) => {
        const spread = scaled(cpuNanos, 100 / sum);
        const text = `${spread.median.toFixed(0)} % (${cpuNanos.median.toFixed(0)} ns)`;
        return { label: name, spread, text };
      }),
    },
  ];
}

const COST_TITLES: Record<Dimension, string> = {
  columns: 'What an event costs by the number of the model’s columns',
  payload: 'What an event costs by the bytes that it carries to the output',
  batch: 'What an event costs by the rows of a batch',
  model: 'What an event costs by the model',
};

function costCharts({ costs, machine }: Results): BarChart[] {
  if (costs === undefined) return [];
  const base = costs.points.find(({ isBase }) => isBase)!;
  const how = `between a source and a sink in memory; ${roundsNote(costs.rounds)}`;
  return (Object.keys(COST_TITLES) as Dimension[]).map((dimension) => ({
    kind: 'bars',
    file: `cost-${dimension}`,
    title: COST_TITLES[dimension],
    notes: [`1 x: ${costs.base}; ${base.whole.median.toFixed(0)} ns of CPU`, how, machine],
    measure: 'CPU time of an event, to the base’s of the same round (times)',
    marks: costs.points.filter((point) => point.dimension === dimension).map(costMark),
  }));
}

function costMark({ label, toBase }: CostPoint): Mark {
  return { label, spread: toBase, text: times(toBase.median, toBase.median < 10 ? 2 : 0) };
}

function partitionsChart(results: Results): LineChart[] {
  const { points } = results;
  if (points === undefined) return [];
  const best = Math.max(...points.map(({ eventsPerSecond }) => eventsPerSecond.median));
  const partitioners = [...new Set(points.map(({ partitioner }) => partitioner))];
  return [
    {
      kind: 'lines',
      file: 'partitions',
      title: 'Throughput over partitions',
      notes: [`100 % are ${Math.round(best / 1000)} k events/s; ${brokerNote(results)}`, results.machine],
      measure: 'events/s, share of the most (%)',
      over: 'partitions of input and output',
      lines: partitioners.map((partitioner) => ({
        name: `partitioner ${partitioner}`,
        marks: points
          .filter((point) => point.partitioner === partitioner)
          .map(({ partitions, eventsPerSecond }) => {
            const spread = scaled(eventsPerSecond, 100 / best);
            const text = `${spread.median.toFixed(0)} %`;
            return { label: partitions.toLocaleString('en'), spread, text };
          }),
      })),
    },
  ];
}

function brokerNote({ events = 0, rounds, partitions }: Results): string {
  const over = partitions === undefined ? '' : `, ${partitions} partitions`;
  return `${events.toLocaleString('en')} card payments${over}, ${roundsNote(rounds)}`;
}

/** What the marks and the lines through them are of. */
function roundsNote(rounds: number): string {
  return rounds === 1 ? 'one round' : `${rounds} rounds in turn: median, least to most`;
}

function scaled({ median, least, most }: Spread, by: number): Spread {
  return { median: median * by, least: least * by, most: most * by };
}

function times(ratio: number, digits: number): string {
  return `${ratio.toFixed(digits)} x`;
}
