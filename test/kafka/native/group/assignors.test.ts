import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { distribute } from '../../../../src/kafka/native/group/assignors.ts';
import type { Assignor } from '../../../../src/kafka/native/group/membership.ts';
import type { Distribution, Subscriber } from '../../../../src/kafka/native/group/subscriber.ts';

const TOPIC = 'events';
const ASSIGNORS: readonly Assignor[] = ['cooperative-sticky', 'range', 'roundrobin', 'RoundRobinAssigner'];

function subscriber(memberId: string, owned: readonly number[] = [], generation = 1): Subscriber {
  return { memberId, topics: [TOPIC], owned: [{ topic: TOPIC, partitions: owned }], generation };
}

function shareOf(distribution: Distribution, memberId: string, topic = TOPIC): number[] {
  return [...(distribution.get(memberId)?.get(topic) ?? [])].sort((a, b) => a - b);
}

function cooperative(members: readonly Subscriber[], partitions: number): Distribution {
  return distribute('cooperative-sticky', members, new Map([[TOPIC, partitions]]));
}

/** A group of the topics a, b and c in which some claim what others claim too, as of whatever generation. */
const groups = fc.record({
  counts: fc.array(fc.nat({ max: 9 }), { minLength: 3, maxLength: 3 }),
  members: fc.array(
    fc.record({
      topics: fc.subarray(['a', 'b', 'c'], { minLength: 1 }),
      generation: fc.integer({ min: -1, max: 2 }),
      owned: fc.uniqueArray(fc.nat({ max: 9 }), { maxLength: 6 }),
    }),
    { minLength: 1, maxLength: 6 },
  ),
});

function groupOf({ counts, members }: typeof groups extends fc.Arbitrary<infer T> ? T : never) {
  const partitionCounts = new Map(['a', 'b', 'c'].map((topic, at) => [topic, counts[at]!]));
  const subscribers = members.map(
    ({ topics, generation, owned }, at): Subscriber => ({
      memberId: `m${at}`,
      topics,
      generation,
      owned: topics.map((topic) => ({ topic, partitions: owned })),
    }),
  );
  return { partitionCounts, subscribers };
}

describe('every assignor', () => {
  for (const assignor of ASSIGNORS) {
    test(`${assignor} gives a partition to one member at most, which subscribes to its topic`, () => {
      fc.assert(
        fc.property(groups, (group) => {
          const { partitionCounts, subscribers } = groupOf(group);
          const distribution = distribute(assignor, subscribers, partitionCounts);
          const given = new Set<string>();
          for (const { memberId, topics } of subscribers) {
            assert.ok(distribution.has(memberId), 'every member is told its share');
            for (const [topic, partitions] of distribution.get(memberId)!) {
              assert.ok(topics.includes(topic));
              for (const partition of partitions) {
                assert.ok(partition < partitionCounts.get(topic)!);
                assert.ok(!given.has(`${topic}/${partition}`), `${topic}/${partition} is given twice`);
                given.add(`${topic}/${partition}`);
              }
            }
          }
          if (assignor === 'cooperative-sticky') return;
          for (const [topic, partitions] of partitionCounts) {
            const wanted = subscribers.some(({ topics }) => topics.includes(topic));
            for (let partition = 0; wanted && partition < partitions; partition++)
              assert.ok(given.has(`${topic}/${partition}`), `${topic}/${partition} is given to nobody`);
          }
        }),
      );
    });

    test(`${assignor} does not depend on the order in which members joined`, () => {
      const members = ['c', 'a', 'b'].map((id) => subscriber(id, [], -1));
      const counts = new Map([[TOPIC, 7]]);
      const [one, other] = [members, members.toReversed()].map((group) =>
        distribute(assignor, group, counts),
      );
      for (const id of ['a', 'b', 'c']) assert.deepEqual(shareOf(one!, id), shareOf(other!, id));
    });
  }

  test('range gives runs, round robin one after the other', () => {
    const members = ['a', 'b'].map((id) => subscriber(id));
    const counts = new Map([[TOPIC, 5]]);
    assert.deepEqual(shareOf(distribute('range', members, counts), 'a'), [0, 1, 2]);
    assert.deepEqual(shareOf(distribute('RoundRobinAssigner', members, counts), 'a'), [0, 2, 4]);
  });
});

describe('cooperative-sticky', () => {
  test('never gives a member what another one still has to give up', () => {
    fc.assert(
      fc.property(groups, (group) => {
        const { partitionCounts, subscribers } = groupOf(group);
        const distribution = distribute('cooperative-sticky', subscribers, partitionCounts);
        const latest = Math.max(...subscribers.map(({ generation }) => generation));
        for (const owner of subscribers.filter(({ generation }) => generation === latest))
          for (const { topic, partitions } of owner.owned)
            for (const { memberId } of subscribers.filter((member) => member !== owner))
              for (const partition of shareOf(distribution, memberId, topic))
                assert.ok(!partitions.includes(partition), `${topic}/${partition} has an owner`);
      }),
    );
  });

  test('is balanced and stays as it is once everybody has given up what moves', () => {
    const sizes = fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 8 }));
    fc.assert(
      fc.property(sizes, fc.nat({ max: 8 }), ([partitions, before], more) => {
        let members = Array.from({ length: before }, (_, at) => subscriber(`m${at}`, [], -1));
        for (const newcomers of [0, more]) {
          for (let at = 0; at < newcomers; at++) members.push(subscriber(`n${at}`, [], -1));
          // Once to take away, once to give.
          for (let round = 1; round <= 2; round++) {
            const distribution = cooperative(members, partitions);
            members = members.map(({ memberId }) => subscriber(memberId, shareOf(distribution, memberId)));
          }
          const shares = members.map(({ owned }) => owned[0]!.partitions.length);
          assert.equal(
            shares.reduce((sum, size) => sum + size, 0),
            partitions,
          );
          assert.ok(Math.max(...shares) - Math.min(...shares) <= 1, `${shares}`);
          const again = cooperative(members, partitions);
          for (const { memberId, owned } of members)
            assert.deepEqual(shareOf(again, memberId), owned[0]!.partitions);
        }
      }),
    );
  });

  test('moves as few partitions as balance allows', () => {
    const members = [subscriber('a', [0, 1, 2]), subscriber('b', [3, 4, 5]), subscriber('c', [6, 7, 8])];
    const distribution = cooperative([...members, subscriber('d', [], -1)], 9);
    const kept = ['a', 'b', 'c'].flatMap((id) => shareOf(distribution, id));
    assert.equal(kept.length, 7, 'two of nine move to the newcomer');
    assert.deepEqual(shareOf(distribution, 'd'), [], 'which gets them at the next rebalance');
  });

  test('heeds only claims as of the latest generation', () => {
    const distribution = cooperative([subscriber('late', [0, 1, 2, 3], 4), subscriber('now', [0, 1], 5)], 4);
    assert.deepEqual(shareOf(distribution, 'now'), [0, 1]);
    assert.deepEqual(shareOf(distribution, 'late'), [2, 3]);
  });

  test('gives to nobody what two members claim as of the same generation', () => {
    const distribution = cooperative([subscriber('a', [0, 1]), subscriber('b', [1, 2])], 3);
    assert.deepEqual(shareOf(distribution, 'a'), [0]);
    assert.deepEqual(shareOf(distribution, 'b'), [2]);
  });
});
