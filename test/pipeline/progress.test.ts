import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Block, Lease } from '../../src/pipeline/ports.ts';
import { Progress, type Segment } from '../../src/pipeline/progress.ts';
import { blockOf, makeLease } from '../support/simulationBench.ts';
import { settled } from '../support/simulationClock.ts';

function open(progress: Progress, block: Block, endOffset: number, endsBlock = false): Segment {
  const segment = progress.open({ block, index: 0, arrivedMs: 0 }, 0);
  assert.ok(segment);
  segment.endOffset = endOffset;
  segment.endsBlock = endsBlock;
  return segment;
}

function granted(...leases: Lease[]): { progress: Progress; released: Block[] } {
  const released: Block[] = [];
  const progress = new Progress((block) => released.push(block));
  for (const lease of leases) progress.grant(lease);
  return { progress, released };
}

describe('progress', () => {
  test('is never offered past a segment that is not settled, in whatever order they settle (P1)', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 12 });
    const stories = sizes.chain((lengths) =>
      fc.tuple(fc.constant(lengths), fc.shuffledSubarray([...lengths.keys()], { minLength: lengths.length })),
    );
    fc.assert(
      fc.property(stories, ([lengths, order]) => {
        const lease = makeLease();
        const { progress, released } = granted(lease);
        const block = blockOf(lease, []);
        let end = 0;
        const segments = lengths.map((length, i) => {
          end += length;
          return open(progress, block, end, i === lengths.length - 1);
        });
        for (const index of order) {
          progress.settle(segments[index]);
          const firstOpen = segments.findIndex((segment) => !segment.settled);
          const below = firstOpen < 0 ? end : (segments[firstOpen - 1]?.endOffset ?? -1);
          const offered = progress.uncommitted().map(({ offset }) => offset);
          assert.deepEqual(offered, below < 0 ? [] : [below]);
          assert.equal(released.length, firstOpen < 0 ? 1 : 0);
        }
      }),
    );
  });

  test('is offered until it is committed, and again once it moved', () => {
    const lease = makeLease();
    const { progress } = granted(lease);
    const block = blockOf(lease, ['good', 'good']);
    progress.settle(open(progress, block, 1));
    const [position] = progress.uncommitted();
    assert.deepEqual(progress.uncommitted(), [position]);
    progress.settle(open(progress, block, 2, true));
    assert.equal(progress.committed(position), block.endOffset);
    assert.deepEqual(progress.uncommitted(), [{ lease, offset: 2 }]);
    progress.committed({ lease, offset: 2 });
    assert.deepEqual(progress.uncommitted(), []);
  });

  test('of a lease that is gone is not offered, not even when its rows settle later', () => {
    const lease = makeLease();
    const { progress, released } = granted(lease);
    const block = blockOf(lease, ['good']);
    const segment = open(progress, block, 1, true);
    progress.drop(lease);
    progress.settle(segment);
    assert.deepEqual(progress.uncommitted(), []);
    assert.deepEqual(released, []);
    assert.equal(progress.open({ block, index: 0, arrivedMs: 0 }, 0), undefined);
    assert.equal(progress.committed({ lease, offset: 1 }), undefined);
  });

  test('of a new lease of the same partition knows nothing of the old one', () => {
    const [old, renewed] = [makeLease(0, 1), makeLease(0, 2)];
    const { progress } = granted(old);
    const segment = open(progress, blockOf(old, ['good']), 1, true);
    progress.drop(old);
    progress.grant(renewed);
    progress.settle(segment);
    assert.deepEqual(progress.uncommitted(), []);
  });

  test('that would move back is a bug, and stops the process', () => {
    const lease = makeLease();
    const { progress } = granted(lease);
    const block = blockOf(lease, ['good']);
    progress.settle(open(progress, block, 5));
    const back = open(progress, block, 4);
    assert.throws(() => progress.settle(back), { code: 'E-INTERNAL' });
  });

  test('once closed is not offered any more', () => {
    const lease = makeLease();
    const { progress } = granted(lease);
    progress.settle(open(progress, blockOf(lease, ['good']), 1, true));
    progress.close();
    assert.deepEqual(progress.uncommitted(), []);
    assert.deepEqual([...progress.leases()], []);
  });
});

describe('leases become idle', () => {
  async function isIdle(progress: Progress, ...leases: Lease[]): Promise<() => boolean> {
    let idle = false;
    progress.idle(leases).then(() => {
      idle = true;
    });
    await settled();
    return () => idle;
  }

  test('when the last of their segments is settled', async () => {
    const [first, second] = [makeLease(0), makeLease(1)];
    const { progress } = granted(first, second);
    const segments = [first, second].map((lease) => open(progress, blockOf(lease, ['good']), 1));
    const idle = await isIdle(progress, first, second);
    progress.settle(segments[0]);
    await settled();
    assert.equal(idle(), false);
    progress.settle(segments[1]);
    await settled();
    assert.equal(idle(), true);
  });

  test('at once when nothing of them is in hand, and when they are gone or all is over', async () => {
    const lease = makeLease();
    const { progress } = granted(lease);
    assert.equal((await isIdle(progress, lease))(), true);
    open(progress, blockOf(lease, ['good']), 1);
    const gone = await isIdle(progress, lease);
    assert.equal(gone(), false);
    progress.drop(lease);
    await settled();
    assert.equal(gone(), true);
    progress.grant(lease);
    open(progress, blockOf(lease, ['good']), 1);
    const over = await isIdle(progress, lease);
    progress.close();
    await settled();
    assert.equal(over(), true);
  });
});
