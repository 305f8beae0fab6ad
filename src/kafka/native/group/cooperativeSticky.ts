/**
 * Kafka's cooperative-sticky assignor (KIP-429): balanced, with as few partitions moved as that allows, and never giving
 * a partition to a member while another still has to give it up. The library has one too, but it leaves a newcomer
 * without partitions where no member has more than its upper share (9 partitions, three members and a fourth).
 */
import type { Distribution, Subscriber } from './subscriber.ts';

/** One partition of one topic. */
interface Slot {
  readonly topic: string;
  readonly partition: number;
  /** Whose claim on it holds, if anyone's. */
  readonly owner: Load | undefined;
  /** Two members claim it as of the same generation: neither is believed, but both may still have it. */
  readonly contested: boolean;
}

interface Load {
  readonly subscriber: Subscriber;
  readonly slots: Slot[];
}

export function cooperativeSticky(
  subscribers: readonly Subscriber[],
  partitionCounts: readonly (readonly [topic: string, count: number])[],
): Distribution {
  const loads = subscribers.map((subscriber): Load => ({ subscriber, slots: [] }));
  const claims = claimsOf(loads);
  const free: Slot[] = [];
  for (const [topic, count] of partitionCounts) {
    for (let partition = 0; partition < count; partition++) {
      const claimants = claims.get(topic)?.get(partition) ?? [];
      const owner = claimants.length === 1 ? claimants[0] : undefined;
      const slot: Slot = { topic, partition, owner, contested: claimants.length > 1 };
      (owner?.slots ?? free).push(slot);
    }
  }
  for (const slot of free) lightest(loads, slot.topic)?.slots.push(slot);
  balance(loads);
  return new Map(loads.map((load) => [load.subscriber.memberId, given(load)]));
}

/**
 * Who claims what, by topic and partition. Only claims as of the latest generation count: a member that missed one may
 * claim what has long been another's.
 */
function claimsOf(loads: readonly Load[]): Map<string, Map<number, Load[]>> {
  const latest = Math.max(-1, ...loads.map(({ subscriber }) => subscriber.generation));
  const claims = new Map<string, Map<number, Load[]>>();
  for (const load of loads) {
    const { owned, generation, topics } = load.subscriber;
    if (generation < latest) continue;
    for (const { topic, partitions } of owned) {
      if (!topics.includes(topic)) continue;
      const ofTopic = claims.get(topic) ?? new Map<number, Load[]>();
      claims.set(topic, ofTopic);
      for (const partition of new Set(partitions))
        ofTopic.set(partition, [...(ofTopic.get(partition) ?? []), load]);
    }
  }
  return claims;
}

function lightest(loads: readonly Load[], topic: string): Load | undefined {
  let found: Load | undefined;
  for (const load of loads)
    if (load.subscriber.topics.includes(topic) && load.slots.length < (found?.slots.length ?? Infinity))
      found = load;
  return found;
}

/** Moves partitions from members to others that have at least two less. Each move evens out, so it ends. */
function balance(loads: Load[]): void {
  for (;;) {
    loads.sort((a, b) => a.slots.length - b.slots.length);
    if (!loads.some((light) => moveTo(light, loads))) return;
  }
}

function moveTo(light: Load, loads: readonly Load[]): boolean {
  const { topics } = light.subscriber;
  for (let heaviest = loads.length - 1; heaviest >= 0; heaviest--) {
    const { slots } = loads[heaviest];
    if (slots.length - light.slots.length < 2) return false;
    const at = slots.findLastIndex((slot) => topics.includes(slot.topic));
    if (at < 0) continue;
    light.slots.push(...slots.splice(at, 1));
    return true;
  }
  return false;
}

/** What the member may have at once: not what another has to give up before. */
function given(load: Load): Map<string, number[]> {
  const topics = new Map<string, number[]>();
  for (const { topic, partition, owner, contested } of load.slots) {
    if (contested || (owner !== undefined && owner !== load)) continue;
    const partitions = topics.get(topic);
    if (partitions === undefined) topics.set(topic, [partition]);
    else partitions.push(partition);
  }
  return topics;
}
