import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  mergeView,
  type PartitionLeader,
  type TopicView,
  withLeader,
} from '../../../../src/kafka/native/cluster/topicView.ts';

const view = (id: string, ...partitions: readonly PartitionLeader[]): TopicView => ({
  name: 't',
  id,
  partitions,
});
const leader = (nodeId: number, leaderEpoch: number): PartitionLeader => ({ nodeId, leaderEpoch });

describe('metadata (KIP-320)', () => {
  test('of a lower epoch is not believed, partition by partition', () => {
    const known = view('a', leader(1, 5), leader(2, 3));
    const merged = mergeView(known, view('a', leader(3, 4), leader(3, 4)));
    assert.deepEqual(merged.partitions, [leader(1, 5), leader(3, 4)]);
  });

  test('of the same epoch is: the leader may have come back or gone within it', () => {
    const merged = mergeView(view('a', leader(-1, 5)), view('a', leader(1, 5)));
    assert.deepEqual(merged.partitions, [leader(1, 5)]);
  });

  test('without epochs is all there is', () => {
    const merged = mergeView(view('a', leader(1, 5)), view('a', leader(2, -1)));
    assert.deepEqual(merged.partitions, [leader(2, -1)]);
  });

  test('of another topic id is another topic, whatever its epochs', () => {
    const told = view('b', leader(2, 0));
    assert.equal(mergeView(view('a', leader(1, 9), leader(1, 9)), told), told);
  });

  test('with more partitions adds them; with fewer it is old', () => {
    const two = view('a', leader(1, 0), leader(2, 0));
    assert.deepEqual(mergeView(view('a', leader(1, 0)), two), two);
    assert.equal(mergeView(two, view('a', leader(1, 0))), two);
  });

  test('that says the same changes nothing, not even the object', () => {
    const known = view('a', leader(1, 5));
    assert.equal(mergeView(known, view('a', leader(1, 5))), known);
  });

  test('ends at the newest leader in whatever order brokers tell of elections', () => {
    const elections = fc
      .array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 })
      .chain((nodes) => {
        const history = nodes.map((nodeId, epoch) => leader(nodeId, epoch));
        const told = fc.shuffledSubarray(history, { minLength: history.length });
        return fc.tuple(fc.constant(history.at(-1)!), told);
      });
    fc.assert(
      fc.property(elections, ([newest, told]) => {
        let known: TopicView | undefined;
        for (const one of told) known = mergeView(known, view('a', one));
        assert.deepEqual(known?.partitions, [newest]);
      }),
    );
  });
});

describe('a leader named by a Fetch or Produce response (KIP-951)', () => {
  test('is believed when its epoch is newer, and only then', () => {
    const known = view('a', leader(1, 5), leader(1, 5));
    assert.deepEqual(withLeader(known, 1, leader(2, 6)).partitions, [leader(1, 5), leader(2, 6)]);
    assert.equal(withLeader(known, 1, leader(2, 5)), known);
    assert.equal(withLeader(known, 1, leader(2, -1)), known);
  });

  test('of a partition that is not known is left to the next metadata', () => {
    const known = view('a', leader(1, 5));
    assert.equal(withLeader(known, 1, leader(2, 6)), known);
  });
});
