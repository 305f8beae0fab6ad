/** What `tidemark top` shows of a group, as lines. */
import cliTruncate from 'cli-truncate';
import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';
import type { MemberReport, PartitionReport, PartitionState } from '../../service/group/report.ts';
import type { TopView } from '../../service/group/top.ts';
import { counted, duration, figure, percent } from '../../service/words.ts';
import type { Style } from '../output.ts';
import { type Column, table } from './table.ts';

export type Paint = (style: Style, text: string) => string;

export interface Size {
  readonly columns: number;
  /** Infinity where nothing scrolls away. */
  readonly rows: number;
}

const STATES: Readonly<Record<PartitionState, { readonly word: string; readonly style: Style | undefined }>> =
  {
    stuck: { word: 'stuck', style: 'red' },
    'no-owner': { word: 'no owner', style: 'red' },
    unknown: { word: 'not known', style: 'yellow' },
    behind: { word: 'behind', style: 'yellow' },
    'keeping-up': { word: 'keeping up', style: 'green' },
    idle: { word: 'idle', style: 'dim' },
  };
const WORST_FIRST = Object.keys(STATES);

/** From here on there is room for offsets and leaders. */
const WIDE = 100;
/** Of the lines below the head, so many go to replicas at most, as long as partitions need the rest. */
const REPLICA_SHARE = 0.35;

/** @returns at most `rows` lines, none wider than `columns` */
export function topScreen(view: TopView, { columns, rows }: Size, paint: Paint): string[] {
  const width = columns - 1;
  const head = [...headLines(view, width, paint), ...adviceLines(view, width, rows, paint), ''];
  const room = rows - head.length;
  const members = view.members.length === 0 ? [] : replicaLines(view, paint);
  const partitions = partitionLines(view, width, paint);
  const forMembers = Math.max(3, Math.floor(room * REPLICA_SHARE), room - partitions.length - 1);
  const shown = cut(members, forMembers, 'more replicas', paint);
  const gap = members.length === 0 ? [] : [''];
  const rest = cut(partitions, room - shown.length - gap.length, 'more partitions', paint);
  return [...head, ...shown, ...gap, ...rest].slice(0, rows).map((line) => cliTruncate(line, width));
}

function headLines(view: TopView, width: number, paint: Paint): string[] {
  const { group, topic, state, assignor, lookedAtMs, fault, lag } = view;
  const at = lookedAtMs === null ? 'not seen yet' : new Date(lookedAtMs).toTimeString().slice(0, 8);
  const title = `${paint('bold', group)} on ${topic}`;
  const facts = [state === 'stable' ? '' : state, assignor, at].filter((fact) => fact !== '').join('  ');
  const lines = [apart(title, paint('dim', facts), width)];
  if (fault !== null) lines.push(paint('red', `${fault.code} ${fault.message}`));
  if (lookedAtMs === null) return lines;
  const total = [
    `arriving ${perSecond(view.arrivalPerSecond)}`,
    `scored ${perSecond(view.progressPerSecond)}`,
    `waiting ${figure(lag)}`,
    drainText(view),
  ];
  return [...lines, total.filter((fact) => fact !== '').join('   ')];
}

/** Nothing while all keep up: then what waits is what was not committed yet. */
function drainText({ partitions, drainSeconds, arrivalPerSecond }: TopView): string {
  const allKeepUp = partitions.every(({ state }) => state === 'keeping-up' || state === 'idle');
  if (allKeepUp || arrivalPerSecond === null) return '';
  return drainSeconds === null ? 'not getting less' : `empty in ${duration(drainSeconds)}`;
}

function adviceLines({ scale, members }: TopView, width: number, rows: number, paint: Paint): string[] {
  if (scale === null)
    return [paint('dim', `${counted(members.length, 'replica')}; rates come with the second look`)];
  const { replicas, wanted, reason } = scale;
  const figure = `replicas ${replicas}, wanted ${wanted}`;
  const head = replicas === wanted ? paint('bold', figure) : paint('yellow', figure);
  const todos = [...scale.stuck, ...scale.hot].map(({ todo }) => todo);
  const lines = wrapAnsi([`${head}  ${reason}`, ...new Set(todos)].join(' '), width, { hard: true }).split(
    '\n',
  );
  // A quarter of the screen: what is worst stands below as well.
  const most = Math.max(3, Math.floor(rows / 4));
  return lines.length <= most
    ? lines
    : [...lines.slice(0, most - 1), cliTruncate(`${lines[most - 1]} …`, width)];
}

const REPLICA_COLUMNS: readonly Column<MemberReport>[] = [
  { title: 'replica', text: memberLabel },
  { title: 'host', text: ({ host }) => host },
  { title: 'partitions', text: ({ partitions }) => String(partitions.length), right: true },
  { title: 'scored/s', text: (member) => rate(member.progressPerSecond), right: true },
  { title: 'arriving/s', text: (member) => rate(member.arrivalPerSecond), right: true },
  { title: 'waiting', text: ({ lag }) => figure(lag), right: true },
];

function replicaLines(view: TopView, paint: Paint): string[] {
  const total = view.progressPerSecond ?? 0;
  const share: Column<MemberReport> = {
    title: 'share',
    text: ({ progressPerSecond }) => (total === 0 ? '' : percent((progressPerSecond ?? 0) / total)),
    right: true,
  };
  const members = [...view.members].sort((one, other) => other.lag - one.lag);
  return table(members, REPLICA_COLUMNS.toSpliced(4, 0, share), paint);
}

function partitionLines(view: TopView, width: number, paint: Paint): string[] {
  const labels = new Map(view.members.map((member) => [member.memberId, memberLabel(member)]));
  const hot = new Set(view.scale?.hot.map(({ partition }) => partition));
  const columns: Column<PartitionReport>[] = [
    { title: 'partition', text: ({ partition }) => String(partition), right: true },
    {
      title: 'state',
      text: (partition) => stateText(partition, hot),
      style: ({ state, stopped }) => (stopped === null ? STATES[state].style : 'red'),
    },
    { title: 'waiting', text: ({ lag }) => (lag === null ? '?' : figure(lag)), right: true },
    { title: 'oldest', text: ageText, right: true },
    { title: 'arriving/s', text: ({ arrivalPerSecond }) => rate(arrivalPerSecond), right: true },
    { title: 'scored/s', text: ({ progressPerSecond }) => rate(progressPerSecond), right: true },
  ];
  if (width >= WIDE)
    columns.push(
      {
        title: 'committed',
        text: ({ committed }) => (committed === null ? 'none' : figure(committed)),
        right: true,
      },
      { title: 'end', text: ({ end }) => (end === null ? '?' : figure(end)), right: true },
      { title: 'leader', text: ({ leader }) => (leader === null ? 'none' : String(leader)), right: true },
    );
  columns.push({
    title: 'replica',
    text: ({ owner }) => (owner === null ? '' : (labels.get(owner) ?? owner)),
  });
  const rank = ({ state, stopped }: PartitionReport) => (stopped === null ? WORST_FIRST.indexOf(state) : -1);
  const worstFirst = view.partitions.toSorted(
    (one, other) => rank(one) - rank(other) || (other.lag ?? 0) - (one.lag ?? 0),
  );
  return table(worstFirst, columns, paint);
}

function stateText({ state, stopped, partition }: PartitionReport, hot: ReadonlySet<number>): string {
  const word = stopped === null ? STATES[state].word : 'stopped';
  return hot.has(partition) ? `${word}, hot` : word;
}

/** Its name that it keeps, or the one that its client has, told apart by the end of its member id. */
function memberLabel({ instanceId, clientId, memberId }: MemberReport): string {
  return instanceId ?? `${clientId} ·${memberId.slice(-4)}`;
}

function ageText({ lagSeconds, lagSecondsIsLeast }: PartitionReport): string {
  if (lagSeconds === null) return '';
  if (lagSeconds === 0) return '-';
  return `${lagSecondsIsLeast ? '>' : ''}${duration(lagSeconds)}`;
}

function perSecond(value: number | null): string {
  return value === null ? '?' : `${figure(value)}/s`;
}

function rate(value: number | null): string {
  return value === null ? '?' : figure(value);
}

function cut(lines: readonly string[], room: number, what: string, paint: Paint): readonly string[] {
  if (lines.length <= room) return lines;
  const kept = lines.slice(0, Math.max(1, room - 1));
  return [...kept, paint('dim', `  ${lines.length - kept.length} ${what}`)];
}

/** At both ends of a line; the left one gives way. */
function apart(left: string, right: string, width: number): string {
  const room = Math.max(0, width - stringWidth(right) - 2);
  const shown = cliTruncate(left, room);
  return `${shown}${' '.repeat(Math.max(2, width - stringWidth(shown) - stringWidth(right)))}${right}`;
}
