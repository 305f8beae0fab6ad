import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Bench, blockOf, makeLease, startBench } from '../support/simulationBench.ts';
import { DEAD, SCORED } from '../support/simulationBroker.ts';

const never = () => new Promise<never>(() => {});

function committed({ source }: Bench): string[] {
  return source.commits.flatMap((positions) =>
    positions.map(({ lease, offset }) => `${lease.partition}:${offset}`),
  );
}

function end(bench: Bench): Promise<void> {
  return bench.clock.runUntil(() => bench.ended !== undefined, 60_000, 'run to end');
}

describe('a lease that is gone', () => {
  test('has its results dropped, not those of its neighbours', async () => {
    const [lost, kept] = [makeLease(0), makeLease(1)];
    const bench = await startBench({}, lost, kept);
    const block = blockOf(lost, ['good', 'rejected']);
    bench.source.give(block);
    bench.source.give(blockOf(kept, ['good']));
    await bench.clock.advance(0);
    bench.source.lose(lost);
    assert.deepEqual(bench.source.released, [block]);
    await bench.clock.advance(200);
    assert.deepEqual(bench.sink.sent(SCORED), ['1@0']);
    assert.deepEqual(bench.sink.sent(DEAD), []);
    assert.deepEqual(committed(bench), ['1:1']);
  });

  test('is never committed for rows that were on their way when it went', async () => {
    const lease = makeLease();
    const bench = await startBench({}, lease);
    bench.sink.acknowledges = false;
    bench.source.give(blockOf(lease, ['good', 'good', 'good', 'good']));
    await bench.clock.advance(0);
    bench.source.lose(lease);
    bench.sink.sends[0].acknowledge();
    await bench.clock.advance(300);
    assert.deepEqual(bench.source.commits, []);
  });

  test('takes back a block that arrives after it', async () => {
    const lease = makeLease();
    const bench = await startBench({ plan: { maxInFlightBytes: 1 } }, lease);
    bench.source.lose(lease);
    const late = blockOf(lease, ['good']);
    bench.source.give(late);
    await bench.clock.advance(0);
    assert.deepEqual(bench.source.released, [late]);
    assert.equal(bench.source.isAsked, true, 'its bytes must not count against the budget for ever');
  });
});

describe('a lease that ends', () => {
  test('takes nothing new, and its unread block is not taken for stuck work', async () => {
    const lease = makeLease();
    const bench = await startBench({ load: never }, lease);
    await bench.source.ending(bench.clock.now() + 60_000, lease);
    bench.source.give(blockOf(lease, ['good']));
    await bench.clock.advance(10_000);
    assert.deepEqual(bench.telemetry.closed, []);
    assert.equal(bench.ended, undefined);
  });

  test('is drained even while every batch is on its way', async () => {
    const lease = makeLease();
    const bench = await startBench({ plan: { maxRows: 1 } }, lease);
    bench.sink.acknowledges = false;
    bench.source.give(blockOf(lease, new Array(12).fill('good')));
    await bench.clock.advance(0);
    const ending = bench.source.ending(bench.clock.now() + 500, lease);
    await bench.clock.advance(100);
    bench.sink.acknowledges = true;
    for (const send of bench.sink.sends) send.acknowledge();
    await Promise.all([ending, bench.clock.advance(10)]);
    const sent = bench.sink.sent(SCORED);
    assert.ok(sent.length < 12, `${sent.length} were sent`);
    assert.deepEqual(
      sent,
      sent.map((_, offset) => `0@${offset}`),
    );
    assert.equal(committed(bench).at(-1), `0:${sent.length}`);
  });

  test('is given up at its deadline and ends once it is gone', async () => {
    const lease = makeLease();
    const bench = await startBench({}, lease);
    bench.sink.acknowledges = false;
    bench.source.answer = () => Promise.resolve('refused');
    bench.source.give(blockOf(lease, ['good', 'good', 'good', 'good', 'good']));
    await bench.clock.advance(0);
    bench.sink.sends[0].acknowledge();
    let resolved = false;
    bench.source.ending(bench.clock.now() + 300, lease).then(() => {
      resolved = true;
    });
    await bench.clock.advance(600);
    assert.equal(resolved, false, 'there is progress to commit');
    bench.source.lose(lease);
    await bench.clock.advance(300);
    assert.equal(resolved, true);
  });
});

describe('a partition whose schema is not at hand', () => {
  test('waits alone', async () => {
    const [waiting, other] = [makeLease(0), makeLease(1)];
    const loaded = Promise.withResolvers<void>();
    const load = (id: number) => (id === 2 ? loaded.promise : Promise.resolve());
    const bench = await startBench({ load }, waiting, other);
    bench.source.give(blockOf(waiting, ['good'], 0, 2));
    bench.source.give(blockOf(other, ['good', 'good', 'good', 'good']));
    await bench.clock.advance(50);
    assert.deepEqual(bench.sink.sent(SCORED), ['1@0', '1@1', '1@2', '1@3']);
    loaded.resolve();
    await bench.clock.advance(50);
    assert.equal(bench.sink.sent(SCORED).at(-1), '0@0');
  });

  test('does not hold up a drain', async () => {
    const lease = makeLease();
    const loaded = Promise.withResolvers<void>();
    const bench = await startBench({ load: (id) => (id === 2 ? loaded.promise : Promise.resolve()) }, lease);
    bench.source.give(blockOf(lease, ['good'], 0, 1));
    await bench.clock.advance(20);
    bench.source.give(blockOf(lease, ['good'], 1, 2));
    await bench.clock.advance(0);
    bench.pipeline.drain();
    await end(bench);
    assert.deepEqual(bench.ended, { code: undefined });
    loaded.resolve();
    await bench.clock.advance(50);
    assert.deepEqual(bench.sink.sent(SCORED), ['0@0']);
    assert.deepEqual(committed(bench), ['0:1']);
  });
});
