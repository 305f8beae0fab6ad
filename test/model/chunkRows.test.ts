import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fastestRun, measureChunkRows } from '../../src/model/chunkRows.ts';

/** A model that takes `fixedMs + rows * rowMs` a run on a simulated clock. */
function simulated(fixedMs: number, rowMs: number, maxRows: number, chunkMs = 50) {
  let nowMs = 0;
  const sizes: number[] = [];
  const run = async (rows: number) => {
    sizes.push(rows);
    nowMs += fixedMs + rows * rowMs;
  };
  return { measure: { run, maxRows, chunkMs, monotonicMs: () => nowMs }, sizes };
}

test('a run never takes longer than a chunk may, unless a single row does', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.double({ min: 0, max: 5, noNaN: true }),
      fc.double({ min: 1e-4, max: 80, noNaN: true }),
      fc.integer({ min: 1, max: 5000 }),
      async (fixedMs, rowMs, maxRows) => {
        const { rows, ms } = await measureChunkRows(simulated(fixedMs, rowMs, maxRows).measure);
        assert.ok(rows >= 1 && rows <= maxRows);
        assert.ok(rows === 1 || fixedMs + rows * rowMs <= 50 + 1e-6, `${rows} rows`);
        assert.ok(ms >= 0);
      },
    ),
  );
});

test('a fast model takes a whole batch at once', async () => {
  assert.equal((await measureChunkRows(simulated(0.01, 0.0001, 1024).measure)).rows, 1024);
});

test('a model too fast for the clock takes a whole batch at once', async () => {
  assert.equal((await measureChunkRows(simulated(0, 0, 777).measure)).rows, 777);
});

test('a slow model is measured with no more rows than it may run', async () => {
  const { measure, sizes } = simulated(0, 40, 1024);
  assert.deepEqual(await measureChunkRows(measure), { rows: 1, ms: 40 });
  assert.deepEqual(new Set(sizes), new Set([1]));
});

test('the fastest of a few runs counts', async () => {
  let nowMs = 0;
  const costs = [30, 4, 9];
  const run = async () => {
    nowMs += costs.shift()!;
  };
  assert.equal(await fastestRun(8, { run, maxRows: 8, chunkMs: 50, monotonicMs: () => nowMs }), 4);
});
