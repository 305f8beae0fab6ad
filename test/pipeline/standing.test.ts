import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Standing } from '../../src/telemetry/events.ts';
import { type Bench, blockOf, makeLease, startBench } from '../support/simulationBench.ts';

/** Timestamps of records are 1000 and their offset. */
const at = (offset: number) => 1000 + offset;

function standing({ telemetry }: Bench, partition = 0): Standing {
  const found = telemetry.standings().find((one) => one.partition === partition);
  assert.ok(found);
  return found;
}

describe('how far a partition has come', () => {
  test('is told from the first moment on, and forgotten when its lease is gone', async () => {
    const lease = makeLease();
    const bench = await startBench({}, lease);
    const unknown = { partition: 0, settledOffset: -1, endOffset: -1, oldestMs: undefined, settledMs: -1 };
    assert.deepEqual(bench.telemetry.standings(), [{ ...unknown, beginOffset: -1 }]);
    bench.source.begins(lease, 20);
    assert.deepEqual(bench.telemetry.standings(), [{ ...unknown, beginOffset: 20 }]);
    bench.source.lose(lease);
    assert.deepEqual(bench.telemetry.standings(), []);
  });

  test('names the oldest record without an outcome: in a batch, on its way, or not read yet', async () => {
    const lease = makeLease();
    const bench = await startBench({ plan: { maxRows: 3 } }, lease);
    bench.sink.acknowledges = false;
    bench.source.give(blockOf(lease, ['good', 'good', 'good', 'good', 'tombstone'], 20));
    bench.source.give(blockOf(lease, ['good', 'good'], 25));
    await bench.clock.advance(0);
    assert.equal(standing(bench).oldestMs, at(20), 'its batch is on its way');
    bench.sink.sends[0]!.acknowledge();
    await bench.clock.advance(0);
    const { oldestMs, settledOffset, settledMs, endOffset } = standing(bench);
    assert.deepEqual([oldestMs, settledOffset, settledMs, endOffset], [at(23), 23, at(22), 27]);
    for (const send of bench.sink.sends) send.acknowledge();
    bench.sink.acknowledges = true;
    await bench.clock.advance(100);
    const last = standing(bench);
    assert.deepEqual([last.oldestMs, last.settledOffset, last.settledMs], [undefined, 27, at(26)]);
  });

  test('counts what waits for a schema as waiting, and the end that came with it', async () => {
    const [lease, other] = [makeLease(0), makeLease(1)];
    const load = (schemaId: number) => (schemaId === 9 ? new Promise<never>(() => {}) : Promise.resolve());
    const bench = await startBench({ load }, lease, other);
    bench.source.give(blockOf(lease, ['good', 'good'], 5, 9));
    bench.source.give(blockOf(other, ['good'], 0));
    await bench.clock.advance(100);
    const { oldestMs, endOffset } = standing(bench, 0);
    assert.deepEqual([oldestMs, endOffset], [at(5), 7]);
    assert.equal(standing(bench, 1).oldestMs, undefined);
  });
});
