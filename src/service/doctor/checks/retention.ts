import { asTidemarkError } from '../../../errors.ts';
import { logBytes } from '../../../kafka/inspect/logs.ts';
import { counted, partitionsOf, size, span } from '../../words.ts';
import type { Backlog } from '../backlog.ts';
import { bytesLeft, timeLeft } from '../retentionLeft.ts';
import { type Check, configDenied, fail, ok, skipped, type Verdict, warn } from '../verdict.ts';
import type { World } from '../world.ts';

/** Of what retention gives, used up by the oldest unread record. */
const WARN_SHARE = 0.5;
const WARN_LEFT_MS = 24 * 3_600_000;

export const retention: Check = {
  id: 'retention',
  title: 'the log keeps events until they are read',
  needs: ['kafka'],
  async ask(world) {
    const topic = world.nameOf('input');
    const [config, backlog] = await Promise.all([world.topicConfig('input'), world.backlog()]);
    if (backlog === undefined) return [];
    const { partitions } = backlog;
    const verdicts: Verdict[] = partitions.flatMap(({ partition, committed, low }) => {
      if (committed === undefined || committed >= low) return [];
      const evidence = `${topic}/${partition}: the log begins at ${low} and the group is at ${committed}: ${counted(low - committed, 'record')} were deleted before they were read`;
      const now = world.config.input.outOfRange;
      return [
        fail(evidence, `Decide what the gap means; input.out_of_range (now ${now}) says where it goes on.`),
      ];
    });
    if (config === undefined) return [...verdicts, configDenied(topic)];
    if (!(config.get('cleanup.policy') ?? 'delete').includes('delete')) return verdicts;
    const keepMs = Number(config.get('retention.ms') ?? -1);
    const keepBytes = Number(config.get('retention.bytes') ?? -1);
    if (keepMs < 0 && keepBytes < 0) return [ok(`${topic} keeps records for ever`), ...verdicts];
    if (keepMs >= 0) verdicts.push(byTime(topic, backlog, keepMs));
    if (keepBytes >= 0) verdicts.push(await byBytes(world, backlog, keepBytes));
    return verdicts;
  },
};

function byTime(topic: string, { partitions, nowMs }: Backlog, keepMs: number): Verdict {
  const judged = partitions
    .filter(({ lag, oldestMs }) => lag > 0 && oldestMs !== undefined && oldestMs >= 0)
    .map((each) => ({ ...each, ...timeLeft(each, keepMs, nowMs) }));
  if (judged.length === 0) return ok(`retention.ms of ${topic} is ${span(keepMs)}, and nothing waits`);
  const worst = judged.reduce((one, other) => (other.leftMs < one.leftMs ? other : one));
  const oldest = Math.max(...judged.map(({ ageMs }) => ageMs));
  const kept = `retention.ms of ${topic} is ${span(keepMs)}, the oldest unread record ${span(oldest)} old`;
  const fix = 'Raise retention.ms of the topic first, then see why the group is behind.';
  if (oldest >= keepMs) return fail(`${kept}: it is deleted with its segment, at any moment`, fix);
  const left =
    worst.leftMs === Number.POSITIVE_INFINITY
      ? 'the group gains on it'
      : `at the present rates records are deleted unread in ${span(worst.leftMs)} (partition ${worst.partition})`;
  const isWarning =
    oldest > WARN_SHARE * keepMs || (worst.leftMs < WARN_LEFT_MS && oldest > WARN_SHARE * keepMs * 0.2);
  return isWarning ? warn(`${kept}; ${left}`, fix) : ok(`${kept}; ${left}`);
}

async function byBytes(world: World, { partitions }: Backlog, keepBytes: number): Promise<Verdict> {
  const topic = world.nameOf('input');
  const facts = await world.topicThere('input');
  let sizes: ReadonlyMap<number, number>;
  try {
    sizes = await logBytes(world.cluster, topic, facts?.partitions ?? []);
  } catch (cause) {
    const error = asTidemarkError(cause);
    if (error.code !== 'E-KAFKA-ACL') throw error;
    const limit = `retention.bytes of ${topic} is ${size(keepBytes)} a partition; how large the logs are may not be asked`;
    return skipped(limit, 'Allow Describe on the cluster.');
  }
  const judged = partitions
    .filter(({ partition, lag }) => lag > 0 && sizes.has(partition))
    .map((each) => ({ ...each, ...bytesLeft(each, sizes.get(each.partition)!, keepBytes) }));
  if (judged.length === 0)
    return ok(`retention.bytes of ${topic} is ${size(keepBytes)} a partition, and nothing waits`);
  const worst = judged.reduce((one, other) => (other.unreadBytes > one.unreadBytes ? other : one));
  const kept = `retention.bytes of ${topic} is ${size(keepBytes)} a partition, of which ${size(worst.unreadBytes)} of ${partitionsOf([worst.partition])} are unread`;
  const fix = 'Raise retention.bytes of the topic first, then see why the group is behind.';
  if (worst.unreadBytes >= keepBytes)
    return fail(`${kept}: the oldest are deleted with their segment, at any moment`, fix);
  const soonest = Math.min(...judged.map(({ leftMs }) => leftMs));
  const left =
    soonest === Number.POSITIVE_INFINITY
      ? 'it does not become more'
      : `at the present rates records are deleted unread in ${span(soonest)}`;
  const isWarning = worst.unreadBytes > WARN_SHARE * keepBytes || soonest < WARN_LEFT_MS / 24;
  return isWarning ? warn(`${kept}; ${left}`, fix) : ok(`${kept}; ${left}`);
}
