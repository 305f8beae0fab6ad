import cliTruncate from 'cli-truncate';
import stringWidth from 'string-width';
import { clock, compact, counted, finePercent, milliseconds, minute, percent, whole } from '../numbers.ts';
import type { ShownReplica, Snapshot, Tone } from '../snapshot.ts';
import { areaPlot, roundTop } from './areaPlot.ts';

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

export type Paint = (tone: Tone, text: string) => string;

/** The least height of a plot, and what is left to the flagged events before it grows beyond that. */
const LEAST_PLOT = 3;
const MOST_PLOT = 8;
const FLAGGED_FIRST = 5;
/** From here on two plots stand side by side. */
const WIDE = 72;
const NARROW = 50;
const NAME_WIDTH = 10;
const AXIS_WIDTH = 8;
const GAP = 3;

/** What a terminal of this size shows: at most so many lines, none wider than it is. */
export function screen(snapshot: Snapshot, size: Size, paint: Paint): string[] {
  const width = size.columns - 1;
  const head = header(snapshot, width, paint);
  const facts = factLines(snapshot, width, paint);
  const room = size.rows - head.length - facts.length;
  const height = plotHeight(room);
  const plot = height === 0 ? numberLines(snapshot, paint) : [...plots(snapshot, width, height, paint), ''];
  const lines = [...head, ...plot, ...facts];
  lines.push(...flaggedLines(snapshot, size.rows - lines.length, paint));
  return lines.slice(0, size.rows).map((line) => cliTruncate(line, width));
}

/** A plot takes two lines beside its rows, and two numbers would take one where there is no room for it. */
function plotHeight(room: number): number {
  const rows = Math.floor((room - 2 - FLAGGED_FIRST) * 0.6);
  if (room < LEAST_PLOT + 2) return 0;
  return Math.max(LEAST_PLOT, Math.min(MOST_PLOT, rows));
}

function header(snapshot: Snapshot, width: number, paint: Paint): string[] {
  const { model, simulatedMs, share, elapsedMs, emitted } = snapshot;
  const left = `${paint('heading', 'tidemark')}  ${model}`;
  const events = width < WIDE ? '' : `${counted(emitted.events, 'event')} emitted   `;
  const right = paint('faint', `${events}${clock(elapsedMs)}`);
  const date = `${width < WIDE ? '' : 'simulated world at '}${minute(simulatedMs)}`;
  const bar = share === undefined ? paint('faint', 'until Ctrl-C') : progressBar(share, width, date, paint);
  return [apart(left, right, width), apart(date, bar, width), ''];
}

function progressBar(share: number, width: number, beside: string, paint: Paint): string {
  const text = percent(share).padStart(6);
  const cells = Math.max(5, Math.min(40, width - stringWidth(beside) - text.length - GAP));
  const done = Math.round(share * cells);
  return `${paint('plot', '━'.repeat(done))}${paint('faint', '━'.repeat(cells - done))}${text}`;
}

interface Panel {
  readonly title: string;
  readonly figures: string;
  readonly values: readonly number[];
  readonly axis: (most: number) => Axis;
}

interface Axis {
  /** Of the whole height, in what is drawn. */
  readonly top: number;
  /** What is drawn of a value. */
  readonly level: (value: number) => number;
  readonly labels: readonly [top: string, bottom: string];
}

function linear(most: number): Axis {
  const top = roundTop(most);
  return { top, level: (value) => value, labels: [whole(top), '0'] };
}

/** Latencies of usual days and of a rebalance differ by a factor of a thousand: from 1 ms on, each power of ten is as high. */
function logarithmic(most: number): Axis {
  const top = Math.max(1, Math.ceil(Math.log10(Math.max(1, most))));
  const level = (ms: number) => (ms <= 0 ? 0 : Math.max(Number.EPSILON, Math.log10(ms)));
  return { top, level, labels: [milliseconds(10 ** top), '1 ms'] };
}

function panels({ scored, latency, past }: Snapshot): readonly [Panel, Panel] {
  return [
    {
      title: 'scored',
      figures: `${whole(scored.perSecond)} a second`,
      values: past.map(({ perSecond }) => perSecond),
      axis: linear,
    },
    {
      title: 'event to score',
      figures:
        latency === undefined ? '' : `p50 ${milliseconds(latency.p50Ms)}  p99 ${milliseconds(latency.p99Ms)}`,
      values: past.map(({ p99Ms }) => p99Ms),
      axis: logarithmic,
    },
  ];
}

function numberLines(snapshot: Snapshot, paint: Paint): string[] {
  return panels(snapshot).map(({ title, figures }) => fact(title.slice(0, NAME_WIDTH), figures, paint));
}

function plots(snapshot: Snapshot, width: number, height: number, paint: Paint): string[] {
  const [rate, latency] = panels(snapshot);
  if (width < WIDE) {
    return [...panelLines(rate, width, height, paint), fact('latency', latency.figures, paint)];
  }
  const half = Math.floor((width - GAP) / 2);
  const right = panelLines(latency, half, height, paint);
  return panelLines(rate, half, height, paint).map((line, row) => `${line}${' '.repeat(GAP)}${right[row]}`);
}

function panelLines({ title, figures, values, axis }: Panel, width: number, height: number, paint: Paint) {
  const room = width - AXIS_WIDTH - 2;
  const { top, level, labels } = axis(Math.max(...values.slice(-room), 0));
  const drawn = areaPlot(values.map(level), room, height, top);
  const label = (row: number) => (row === 0 ? labels[0] : row === height - 1 ? labels[1] : '');
  return [
    padEnd(`${paint('faint', title)}  ${paint('heading', figures)}`, width),
    ...drawn.map(
      (line, row) => `${paint('faint', `${label(row).padStart(AXIS_WIDTH)} │`)}${paint('plot', line)}`,
    ),
  ];
}

function factLines(snapshot: Snapshot, width: number, paint: Paint): string[] {
  return [
    fact('lag', lagText(snapshot.lag, width - NAME_WIDTH - 1, paint), paint),
    fact('batches', batchText(snapshot, width), paint),
    // They say themselves what they are where there is no room for a name.
    width < NARROW
      ? decisionText(snapshot, width, paint)
      : fact('decisions', decisionText(snapshot, width, paint), paint),
    ...replicaLines(snapshot.replicas, width, paint),
  ];
}

function fact(name: string, text: string, paint: Paint): string {
  return `${paint('faint', name.padEnd(NAME_WIDTH))} ${text}`;
}

const LEVELS = [...'▁▂▃▄▅▆▇█'];

/** Each partition with its lag where there is room for that, else as the height of one character. */
function lagText(lag: readonly number[], width: number, paint: Paint): string {
  const all = lag.reduce((sum, records) => sum + records, 0);
  const most = Math.max(...lag, 1);
  const level = (records: number) =>
    paint('plot', LEVELS[Math.ceil((records / most) * (LEVELS.length - 1))]!);
  const total = `${whole(all)} in ${counted(lag.length, 'partition')}`;
  const each = lag.map((records, partition) => `${partition} ${level(records)} ${whole(records)}`).join('  ');
  const long = `${each}  ${paint('faint', `committed every second`)}`;
  if (stringWidth(long) <= width) return long;
  return stringWidth(each) <= width ? each : `${total} ${lag.map(level).join('')}`;
}

function batchText({ batches: { rows, closed } }: Snapshot, width: number): string {
  if (closed.size === 0) return 'none';
  const reasons = [...closed].filter(([, share]) => share > 0).sort((a, b) => b[1] - a[1]);
  const why = reasons.map(([reason, share]) => `${reason} ${percent(share)}`).join('  ');
  const size = rows < 10 ? rows.toFixed(1) : whole(rows);
  return width < WIDE ? `${size} rows  ${why}` : `${size} rows on the mean, closed because ${why}`;
}

function decisionText({ decisions }: Snapshot, width: number, paint: Paint): string {
  const all = decisions.reduce((sum, { events }) => sum + events, 0);
  return decisions
    .map(({ name, tone, events }) => {
      const share = all === 0 || width < WIDE ? '' : paint('faint', ` ${finePercent(events / all)}`);
      return `${paint(tone, name)} ${width < WIDE ? compact(events) : whole(events)}${share}`;
    })
    .join(width < WIDE ? ' ' : '   ');
}

function replicaLines(replicas: readonly ShownReplica[], width: number, paint: Paint): string[] {
  return replicas.map(({ number, pid, url, state, leases, perSecond, pausedBy }, at) => {
    const waiting = pausedBy.length > 0 ? paint('alarm', `, waits for its ${pausedBy.join(' and ')}`) : '';
    const doing =
      state === 'running'
        ? `${counted(leases, 'partition')}${width < WIDE ? '' : `, ${whole(perSecond)} a second`}${waiting}`
        : paint('alarm', state);
    return fact(
      at === 0 ? counted(replicas.length, 'replica') : '',
      `${number}: pid ${pid}, ${doing}${state === 'running' && width >= WIDE ? paint('faint', `  ${url}`) : ''}`,
      paint,
    );
  });
}

function flaggedLines({ flagged, decisions }: Snapshot, room: number, paint: Paint): string[] {
  if (room < 2 || flagged.length === 0) return [];
  const tones = new Map(decisions.map(({ name, tone }) => [name, tone]));
  const lines = flagged.slice(0, room - 1).map(({ decision, score, line }) => {
    const name = paint(tones.get(decision) ?? 'calm', decision.padEnd(NAME_WIDTH));
    return `${name} ${score.toFixed(3)}  ${line}`;
  });
  return ['', ...lines];
}

function apart(left: string, right: string, width: number): string {
  return `${left}${' '.repeat(Math.max(1, width - stringWidth(left) - stringWidth(right)))}${right}`;
}

function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - stringWidth(text)));
}
