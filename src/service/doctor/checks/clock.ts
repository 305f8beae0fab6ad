import { logPlaces } from '../../../kafka/inspect/logs.ts';
import { inputSubject } from '../../subjects.ts';
import { type Check, fail, ok, skipped, type Verdict, warn } from '../verdict.ts';
import { span } from '../words.ts';
import type { Role, World } from '../world.ts';

/** A Date header counts whole seconds, and the answer takes its time. */
const NOTICED_MS = 2_000;
/** Latencies, tokens and certificates go wrong by then. */
const BROKEN_MS = 60_000;

export const clock: Check = {
  id: 'clock',
  title: 'this machine’s clock agrees with the others',
  needs: [],
  async ask(world) {
    const [registry, ...topics] = await Promise.all([
      ofRegistry(world),
      ofTopic(world, 'input'),
      ofTopic(world, 'output'),
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
  const evidence = `the registry’s clock is ${span(Math.abs(skewMs))} ${skewMs > 0 ? 'ahead of' : 'behind'} ours (by the Date header of an answer)`;
  const fix = 'Synchronise both machines (chrony, NTP); whichever is wrong.';
  return Math.abs(skewMs) < BROKEN_MS ? warn(evidence, fix) : fail(evidence, fix);
}

/** No broker tells the time, but a record from the future has a clock behind it that is ahead of ours. */
async function ofTopic(world: World, role: Role): Promise<Verdict[]> {
  let newestMs = -1;
  try {
    const topic = await world.topicThere(role);
    if (topic === undefined) return [];
    const newest = await logPlaces(world.cluster, topic.name, topic.partitions, 'newest');
    newestMs = Math.max(-1, ...[...newest.values()].map(({ timestampMs }) => timestampMs));
  } catch {
    // Whoever does not answer is told elsewhere.
    return [];
  }
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
