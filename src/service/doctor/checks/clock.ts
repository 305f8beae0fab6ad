import { asTidemarkError } from '../../../errors.ts';
import { logPlaces } from '../../../kafka/inspect/logs.ts';
import { inputSubject } from '../../subjects.ts';
import { span } from '../../words.ts';
import { type Check, fail, ok, skipped, type Verdict, warn } from '../verdict.ts';
import type { Role, World } from '../world.ts';

/** A Date header counts whole seconds, and the answer takes its time. */
const NOTICED_MS = 2_000;
/** Latencies, tokens and certificates go wrong by then. */
const BROKEN_MS = 60_000;
/** As good as no limit: Kafka’s default is 292 million years. */
const YEARS_MS = 10 * 365 * 86_400_000;

export const clock: Check = {
  id: 'clock',
  title: 'this machine’s clock agrees with the others',
  needs: [],
  async ask(world) {
    const [registry, ...topics] = await Promise.all([
      ofRegistry(world),
      unlessAway(ofTopic(world, 'input')),
      unlessAway(ofTopic(world, 'output')),
      unlessAway(ofPast(world)),
    ]);
    return [registry, ...topics.flat()];
  },
};

/** The registry’s clock, or that of the gateway before it, by the Date header of an answer (RFC 9110 6.6.1). */
async function ofRegistry({ registry, config }: World): Promise<Verdict> {
  const told = await registry.clock(inputSubject(config)).catch(() => undefined);
  if (told === undefined) return skipped('the registry tells no time: it does not answer, or without a Date');
  // It was somewhere in the second that the header names when we asked or later, and before we had the answer.
  const least = told.dateMs - told.answeredMs;
  const most = told.dateMs + 999 - told.askedMs;
  const skewMs = least > 0 ? least : most < 0 ? most : 0;
  if (Math.abs(skewMs) < NOTICED_MS)
    return ok('within two seconds of the registry’s (by the Date header of an answer)');
  const evidence = `the registry’s clock is at least ${span(Math.abs(skewMs))} ${skewMs > 0 ? 'ahead of' : 'behind'} ours (by the Date header of an answer)`;
  const fix = 'Synchronise both machines (chrony, NTP); whichever is wrong.';
  return Math.abs(skewMs) < BROKEN_MS ? warn(evidence, fix) : fail(evidence, fix);
}

/** No broker tells the time, but a record from the future has a clock behind it that is ahead of ours. */
async function ofTopic(world: World, role: Role): Promise<Verdict[]> {
  const topic = await world.topicThere(role);
  if (topic === undefined) return [];
  const newest = await logPlaces(world.cluster, topic.name, topic.partitions, 'newest');
  const newestMs = Math.max(-1, ...[...newest.values()].map(({ timestampMs }) => timestampMs));
  const aheadMs = newestMs - Date.now();
  if (newestMs < 0 || aheadMs < NOTICED_MS) return [];
  const config = await world.topicConfig(role);
  const name = world.nameOf(role);
  const isBrokers = config?.get('message.timestamp.type') === 'LogAppendTime';
  const whose = isBrokers ? 'a broker’s clock' : 'the clock of one who writes there';
  const evidence = `the newest record of ${name} is ${span(aheadMs)} in the future: ${whose} is ahead, or ours behind`;
  const fix = isBrokers
    ? 'Synchronise the brokers and this machine (chrony, NTP).'
    : 'Synchronise the machines of the producers and this one (chrony, NTP); or they write times that are not those of writing.';
  return [aheadMs < BROKEN_MS ? warn(evidence, fix) : fail(evidence, fix)];
}

/** Scored events keep the time of their events, and a topic may take none of long ago. */
async function ofPast(world: World): Promise<Verdict[]> {
  if (world.config.output.timestamp !== 'event') return [];
  const [input, output] = await Promise.all([world.topicConfig('input'), world.topicConfig('output')]);
  const takesMs = Number(output?.get('message.timestamp.before.max.ms') ?? Number.POSITIVE_INFINITY);
  const keepMs = Number(input?.get('retention.ms') ?? -1);
  const oldestMs = keepMs < 0 ? Number.POSITIVE_INFINITY : keepMs;
  if (takesMs >= oldestMs || takesMs >= YEARS_MS) return [];
  return [
    warn(
      `${world.nameOf('output')} takes no record older than ${span(takesMs)}, and ${world.nameOf('input')} keeps events ${oldestMs === Number.POSITIVE_INFINITY ? 'for ever' : `for ${span(oldestMs)}`}: scored events of older ones become dead letters (E-RECORD-REFUSED)`,
      'Raise message.timestamp.before.max.ms of the output topic, or set output.timestamp: scored.',
    ),
  ];
}

/** Whether brokers answer is told elsewhere. */
async function unlessAway(verdicts: Promise<Verdict[]>): Promise<Verdict[]> {
  try {
    return await verdicts;
  } catch (cause) {
    if (asTidemarkError(cause).code === 'E-INTERNAL') throw cause;
    return [];
  }
}
