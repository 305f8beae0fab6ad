import type { ThereTopic } from '../../../kafka/inspect/topics.ts';
import { partitionsOf } from '../../words.ts';
import { type Check, configDenied, fail, ok, type Verdict, warn } from '../verdict.ts';
import type { World } from '../world.ts';

interface Kept {
  readonly name: string;
  readonly copies: number;
  /** min.insync.replicas. */
  readonly least: number;
}

export const durability: Check = {
  id: 'durability',
  title: 'replication and min.insync.replicas keep what the delivery promises',
  needs: ['kafka'],
  async ask(world) {
    const verdicts: Verdict[] = [];
    const kept: Kept[] = [];
    // Of the input too: what is lost there was never scored.
    for (const role of world.roles) {
      const topic = await world.topicThere(role);
      if (topic === undefined) continue;
      const config = await world.topicConfig(role);
      if (config === undefined) {
        verdicts.push(configDenied(topic.name));
        continue;
      }
      const copies = Math.min(...topic.partitions.map(({ replicas }) => replicas.length));
      const least = Number(config.get('min.insync.replicas') ?? 1);
      kept.push({ name: topic.name, copies, least });
      verdicts.push(...short(topic, copies, least));
      if (config.get('unclean.leader.election.enable') === 'true') verdicts.push(unclean(topic.name));
    }
    const alike = Map.groupBy(kept, ({ copies, least }) => `${copies} ${least}`);
    return [...[...alike.values()].map((topics) => judge(world, topics)), ...verdicts];
  },
};

/** Of topics with the same settings. */
function judge({ config }: World, topics: readonly Kept[]): Verdict {
  const { copies, least } = topics[0]!;
  const names = topics.map(({ name }) => name).join(', ');
  const has = `${names}: replication factor ${copies}, min.insync.replicas ${least}`;
  if (least > copies)
    return fail(
      `${has}: no write that waits for all replicas, as every write of ${config.delivery} does, is ever taken`,
      `Set min.insync.replicas to ${Math.max(1, copies - 1)}, or give ${topics.length === 1 ? 'the topic' : 'them'} ${least + 1} replicas.`,
    );
  if (copies === 1)
    return warn(
      `${has}: what a lost broker held is gone, whatever ${config.delivery} promises`,
      'Where events matter: 3 replicas and min.insync.replicas 2, on 3 brokers or more.',
    );
  if (least === 1)
    return warn(
      `${has}: a write counts when one broker has it, and is gone with that broker`,
      'Set min.insync.replicas to 2.',
    );
  if (least === copies)
    return warn(`${has}: the loss of one broker stops every write`, `Give each ${copies + 1} replicas.`);
  return ok(has);
}

/** Partitions that take no write now. */
function short({ name, partitions }: ThereTopic, copies: number, least: number): Verdict[] {
  const few = partitions.filter(({ inSync, leader }) => leader !== undefined && inSync.length < least);
  if (few.length === 0 || least > copies) return [];
  const which = partitionsOf(few.map(({ partition }) => partition));
  return [
    fail(
      `${which} of ${name}: fewer replicas in sync than min.insync.replicas (${least}), so that writes are refused now`,
      'Bring the missing brokers back.',
    ),
  ];
}

function unclean(name: string): Verdict {
  return warn(
    `${name}: unclean.leader.election.enable lets a replica lead that lacks acknowledged records`,
    'Switch it off for this topic.',
  );
}
