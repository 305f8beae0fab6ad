import type { PartitionReport } from '../../group/report.ts';
import { findHot, isStuck } from '../../scale/findings.ts';
import { counted, partitionsOf, span } from '../../words.ts';
import type { Backlog } from '../backlog.ts';
import { type Check, fail, ok, type Verdict, warn } from '../verdict.ts';
import type { World } from '../world.ts';

export const progress: Check = {
  id: 'progress',
  title: 'the group keeps up, in every partition',
  needs: ['kafka'],
  async ask(world) {
    const backlog = await world.backlog();
    if (backlog === undefined || backlog.partitions.length === 0) return [];
    const input = world.nameOf('input');
    const { report, watchedMs } = backlog;
    const { lag, arrivalPerSecond, progressPerSecond } = report;
    if (watchedMs === 0) return [ok(`nothing was written to ${input} yet`)];
    const rates = `in ${span(watchedMs)} came ${perSecond(arrivalPerSecond)} and ${perSecond(progressPerSecond)} were committed`;
    if (lag === 0) return [ok(`nothing waits in ${input}; ${rates}`)];
    const lagged = `${counted(lag, 'record')} of ${input} wait, ${oldestOf(backlog)}; ${rates}`;
    if (report.members.length === 0)
      return [
        warn(
          `${lagged}; group ${world.config.kafka.group} has no member`,
          `Start it: \`tidemark run -c ${world.file}\`.`,
        ),
      ];
    const uneven = hot(input, backlog);
    return [
      general(backlog, lagged, uneven.length > 0),
      ...unowned(world, backlog),
      ...stuck(input, backlog),
      ...uneven,
    ];
  },
};

/** What stands still or is nobody's is told by itself, and more processes do not help it. */
function general({ report: { partitions } }: Backlog, lagged: string, isUneven: boolean): Verdict {
  const moving = partitions.filter((each) => !isStuck(each) && each.state !== 'no-owner');
  const isBehind = moving.some(({ state }) => state === 'behind');
  const gain =
    sum(moving, ({ progressPerSecond }) => progressPerSecond) -
    sum(moving, ({ arrivalPerSecond }) => arrivalPerSecond);
  if (!isBehind || gain >= 0) return ok(lagged);
  return warn(
    `${lagged}: it falls behind`,
    isUneven
      ? 'See to the partition that holds most of it, or load a faster model.'
      : 'More processes, up to one for each partition, or a faster model.',
  );
}

function unowned(world: World, { report: { partitions } }: Backlog): Verdict[] {
  const left = partitions.filter(({ state, lag }) => state === 'no-owner' && lag !== null && lag > 0);
  if (left.length === 0) return [];
  const which = partitionsOf(left.map(({ partition }) => partition));
  return [
    warn(
      `nobody in group ${world.config.kafka.group} has ${which} of ${world.nameOf('input')}: ${waitingIn(left)} waiting there`,
      'See what is said of the group.',
    ),
  ];
}

function stuck(input: string, { report: { partitions } }: Backlog): Verdict[] {
  const [held, still] = apart(partitions.filter(isStuck), ({ openTransaction }) => openTransaction);
  const rest = partitions.some(({ progressPerSecond }) => (progressPerSecond ?? 0) > 0)
    ? ', while the others go on'
    : '';
  const told = (those: readonly PartitionReport[], why: string) => {
    const which = `${partitionsOf(those.map(({ partition }) => partition))} of ${input}`;
    const stillMs = 1_000 * Math.min(...those.map(({ stillSeconds }) => stillSeconds));
    return `${which} ${those.length === 1 ? 'stands' : 'stand'} still: nothing was committed there for ${span(stillMs)} with ${waitingIn(those)} waiting${why}${rest}`;
  };
  return [
    ...(still.length === 0
      ? []
      : [
          fail(
            told(still, ''),
            'See /readyz and the log of the process that holds them: a stopped partition is named there with its code.',
          ),
        ]),
    ...(held.length === 0
      ? []
      : [
          fail(
            told(held, ', of a transaction that is still open'),
            'Find the producer that began it: see what is said of transactions.',
          ),
        ]),
  ];
}

/** Behind alone: what is skewed and read in time is no trouble. Keys are not read here: `top` and `/scale` name them. */
function hot(input: string, { report, serviceRate }: Backlog): Verdict[] {
  const moving = sum(
    report.partitions.filter((each) => !isStuck(each)),
    ({ lag }) => lag,
  );
  return findHot(report, serviceRate, new Map())
    .filter(({ partition }) => report.partitions[partition]?.state === 'behind')
    .map(({ partition, lag }) =>
      warn(
        `partition ${partition} of ${input} holds ${Math.round((100 * lag) / moving)}% of what waits: more processes do not help it`,
        'Look for a key that most events have, or for one process that is slower than the others.',
      ),
    );
}

function oldestOf({ partitions, nowMs }: Backlog): string {
  const waiting = partitions.filter(({ lag }) => lag > 0);
  const times = waiting.flatMap(({ oldestMs }) => (oldestMs === undefined || oldestMs < 0 ? [] : [oldestMs]));
  if (times.length === 0) return 'of unknown age';
  // A record that cannot be read tells no time, and what stands behind it may be older than anything else.
  const known = times.length === waiting.length ? 'the oldest' : 'the oldest that can be read';
  return `${known} written ${span(Math.max(0, nowMs - Math.min(...times)))} ago`;
}

function waitingIn(partitions: readonly PartitionReport[]): string {
  return counted(
    sum(partitions, ({ lag }) => lag),
    'record',
  );
}

function perSecond(rate: number | null): string {
  return `${Math.round(rate ?? 0).toLocaleString('en')} a second`;
}

function apart<T>(all: readonly T[], belongs: (one: T) => boolean): [yes: T[], no: T[]] {
  return [all.filter(belongs), all.filter((one) => !belongs(one))];
}

function sum<T>(all: readonly T[], of: (one: T) => number | null): number {
  return all.reduce((total, one) => total + (of(one) ?? 0), 0);
}
