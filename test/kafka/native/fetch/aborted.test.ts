import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { AbortedFilter, type AbortedTransaction } from '../../../../src/kafka/native/fetch/aborted.ts';

interface Batch {
  readonly producerId: number;
  readonly kind: 'records' | 'commit' | 'abort';
  readonly baseOffset: number;
  readonly lastOffset: number;
}

const step = fc.record({
  producerId: fc.nat(3),
  kind: fc.constantFrom('records', 'records', 'records', 'commit', 'abort') as fc.Arbitrary<Batch['kind']>,
  size: fc.integer({ min: 1, max: 4 }),
  /** Offsets that compaction has emptied before it. */
  gap: fc.nat(2),
});

/** A log of interleaved transactions in which each one is ended. */
const anyLog = fc.array(step, { maxLength: 40 }).map((steps) => {
  const batches: Batch[] = [];
  let offset = 0;
  const append = (producerId: number, kind: Batch['kind'], size: number) => {
    batches.push({ producerId, kind, baseOffset: offset, lastOffset: offset + size - 1 });
    offset += size;
  };
  for (const { producerId, kind, size, gap } of steps) {
    offset += gap;
    append(producerId, kind, kind === 'records' ? size : 1);
  }
  for (let producerId = 0; producerId < 4; producerId++) append(producerId, 'commit', 1);
  return batches;
});

/** The slow way: a batch is aborted when the next marker of its producer says so. */
function isAborted(log: readonly Batch[], index: number): boolean {
  const { producerId } = log[index]!;
  return (
    log.slice(index).find((batch) => batch.producerId === producerId && batch.kind !== 'records')?.kind ===
    'abort'
  );
}

/** What a broker lists for a fetch of `[from, to]`: every aborted transaction that reaches into it, by its whole extent. */
function listFor(log: readonly Batch[], from: number, to: number): AbortedTransaction[] {
  const listed: AbortedTransaction[] = [];
  const begun = new Map<number, number>();
  for (const { producerId, kind, baseOffset } of log) {
    if (kind === 'records') {
      if (!begun.has(producerId)) begun.set(producerId, baseOffset);
      continue;
    }
    const firstOffset = begun.get(producerId) ?? baseOffset;
    begun.delete(producerId);
    if (kind === 'abort' && baseOffset >= from && firstOffset <= to) listed.push({ producerId, firstOffset });
  }
  return listed;
}

describe('the filter of aborted transactions', () => {
  test('hides what the next marker of the producer aborts, wherever the fetch begins and ends', () => {
    const shuffle = fc.infiniteStream(fc.nat(1000));
    fc.assert(
      fc.property(anyLog, fc.nat(), fc.nat(), shuffle, (log, first, count, order) => {
        const from = first % log.length;
        const to = Math.min(log.length - 1, from + (count % 12));
        const fetchOffset = log[from]!.lastOffset;
        const listed = listFor(log, fetchOffset, log[to]!.lastOffset)
          .map((transaction) => [order.next().value, transaction] as const)
          .sort(([one], [other]) => one - other)
          .map(([, transaction]) => transaction);
        const filter = new AbortedFilter(listed);
        for (let i = from; i <= to; i++) {
          const { producerId, kind, baseOffset, lastOffset } = log[i]!;
          if (kind === 'records')
            assert.equal(
              filter.isAborted(producerId, baseOffset, lastOffset),
              isAborted(log, i),
              `batch ${i}`,
            );
          else filter.ended(producerId, kind, baseOffset);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('a committed transaction right behind an aborted one of the same producer is shown', () => {
    const filter = new AbortedFilter([{ producerId: 1, firstOffset: 0 }]);
    assert.equal(filter.isAborted(1, 0, 4), true);
    filter.ended(1, 'abort', 5);
    assert.equal(filter.isAborted(1, 6, 9), false);
  });
});
