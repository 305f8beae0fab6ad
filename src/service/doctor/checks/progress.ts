import type { Backlog, PartitionBacklog } from '../backlog.ts';
import { type Check, fail, ok, type Verdict, warn } from '../verdict.ts';
import { count, partitionsOf, span } from '../words.ts';
import type { World } from '../world.ts';

/** Below this, what waits may be what is just on its way. */
const SOME_LAG = 1_000;
const OLD_MS = 60_000;
/** A partition is hot when it holds this share of what waits, and more than twice its own. */
const HOT_SHARE = 0.5;

export const progress: Check = {
  id: 'progress',
  title: 'the group keeps up, in every partition',
  needs: ['kafka'],
  async ask(world) {
    const backlog = await world.backlog();
    if (backlog.partitions.length === 0) return [];
    const { members } = await world.group();
    const lag = sum(backlog.partitions.map((each) => each.lag));
    const arriving = sum(backlog.partitions.map((each) => each.arriving));
    const leaving = sum(backlog.partitions.map((each) => each.leaving));
    const watched = span(backlog.watchedMs);
    const rates = `in ${watched} came ${perSecond(arriving)} and ${perSecond(leaving)} were committed`;
    const lagged = `${count(lag, 'record')} of ${world.nameOf('input')} wait, ${oldestOf(backlog)}; ${rates}`;
    if (backlog.watchedMs === 0) return [ok(`nothing was written to ${world.nameOf('input')} yet`)];
    if (lag === 0) return [ok(`nothing waits in ${world.nameOf('input')}; ${rates}`)];
    if (members.length === 0)
      return [
        warn(
          `${lagged}; group ${world.config.kafka.group} has no member`,
          `Start it: \`tidemark run -c ${world.file}\`.`,
        ),
      ];
    const still = standingStill(world, backlog);
    const moving = backlog.partitions.filter((each) => !still.includes(each));
    const uneven = hot(world, moving);
    const verdicts: Verdict[] = [...stuck(world, backlog, still), ...uneven];
    // What stands still is told by itself, and more processes do not help it.
    if (fallsBehind(moving))
      verdicts.unshift(
        warn(
          `${lagged}: it falls behind`,
          uneven.length > 0
            ? 'See to the partition that holds most of it, or load a faster model.'
            : 'More processes, up to one for each partition, or a faster model.',
        ),
      );
    else verdicts.unshift(ok(lagged));
    return verdicts;
  },
};

/** Only what stood still as a whole for longer than anything takes to be committed. */
function standingStill(world: World, { partitions, watchedMs }: Backlog): readonly PartitionBacklog[] {
  if (watchedMs < 2 * world.config.commitEveryMs) return [];
  const still = partitions.filter(({ lag, leaving }) => lag > 0 && leaving === 0);
  return still.some(({ lag, oldestMs }) => lag >= SOME_LAG || olderThan(oldestMs, OLD_MS)) ? still : [];
}

function stuck(
  world: World,
  { partitions, watchedMs }: Backlog,
  still: readonly PartitionBacklog[],
): Verdict[] {
  if (still.length === 0) return [];
  const stand = still.length === 1 ? 'stands' : 'stand';
  const which = partitionsOf(still.map(({ partition }) => partition));
  const waiting = count(sum(still.map(({ lag }) => lag)), 'record');
  const rest = partitions.some(({ leaving }) => leaving > 0) ? ', while the others go on' : '';
  return [
    fail(
      `${which} of ${world.nameOf('input')} ${stand} still: nothing was committed there for ${span(watchedMs)} with ${waiting} waiting${rest}`,
      'See /readyz and the log of the process that holds them: a stopped partition is named there with its code.',
    ),
  ];
}

/** Among those that move: what waits in a partition that stands still tells nothing of its keys. */
function hot(world: World, moving: readonly PartitionBacklog[]): Verdict[] {
  const lag = sum(moving.map((each) => each.lag));
  if (lag < SOME_LAG || moving.length < 2) return [];
  const most = moving.reduce((one, other) => (other.lag > one.lag ? other : one));
  const share = most.lag / lag;
  if (share < HOT_SHARE || share < 2 / moving.length) return [];
  return [
    warn(
      `partition ${most.partition} of ${world.nameOf('input')} holds ${Math.round(100 * share)}% of what waits: more processes do not help it`,
      'Look for a key that most events have, or for one process that is slower than the others.',
    ),
  ];
}

function fallsBehind(moving: readonly PartitionBacklog[]): boolean {
  const isOld = moving.some(({ oldestMs, lag }) => olderThan(oldestMs, OLD_MS) || lag >= SOME_LAG);
  return isOld && sum(moving.map(({ leaving }) => leaving)) < sum(moving.map(({ arriving }) => arriving));
}

function olderThan(timestampMs: number | undefined, ms: number): boolean {
  return timestampMs !== undefined && timestampMs >= 0 && Date.now() - timestampMs > ms;
}

function oldestOf({ partitions, nowMs }: Backlog): string {
  const waiting = partitions.filter(({ lag }) => lag > 0);
  const times = waiting.flatMap(({ oldestMs }) => (oldestMs === undefined || oldestMs < 0 ? [] : [oldestMs]));
  if (times.length === 0) return 'of unknown age';
  // A record that cannot be read tells no time, and what stands behind it may be older than anything else.
  const known = times.length === waiting.length ? 'the oldest' : 'the oldest that can be read';
  return `${known} written ${span(Math.max(0, nowMs - Math.min(...times)))} ago`;
}

function perSecond(rate: number): string {
  return `${Math.round(rate).toLocaleString('en')} a second`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((one, other) => one + other, 0);
}
