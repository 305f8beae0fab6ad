/** How the leader of a group shares out the partitions. Members that do not subscribe to a topic get nothing of it. */
import { cooperativeSticky } from './cooperativeSticky.ts';
import type { Assignor } from './membership.ts';
import type { Distribution, Subscriber } from './subscriber.ts';

/** `partitionCounts` has every topic that exists. */
export function distribute(
  assignor: Assignor,
  subscribers: readonly Subscriber[],
  partitionCounts: ReadonlyMap<string, number>,
): Distribution {
  // By member id, as all of Kafka's assignors do, so that the same group is shared out the same way by any leader.
  const members = [...subscribers].sort((a, b) => (a.memberId < b.memberId ? -1 : 1));
  switch (assignor) {
    case 'cooperative-sticky':
      return cooperativeSticky(members, sortedCounts(partitionCounts));
    case 'range':
      return range(members, partitionCounts);
    case 'roundrobin':
    case 'RoundRobinAssigner':
      return roundRobin(members, partitionCounts);
    default:
      return assignor satisfies never;
  }
}

/** Topic by topic each member gets a run of partitions; the first ones get one more. */
function range(members: readonly Subscriber[], counts: ReadonlyMap<string, number>): Distribution {
  const shares = emptyShares(members);
  for (const [topic, count] of sortedCounts(counts)) {
    const takers = members.filter((member) => member.topics.includes(topic));
    let next = 0;
    for (const [index, { memberId }] of takers.entries()) {
      const more = index < count % takers.length ? 1 : 0;
      for (let left = Math.floor(count / takers.length) + more; left > 0; left--)
        give(shares, memberId, topic, next++);
    }
  }
  return shares;
}

/** One partition after the other to one member after the other: Java's `roundrobin` and kafkajs's `RoundRobinAssigner`. */
function roundRobin(members: readonly Subscriber[], counts: ReadonlyMap<string, number>): Distribution {
  const shares = emptyShares(members);
  let turn = 0;
  for (const [topic, count] of sortedCounts(counts)) {
    if (!members.some((member) => member.topics.includes(topic))) continue;
    for (let partition = 0; partition < count; partition++) {
      while (!members[turn % members.length].topics.includes(topic)) turn++;
      give(shares, members[turn++ % members.length].memberId, topic, partition);
    }
  }
  return shares;
}

type Shares = Map<string, Map<string, number[]>>;

function emptyShares(members: readonly Subscriber[]): Shares {
  return new Map(members.map(({ memberId }) => [memberId, new Map()]));
}

function give(shares: Shares, memberId: string, topic: string, partition: number): void {
  const share = shares.get(memberId)!;
  const partitions = share.get(topic);
  if (partitions === undefined) share.set(topic, [partition]);
  else partitions.push(partition);
}

function sortedCounts(counts: ReadonlyMap<string, number>): [string, number][] {
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
}
