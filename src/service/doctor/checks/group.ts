import { proveOutputPartitions } from '../../live.ts';
import { counted, list, partitionsOf, span } from '../../words.ts';
import { ofFindings } from '../findings.ts';
import { type Check, fail, ok, type Verdict, warn } from '../verdict.ts';
import type { World } from '../world.ts';

export const group: Check = {
  id: 'group',
  title: 'the group’s members against the partitions',
  needs: ['kafka'],
  async ask(world) {
    const [input, output] = await Promise.all([world.topicThere('input'), world.topicThere('output')]);
    const partitions = input?.partitions.length;
    const verdicts = partitions === undefined ? [] : await members(world, partitions);
    verdicts.push(
      ...(await ofFindings(async (found) =>
        proveOutputPartitions(world.config, partitions, output?.partitions.length, found),
      )),
    );
    return [...verdicts, ...(await session(world))];
  },
};

async function members(world: World, partitions: number): Promise<Verdict[]> {
  const { group: name } = world.config.kafka;
  const { state, members } = await world.group();
  const shares = `${world.nameOf('input')} has ${counted(partitions, 'partition')}`;
  if (members.length === 0)
    return [ok(`group ${name} has no member now; ${shares}, so up to ${partitions} processes can share it`)];
  if (state !== 'Stable')
    return [
      warn(
        `group ${name} with ${counted(members.length, 'member')} is rebalancing (${state})`,
        'Ask again in a minute; a group that does not settle has members that come and go: look at their logs.',
      ),
    ];
  const idle = members.filter(({ partitions }) => partitions.length === 0);
  const most = Math.max(...members.map(({ partitions }) => partitions.length));
  const held = `${counted(members.length, 'member')} of group ${name} share ${counted(partitions, 'partition')}, at most ${most} each`;
  const verdicts: Verdict[] =
    idle.length === 0
      ? [ok(held)]
      : [
          warn(
            `${held}; ${idle.length === 1 ? '1 stands' : `${idle.length} stand`} by (${list(idle.map(({ instanceId, clientId, host }) => instanceId ?? `${clientId} on ${host}`))})`,
            `Give ${world.nameOf('input')} more partitions, or run ${members.length - idle.length} processes.`,
          ),
        ];
  const taken = new Set(members.flatMap(({ partitions }) => partitions));
  const left = Array.from({ length: partitions }, (_, at) => at).filter((at) => !taken.has(at));
  if (left.length > 0)
    verdicts.push(
      fail(
        `nobody in group ${name} reads ${partitionsOf(left)} of ${world.nameOf('input')}`,
        'Look whether all members read this topic: another pipeline with the same kafka.group takes its partitions. Partitions that were just added are taken up within a minute.',
      ),
    );
  return verdicts;
}

/** A session timeout that brokers do not allow is refused when the process joins. */
async function session(world: World): Promise<Verdict[]> {
  const configs = await world.brokerConfig();
  const { sessionTimeoutMs } = world.config.kafka;
  const least = Number(configs?.get('group.min.session.timeout.ms') ?? 0);
  const most = Number(configs?.get('group.max.session.timeout.ms') ?? Number.POSITIVE_INFINITY);
  if (sessionTimeoutMs >= least && sessionTimeoutMs <= most) return [];
  return [
    fail(
      `kafka.session_timeout is ${span(sessionTimeoutMs)}, and brokers take ${span(least)} to ${span(most)}`,
      'Choose a session timeout between them; members with another are refused.',
    ),
  ];
}
