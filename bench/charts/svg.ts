/** Charts as SVG: readable on light and on dark pages, with a text alternative, and the same bytes for the same numbers. */
import * as vega from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import type { AnyChart, BarChart, LineChart, Mark } from './charts.ts';

const WIDTH = 420;
const BAR_HEIGHT = 30;
const LINES_HEIGHT = 220;
/** Of a character, to its height: wide enough for the sans-serif fonts that browsers choose. */
const CHARACTER_WIDTH = 0.58;
const TICKS = 6;
/** Room for the words beside the longest bar. */
const ROOM = 1.35;
/** What is drawn in these colours has others on dark pages. */
const ON_DARK: Readonly<Record<string, string>> = {
  '#1f2328': '#e6edf3',
  '#d0d7de': '#3d444d',
  '#4c78a8': '#79a7d9',
  '#b35900': '#f2a65a',
};
const [INK, GRID, FIRST, SECOND] = Object.keys(ON_DARK) as [string, string, string, string];

const CONFIG = {
  background: 'transparent',
  font: 'sans-serif',
  view: { stroke: null },
  axis: {
    labelColor: INK,
    titleColor: INK,
    gridColor: GRID,
    domainColor: GRID,
    tickColor: GRID,
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: 'normal',
    labelLimit: 0,
    titleLimit: 0,
  },
  legend: { labelColor: INK, labelFontSize: 12, labelLimit: 0, title: null, orient: 'top' },
  title: {
    color: INK,
    subtitleColor: INK,
    fontSize: 15,
    subtitleFontSize: 11,
    subtitleLineHeight: 15,
    subtitlePadding: 6,
    offset: 12,
    anchor: 'start',
    frame: 'bounds',
  },
} satisfies TopLevelSpec['config'];

interface TextMetrics {
  width(item: { readonly fontSize?: number }, text: unknown): number;
}
// Without a canvas to measure on, Vega takes characters for wider than they are, and leaves gaps. This is its place for another
// measure, which its types leave out.
(vega as unknown as { textMetrics: TextMetrics }).textMetrics.width = ({ fontSize = 11 }, text) =>
  String(text).length * fontSize * CHARACTER_WIDTH;

export async function svgOf(chart: AnyChart): Promise<string> {
  // Ids of clipping paths count up over all charts of a process.
  vega.resetSVGDefIds();
  const { spec } = compile(chart.kind === 'bars' ? barsSpec(chart) : linesSpec(chart));
  const view = new vega.View(vega.parse(spec), { renderer: 'none' });
  try {
    return dressed(await view.toSVG(), chart);
  } finally {
    view.finalize();
  }
}

/** What a chart shows, in words: the alternative for who does not see it. */
export function wordsOf(chart: AnyChart): string {
  const listed = (marks: readonly Mark[]) => marks.map(({ label, text }) => `${label}: ${text}`).join(', ');
  if (chart.kind === 'bars') return `${chart.title}: ${listed(chart.marks)}.`;
  const lines = chart.lines.map(({ name, marks }) => `${name}, ${listed(marks)}`);
  return `${chart.title} (${chart.over}): ${lines.join('; ')}.`;
}

function valuesOf(marks: readonly Mark[], line = ''): object[] {
  return marks.map(({ label, text, spread }) => ({ label, text, line, ...spread }));
}

function barsSpec({ title, notes, measure, marks }: BarChart): TopLevelSpec {
  const widest = Math.max(...marks.map(({ spread }) => spread.most));
  return {
    width: WIDTH,
    height: { step: BAR_HEIGHT },
    config: CONFIG,
    title: { text: title, subtitle: [...notes] },
    data: { values: valuesOf(marks) },
    encoding: { y: { field: 'label', type: 'nominal', sort: null, title: null } },
    layer: [
      {
        mark: { type: 'bar', color: FIRST, height: { band: 0.6 } },
        encoding: {
          x: {
            field: 'median',
            type: 'quantitative',
            title: measure,
            scale: { domain: [0, widest * ROOM], nice: false },
            axis: { tickCount: TICKS },
          },
        },
      },
      {
        mark: { type: 'rule', color: INK, strokeWidth: 1.5 },
        encoding: { x: { field: 'least', type: 'quantitative' }, x2: { field: 'most' } },
      },
      {
        mark: { type: 'text', align: 'left', dx: 6, color: INK, fontSize: 12 },
        encoding: {
          x: { field: 'most', type: 'quantitative' },
          text: { field: 'text', type: 'nominal' },
        },
      },
    ],
  };
}

function linesSpec({ title, notes, measure, over, lines }: LineChart): TopLevelSpec {
  const color = {
    field: 'line',
    type: 'nominal',
    sort: null,
    scale: { domain: lines.map(({ name }) => name), range: [FIRST, SECOND] },
  } as const;
  const y = { type: 'quantitative', title: measure } as const;
  return {
    width: WIDTH,
    height: LINES_HEIGHT,
    config: CONFIG,
    title: { text: title, subtitle: [...notes] },
    data: { values: lines.flatMap(({ name, marks }) => valuesOf(marks, name)) },
    encoding: {
      x: { field: 'label', type: 'ordinal', sort: null, title: over, axis: { labelAngle: 0 } },
      xOffset: { field: 'line', type: 'nominal', sort: null },
    },
    layer: [
      { mark: { type: 'line', strokeWidth: 1.5 }, encoding: { y: { ...y, field: 'median' }, color } },
      {
        mark: { type: 'rule', strokeWidth: 1.5 },
        encoding: { y: { ...y, field: 'least', scale: { domainMin: 0 } }, y2: { field: 'most' }, color },
      },
      {
        mark: { type: 'point', filled: true, size: 60, opacity: 1 },
        encoding: { y: { ...y, field: 'median' }, color, shape: { ...color, scale: undefined } },
      },
      {
        mark: { type: 'text', align: 'left', dx: 5, dy: -8, color: INK, fontSize: 11 },
        encoding: { y: { ...y, field: 'median' }, text: { field: 'text', type: 'nominal' } },
      },
    ],
  };
}

/** Adds the text alternative and the colours for dark pages. */
function dressed(svg: string, chart: AnyChart): string {
  const dark = Object.entries(ON_DARK).map(
    ([light, color]) => `[fill="${light}"]{fill:${color}}[stroke="${light}"]{stroke:${color}}`,
  );
  const head = [
    `<title>${escaped(chart.title)}</title>`,
    `<desc>${escaped(`${wordsOf(chart)} ${chart.notes.join('. ')}.`)}</desc>`,
    `<style>@media (prefers-color-scheme:dark){${dark.join('')}}</style>`,
  ].join('\n');
  // The picture as a whole has its words; what Vega says of single bars would be read besides.
  const silent = svg.replace(/ (?:role|aria-[a-z]+)="[^"]*"/g, '');
  return `${silent.replace(/<svg ([^>]*)>/, `<svg role="img" $1>\n${head}\n`)}\n`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
